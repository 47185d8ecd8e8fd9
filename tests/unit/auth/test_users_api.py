"""People of a tenant: invited, changed, deactivated, and kept together with the identity provider."""

from collections.abc import Callable
from typing import Any

import pytest
from callers import Person
from fake_identity import FakeIdentity

from zebros_auth.bootstrap import Container
from zebros_auth.domain.identity import IdentityUnavailableError, NewPerson
from zebros_auth.use_cases.reconcile_people import finish_changes, reconcile_people
from zebros_core.clock import FixedClock
from zebros_core.errors import UnavailableError

NORA = {"email": "Nora@Aurora.example", "name": "Nora North", "role": "sales-rep"}


def test_an_invited_person_exists_at_the_provider_and_gets_one_mail(
    both: tuple[Person, Person], identity: FakeIdentity
) -> None:
    admin, other = both
    made = admin.post("/v1/users", NORA)
    assert made.status == 201, made.text
    user = made.body
    assert (user["email"], user["role"], user["status"]) == ("nora@aurora.example", "sales-rep", "invited")
    assert user["invitedAt"] is not None
    known = identity.find_by_email("nora@aurora.example")
    assert known is not None
    assert (known.id, known.tenant_id, known.role) == (user["userId"], admin.tenant, "sales-rep")
    assert admin.get(f"/v1/users/{user['userId']}").body == user
    assert [u["userId"] for u in admin.get("/v1/users", email="nora@aurora.example").body["items"]] == [
        user["userId"]
    ]
    assert other.get(f"/v1/users/{user['userId']}").status == 404
    assert other.get("/v1/users", email="nora@aurora.example").body["items"] == []


def test_the_provider_learns_in_which_language_somebody_is_invited(
    both: tuple[Person, Person], identity: FakeIdentity
) -> None:
    for somebody, language in zip(both, ("de", "en"), strict=True):
        invited = {**NORA, "email": f"nora@{somebody.tenant}.example", "language": language}
        user = somebody.post("/v1/users", invited).body
        known = identity.person(user["userId"])
        assert known is not None
        assert (known.tenant_id, known.language) == (somebody.tenant, language)


def test_an_address_of_the_tenant_is_a_conflict_that_names_the_user(admin: Person) -> None:
    first = admin.post("/v1/users", NORA).body
    again = admin.post("/v1/users", {**NORA, "email": "nora@aurora.EXAMPLE"})
    assert again.status == 409
    assert again.body["records"][0] == {"entity": "user", "id": first["userId"], "match": "email"}


def test_an_address_of_another_tenant_is_refused_without_saying_why(both: tuple[Person, Person]) -> None:
    admin, other = both
    assert admin.post("/v1/users", NORA).status == 201
    refused = other.post("/v1/users", NORA)
    assert refused.status == 422
    assert admin.tenant not in refused.text
    assert other.get("/v1/users", email="nora@aurora.example").body["items"] == []


def test_a_repeated_invitation_is_one_person_and_one_answer(admin: Person) -> None:
    first = admin.post("/v1/users", NORA, Idempotency_Key="k-1")
    again = admin.post("/v1/users", NORA, Idempotency_Key="k-1")
    assert (again.status, again.body) == (201, first.body)


@pytest.mark.parametrize(
    ("role", "team", "body", "field"),
    [
        ("sales-manager", "north", {"role": "tenant-admin", "teamId": "north"}, "/role"),
        ("sales-manager", "north", {"role": "sales-manager", "teamId": "north"}, "/role"),
        ("sales-manager", "north", {"role": "sales-rep", "teamId": "south"}, "/teamId"),
        ("sales-manager", "north", {"role": "sales-rep"}, "/teamId"),
    ],
)
def test_nobody_gives_a_role_or_team_that_is_not_theirs_to_give(
    person: Callable[..., Person], admin: Person, role: str, team: str, body: dict[str, Any], field: str
) -> None:
    for id in ("north", "south"):
        admin.post("/v1/teams", {"teamId": id, "name": id})
    manager = person(role=role, team=team)
    refused = manager.post("/v1/users", {**NORA, **body})
    assert refused.status == 403
    assert refused.body["errors"][0]["field"] == field


