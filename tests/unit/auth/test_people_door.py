"""People and teams by the bulk door: invited once each, changed, read and exported with the rights of whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import Person
from fake_identity import FakeIdentity
from in_process_doors import InProcessDoors

from zebros_auth.bootstrap import Container
from zebros_auth.domain.identity import IdentityUnavailableError
from zebros_auth.handlers import bulk
from zebros_auth.handlers.bulk import DOOR
from zebros_core.audit import InMemoryAuditTrail
from zebros_core.bulk.client import BulkDoorClient
from zebros_core.bulk.retries import Patience
from zebros_core.errors import ForbiddenError, UnavailableError, ValidationError
from zebros_core.tenancy import TenantContext

Both = tuple[Person, Person]
NORA = {"email": "Nora@Aurora.example", "name": "Nora North", "role": "sales-rep"}


@pytest.fixture
def doors(container: Container) -> InProcessDoors:
    made = InProcessDoors()
    made.serve(container, DOOR)
    made.connect(container)
    return made


@pytest.fixture
def door(container: Container, doors: InProcessDoors) -> Callable[..., BulkDoorClient]:
    """Return auth's door for somebody, or for our machinery; with patience for a while."""
    del doors

    def of(person: Person, *, system: bool = False, patience: Patience | None = None) -> BulkDoorClient:
        context = TenantContext(
            person.tenant,
            "system:job" if system else person.user,
            roles=frozenset(person.roles),
            team_id=person.team,
            isolation=container.registry.get(person.tenant).isolation,
        )
        opened = container.bulk_doors if patience is None else container.bulk_doors.patient(patience)
        return (opened.system_door if system else opened.door)("auth", context)

    return of


def wish(number: int | str, operation: str = "create", entity: str = "user", **facts: Any) -> dict[str, Any]:
    return {"mutationId": f"m-{number}", "entity": entity, "operation": operation, **facts}


def kinds(outcomes: list[dict[str, Any]]) -> list[str]:
    return [outcome["outcome"] for outcome in outcomes]


def test_people_are_invited_once_each_however_often_they_are_brought(
    both: Both, door: Any, identity: FakeIdentity
) -> None:
    one, two = both
    wishes = [
        wish(number, changes={**NORA, "email": f"p{number}@{one.tenant}.example", "language": "de"})
        for number in range(3)
    ]
    first = door(one).apply(wishes)
    assert kinds(first) == ["created"] * 3
    mails = len(identity.mails)
    assert mails == 3
    assert door(one).apply(wishes) == first, "the same mutations again"
    again = door(one).apply(
        [wish(f"x{number}", changes=one_["changes"]) for number, one_ in enumerate(wishes)]
    )
    assert kinds(again) == ["unchanged"] * 3
    assert [outcome["id"] for outcome in again] == [outcome["id"] for outcome in first]
    assert len(identity.mails) == mails
    user = one.get(f"/v1/users/{first[0]['id']}").body
    assert (user["email"], user["role"], user["status"]) == (
        f"p0@{one.tenant}.example",
        "sales-rep",
        "invited",
    )
    assert user["createdBy"] == one.user
    # An address belongs to one tenant: the other one is not told whose.
    refused = door(two).apply(wishes[:1])[0]
    assert (refused["outcome"], refused["problem"]["status"]) == ("rejected", 422)
    assert one.tenant not in str(refused["problem"])


def test_an_address_with_other_facts_is_a_conflict_for_a_create_and_a_change_for_an_upsert(
    both: Both, door: Any
) -> None:
    one, _ = both
    one.post("/v1/teams", {"teamId": "south", "name": "South"})
    made = door(one).apply([wish(1, changes=NORA)])[0]["id"]
    changed = {**NORA, "role": "viewer", "teamId": "south", "language": "de"}
    conflict = door(one).apply([wish(2, changes=changed)])[0]
    assert (conflict["outcome"], conflict["problem"]["records"][0]["id"]) == ("conflict", made)
    upserted = door(one).apply([wish(3, "upsert", externalId="NORA@aurora.example", changes=changed)])[0]
    assert (upserted["outcome"], upserted["id"]) == ("updated", made)
    assert kinds(door(one).apply([wish(4, "upsert", changes=changed)])) == ["unchanged"]
    user = one.get(f"/v1/users/{made}").body
    assert (user["role"], user["teamId"]) == ("viewer", "south")
    update = {"name": "Nora Nord"}
    by_id = door(one).apply([wish(5, "update", id=made, baseVersion=user["version"], changes=update)])
    by_address = door(one).apply([wish(6, "update", externalId="nora@aurora.example", changes=update)])
    assert (kinds(by_id), kinds(by_address)) == (["updated"], ["unchanged"])
    late = door(one).apply([wish(7, "update", id=made, baseVersion=1, changes={"name": "N"})])[0]
    assert (late["outcome"], late["problem"]["status"]) == ("conflict", 412)