@pytest.mark.parametrize("role", ["sales-rep", "viewer"])
def test_those_below_a_manager_change_nobody(person: Callable[..., Person], role: str) -> None:
    somebody = person(role=role)
    assert somebody.post("/v1/users", NORA).status == 403
    assert somebody.patch(f"/v1/users/{somebody.user}", {"role": "tenant-admin"}).status == 403


def test_a_role_of_the_platform_is_none_of_a_tenant(admin: Person) -> None:
    assert admin.post("/v1/users", {**NORA, "role": "platform-admin"}).status == 422


def test_a_change_reaches_the_provider_with_the_same_request(admin: Person, identity: FakeIdentity) -> None:
    admin.post("/v1/teams", {"teamId": "south", "name": "South"})
    user = admin.post("/v1/users", NORA).body
    changed = admin.patch(f"/v1/users/{user['userId']}", {"role": "sales-manager", "teamId": "south"})
    assert changed.status == 200, changed.text
    known = identity.person(user["userId"])
    assert known is not None
    assert (known.role, known.team) == ("sales-manager", "south")
    assert changed.body["permissions"]["user"] == "read=all write=team"


def test_a_version_that_is_not_the_present_one_changes_nothing(admin: Person) -> None:
    user = admin.post("/v1/users", NORA)
    refused = admin.patch(f"/v1/users/{user.body['userId']}", {"name": "N"}, If_Match='"99"')
    assert refused.status == 412


def test_a_team_that_does_not_exist_is_refused(admin: Person) -> None:
    refused = admin.post("/v1/users", {**NORA, "teamId": "nowhere"})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "/teamId")


def test_the_last_active_admin_stays_one(person: Callable[..., Person], admin: Person) -> None:
    second = person()
    assert second.patch(f"/v1/users/{admin.user}", {"role": "viewer"}).status == 200
    # A program with an administrator's role: whoever is a person is one themselves.
    program = Person(admin.app, admin.clock, admin.tenant, user="service-account-1", team=None)
    assert program.post(f"/v1/users/{second.user}:deactivate").status == 409
    assert program.patch(f"/v1/users/{second.user}", {"role": "viewer"}).status == 409
    assert second.post(f"/v1/users/{second.user}:deactivate").status == 403


def test_a_deactivated_person_cannot_sign_in_and_can_come_back(admin: Person, identity: FakeIdentity) -> None:
    user = admin.post("/v1/users", NORA).body
    gone = admin.post(f"/v1/users/{user['userId']}:deactivate")
    assert gone.body["status"] == "deactivated"
    known = identity.person(user["userId"])
    assert known is not None
    assert not known.enabled
    assert admin.post(f"/v1/users/{user['userId']}:invite").status == 409
    assert admin.post(f"/v1/users/{user['userId']}:activate").body["status"] == "active"
    known = identity.person(user["userId"])
    assert known is not None
    assert known.enabled


def test_a_change_that_the_provider_missed_is_carried_out_later(
    admin: Person, identity: FakeIdentity, container: Container, clock: FixedClock
) -> None:
    user = admin.post("/v1/users", NORA).body
    identity.fail_next("update_person", IdentityUnavailableError())
    refused = admin.patch(f"/v1/users/{user['userId']}", {"role": "viewer"})
    assert refused.status == 503
    assert "will be carried out" in refused.body["detail"]
    workspace = container.system_workspace(admin.tenant, "test")
    assert finish_changes(workspace) == 0  # still young
    clock.advance(minutes=2)
    assert finish_changes(container.system_workspace(admin.tenant, "test")) == 1
    known = identity.person(user["userId"])
    assert known is not None
    assert known.role == "viewer"
    assert finish_changes(container.system_workspace(admin.tenant, "test")) == 0


def test_repeating_a_change_that_was_done_half_does_the_other_half(
    admin: Person, identity: FakeIdentity
) -> None:
    user = admin.post("/v1/users", NORA).body
    identity.fail_next("update_person", IdentityUnavailableError())
    assert admin.patch(f"/v1/users/{user['userId']}", {"role": "viewer"}).status == 503
    assert admin.patch(f"/v1/users/{user['userId']}", {"role": "viewer"}).status == 200
    known = identity.person(user["userId"])
    assert known is not None
    assert known.role == "viewer"


@pytest.mark.parametrize("step", ["ensure_person", "ensure_organization", "add_member"])
def test_an_invitation_that_was_cut_off_is_whole_after_a_repetition(
    admin: Person, identity: FakeIdentity, step: str
) -> None:
    identity.fail_next(step, IdentityUnavailableError())
    assert admin.post("/v1/users", NORA).status == 503
    made = admin.post("/v1/users", NORA)
    assert made.status == 201
    assert len(admin.get("/v1/users", email="nora@aurora.example").body["items"]) == 1


def test_an_invitation_that_was_cut_off_is_finished_without_the_caller(
    admin: Person, identity: FakeIdentity, container: Container, clock: FixedClock
) -> None:
    identity.fail_next("add_member", IdentityUnavailableError())
    assert admin.post("/v1/users", NORA).status == 503
    clock.advance(minutes=2)
    assert finish_changes(container.system_workspace(admin.tenant, "test")) == 1
    found = admin.get("/v1/users", email="nora@aurora.example").body["items"]
    assert [user["role"] for user in found] == ["sales-rep"]


def test_a_mail_that_could_not_be_sent_follows(
    admin: Person, identity: FakeIdentity, container: Container, clock: FixedClock
) -> None:
    identity.fail_next("send_actions", IdentityUnavailableError())
    made = admin.post("/v1/users", NORA)
    assert (made.status, made.body["invitedAt"]) == (201, None)
    clock.advance(minutes=2)
    assert finish_changes(container.system_workspace(admin.tenant, "test")) == 1
    assert admin.get(f"/v1/users/{made.body['userId']}").body["invitedAt"] is not None


def test_reconciliation_repairs_what_drifted_and_then_finds_nothing(
    admin: Person, identity: FakeIdentity, container: Container
) -> None:
    kept = admin.post("/v1/users", NORA).body
    lost = admin.post("/v1/users", {**NORA, "email": "lost@aurora.example"}).body
    identity.update_person(kept["userId"], role="tenant-admin")
    identity.remove_person(lost["userId"])
    stray = identity.ensure_person(NewPerson("stray@aurora.example", "Stray", admin.tenant, "viewer"))
    workspace = container.system_workspace(admin.tenant, "test")
    repaired = reconcile_people(workspace)
    assert (repaired.adopted, repaired.deactivated, repaired.updated) == (
        (stray.id,),
        (lost["userId"],),
        (kept["userId"],),
    )
    known = identity.person(kept["userId"])
    assert known is not None
    assert known.role == "sales-rep"
    assert reconcile_people(workspace).count == 0


def test_an_outage_during_a_reconciliation_is_not_taken_for_everybody_having_left(
    admin: Person, identity: FakeIdentity, container: Container
) -> None:
    identity.fail_next("people_of", IdentityUnavailableError())
    with pytest.raises(UnavailableError):
        reconcile_people(container.system_workspace(admin.tenant, "test"))
    assert admin.get(f"/v1/users/{admin.user}").body["status"] == "active"


def test_filters_of_the_list_work_together(admin: Person) -> None:
    admin.post("/v1/teams", {"teamId": "south", "name": "South"})
    nora = admin.post("/v1/users", {**NORA, "teamId": "south"}).body
    admin.post("/v1/users", {**NORA, "email": "b@aurora.example"})
    found = admin.get("/v1/users", team="south", role="sales-rep", status="invited").body["items"]
    assert [user["userId"] for user in found] == [nora["userId"]]
    assert admin.get("/v1/users", role="emperor").status == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**NORA, "email": "not an address"},
        {**NORA, "name": ""},
        {**NORA, "name": "x" * 201},
        {**NORA, "teamId": "north#south"},
        {**NORA, "tenantId": "other"},
        {**NORA, "role": ["sales-rep"]},
    ],
)
def test_an_invitation_that_is_not_well_formed_is_refused(admin: Person, body: dict[str, Any]) -> None:
    assert admin.post("/v1/users", body).status == 422