def test_an_invitation_that_was_cut_off_before_its_mail_gets_it(
    admin: Person, door: Any, identity: FakeIdentity
) -> None:
    identity.fail_next("send_actions", IdentityUnavailableError())
    assert kinds(door(admin).apply([wish(1, changes=NORA)])) == ["created"]
    assert identity.mails == []
    assert kinds(door(admin).apply([wish(2, changes=NORA)])) == ["unchanged"]
    assert len(identity.mails) == 1


def test_the_rest_waits_while_the_identity_provider_is_away(
    admin: Person, door: Any, identity: FakeIdentity
) -> None:
    wishes = [wish(number, changes={**NORA, "email": f"p{number}@x.example"}) for number in range(4)]
    identity.fail_next("ensure_person", IdentityUnavailableError())
    outcomes = door(admin).apply(wishes)
    assert [outcome["problem"]["status"] for outcome in outcomes] == [503] * 4
    identity.fail_next("add_member", IdentityUnavailableError(), after=True)
    patience = Patience(1e12, sleep=lambda _: None)
    assert kinds(door(admin, patience=patience).apply(wishes)) == ["created"] * 4
    assert len(admin.get("/v1/users").body["items"]) == 5


def test_what_there_was_no_time_for_is_sent_again(
    admin: Person, door: Any, doors: InProcessDoors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "WORK_SECONDS", -1.0)
    wishes = [wish(number, changes={**NORA, "email": f"p{number}@x.example"}) for number in range(2)]
    outcomes = door(admin).apply(wishes)
    assert [outcome["problem"]["status"] for outcome in outcomes] == [503] * 2
    doors.before = lambda service, call: monkeypatch.setattr(bulk, "WORK_SECONDS", 15.0)
    assert kinds(door(admin, patience=Patience(1e12, sleep=lambda _: None)).apply(wishes)) == ["created"] * 2


@pytest.mark.parametrize(
    ("role", "changes", "status"),
    [
        ("sales-manager", {"role": "tenant-admin", "teamId": "north"}, 403),
        ("sales-manager", {"role": "sales-rep"}, 403),
        ("sales-manager", {"role": "sales-rep", "teamId": "north"}, None),
        ("sales-rep", {"role": "viewer"}, 403),
        ("viewer", {"role": "viewer"}, 403),
    ],
)
def test_nobody_gives_more_by_the_door_than_by_the_api(
    person: Callable[..., Person],
    admin: Person,
    door: Any,
    role: str,
    changes: dict[str, Any],
    status: int | None,
) -> None:
    admin.post("/v1/teams", {"teamId": "north", "name": "North"})
    outcome = door(person(role=role)).apply([wish(1, changes={**NORA, **changes})])[0]
    assert (outcome["problem"] or {}).get("status") == status


def test_nobody_makes_people_as_our_machinery(admin: Person, door: Any) -> None:
    outcome = door(admin, system=True).apply([wish(1, changes=NORA)])[0]
    assert (outcome["outcome"], outcome["problem"]["status"]) == ("rejected", 403)


def test_whoever_brings_themselves_along_stays_as_they_are(admin: Person, door: Any) -> None:
    me = admin.get(f"/v1/users/{admin.user}").body
    own = {"email": me["email"], "name": me["name"], "role": me["role"], "teamId": me["teamId"]}
    assert kinds(door(admin).apply([wish(1, "upsert", changes=own)])) == ["unchanged"]
    other = door(admin).apply([wish(2, "upsert", changes={**own, "role": "viewer"})])[0]
    assert (other["outcome"], other["problem"]["status"]) == ("rejected", 403)


@pytest.mark.parametrize(
    "facts",
    [
        {"changes": {}},
        {},
        {"changes": {**NORA, "email": "no address"}},
        {"changes": {**NORA, "role": "platform-admin"}},
        {"changes": {**NORA, "teamId": "nowhere"}},
        {"changes": {**NORA, "more": 1}},
        {"changes": {**NORA, "email": ["a@x.example"]}},
        {"externalId": "other@x.example", "changes": NORA},
        {"operation": "update", "changes": {"name": "N"}},
        {"operation": "update", "id": "nobody", "changes": {"name": "N"}},
        {"operation": "update", "externalId": "nobody@x.example", "changes": {"name": "N"}},
        {"operation": "upsert", "changes": {"name": "N"}},
    ],
)
def test_a_wish_that_is_wrong_leaves_the_others_alone(
    admin: Person, door: Any, facts: dict[str, Any]
) -> None:
    good = wish("good", changes={**NORA, "email": "good@x.example"})
    outcomes = door(admin).apply([{**wish(1), **facts}, good])
    assert kinds(outcomes) == ["rejected", "created"], outcomes


def test_an_address_does_not_change(admin: Person, door: Any) -> None:
    made = door(admin).apply([wish(1, changes=NORA)])[0]["id"]
    changes = {"email": "other@x.example"}
    outcome = door(admin).apply([wish(2, "update", id=made, changes=changes)])[0]
    assert outcome["problem"]["errors"][0]["field"] == "/email"


@pytest.mark.parametrize(
    "mutation",
    [
        wish(1, "delete"),
        wish(1, entity="customer"),
        wish(1, id="#"),
        wish(1, baseVersion=0),
        wish("a#b"),
        {**wish(1), "more": 1},
    ],
)
def test_calls_that_are_not_well_formed_are_refused(
    admin: Person, door: Any, mutation: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        door(admin).apply([mutation])


def test_teams_are_made_found_and_renamed(both: Both, person: Callable[..., Person], door: Any) -> None:
    one, two = both
    north = {"teamId": "north", "name": "Sales north"}
    wishes = [wish(1, entity="team", changes=north), wish(2, entity="team", changes=north)]
    assert kinds(door(one).apply(wishes)) == ["created", "unchanged"]
    assert kinds(door(one).apply(wishes)) == ["created", "unchanged"]
    renamed = {**north, "name": "North"}
    more = [
        wish(3, entity="team", changes=renamed),
        wish(4, "upsert", "team", id="north", changes={"name": "North"}),
        wish(5, "update", "team", id="south", changes={"name": "South"}),
        wish(6, "upsert", "team", changes={"teamId": "No Team", "name": "x"}),
    ]
    assert kinds(door(one).apply(more)) == ["conflict", "updated", "rejected", "rejected"]
    assert door(one).call("teams")["items"] == [{"teamId": "north", "name": "North", "version": 2}]
    assert door(two).call("teams") == {"items": [], "nextCursor": None}
    manager = door(person(one.tenant, role="sales-manager"))
    assert manager.call("teams")["items"]
    refused = manager.apply([wish(7, entity="team", changes={"teamId": "east", "name": "East"})])[0]
    assert refused["problem"]["status"] == 403
    assert len(door(one).call("teams", limit=1)["items"]) == 1


def test_people_are_read_by_whoever_sees_them_and_exported_by_administrators(
    both: Both, person: Callable[..., Person], door: Any, trail: InMemoryAuditTrail
) -> None:
    one, two = both
    made = door(one).apply([wish(1, changes=NORA)])[0]["id"]
    ids = [made, two.user, "nobody", one.user, made]
    assert [user["userId"] for user in door(one).read("user", ids)] == [made, one.user]
    exported = {user["userId"]: user for user in door(one).export_all("user")}
    assert set(exported) == {made, one.user}
    assert exported[made]["email"] == "nora@aurora.example"
    assert [event.action for event in trail.events if event.action == "records.exported"]
    assert {user["userId"] for user in door(two).export_all("user")} == {two.user}
    assert {user["userId"] for user in door(one, system=True).export_all("user")} == {made, one.user}
    rep = door(person(one.tenant, role="sales-rep"))
    assert [user["userId"] for user in rep.read("user", [made])] == [made]
    with pytest.raises(ForbiddenError):
        rep.export("user")
    for entity in ("team", "customer"):
        with pytest.raises(ValidationError):
            door(one).export(entity)


def test_there_is_no_history_of_people_at_the_door(admin: Person, door: Any) -> None:
    for verb, facts in (("changes", {"job": "job-1"}), ("countChanges", {"job": "job-1"}), ("reinstate", {})):
        with pytest.raises(ValidationError):
            door(admin, system=True).call(verb, **facts)


def test_teams_are_what_a_backup_takes_and_brings(both: Both, door: Any) -> None:
    one, two = both
    for team in ("north", "south"):
        one.post("/v1/teams", {"teamId": team, "name": team})
    kept = list(door(one, system=True).settings())
    assert kept[0] == {"kind": "team", "id": "north", "value": {"teamId": "north", "name": "north"}}
    assert one.delete("/v1/teams/south").status == 204
    one.patch("/v1/teams/north", {"name": "N"})
    outcomes = door(one, system=True).put_settings(kept)
    assert kinds(outcomes) == ["updated", "created"]
    assert kinds(door(one, system=True).put_settings(kept)) == ["unchanged", "unchanged"]
    assert kinds(door(two, system=True).put_settings([{**kept[0], "id": "south"}])) == ["rejected"]
    assert two.get("/v1/teams").body["items"] == []
    with pytest.raises(ForbiddenError):
        list(door(one).settings())


def test_a_door_that_is_away_is_unavailable(admin: Person, door: Any, doors: InProcessDoors) -> None:
    doors.handlers.clear()
    with pytest.raises(UnavailableError):
        door(admin).read("user", [admin.user])
