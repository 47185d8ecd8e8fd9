"""Ways to get more than one was given, and none of them leads there."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from callers import Person
from fake_identity import FakeIdentity

from zebros_auth.bootstrap import Container
from zebros_auth.domain.identity import NewPerson
from zebros_auth.domain.tenant import TenantDraft
from zebros_auth.use_cases import manage_integrations
from zebros_core.audit import InMemoryAuditTrail
from zebros_core.clock import FixedClock
from zebros_core.errors import ValidationError
from zebros_core.http.validation import validate_document

NORA = {"email": "nora@aurora.example", "name": "Nora North", "role": "viewer"}
WRITER = {"name": "Form", "role": "tenant-admin", "scopes": ["records:read", "records:write"]}
EVERYTHING = ("records:read", "records:write", "records:delete", "records:export")


def _program(admin: Person, *scopes: str) -> Person:
    """A program of the same tenant, with the role of an administrator and these scopes."""
    return Person(
        admin.app, admin.clock, admin.tenant, user="service-account-1", team=None, scope=" ".join(scopes)
    )


def test_a_program_gives_no_scope_that_it_has_not(admin: Person, trail: InMemoryAuditTrail) -> None:
    program = _program(admin, "records:read", "records:write")
    assert program.post("/v1/integrations", WRITER).status == 201
    refused = program.post("/v1/integrations", {**WRITER, "scopes": list(EVERYTHING)})
    assert (refused.status, refused.body["errors"][0]["code"]) == (403, "scope_not_yours_to_give")
    assert trail.events[-1].action == "permission.refused"


def test_a_program_is_not_shown_the_secret_of_one_that_may_do_more(
    admin: Person, identity: FakeIdentity
) -> None:
    made = admin.post("/v1/integrations", {**WRITER, "scopes": list(EVERYTHING)}).body
    program = _program(admin, "records:read", "records:write")
    assert program.post(f"/v1/integrations/{made['integrationId']}:rotate").status == 403
    assert identity.secret_of(made["clientId"]) == made["clientSecret"]


def test_a_program_with_some_scopes_makes_nobody_who_has_them_all(
    person: Callable[..., Person], admin: Person
) -> None:
    rep, gone = person(role="sales-rep"), person(role="viewer")
    assert admin.post(f"/v1/users/{gone.user}:deactivate").status == 200
    narrow = _program(admin, "records:read", "records:write")
    assert narrow.post("/v1/users", NORA).status == 403
    assert narrow.patch(f"/v1/users/{rep.user}", {"role": "tenant-admin"}).status == 403
    assert narrow.post(f"/v1/users/{gone.user}:activate").status == 403
    assert narrow.patch(f"/v1/users/{rep.user}", {"name": "Another Name"}).status == 200
    assert _program(admin, *EVERYTHING).post("/v1/users", NORA).status == 201


@pytest.mark.parametrize("how", ["deactivate", "demote"])
def test_whoever_was_an_administrator_leaves_no_account_behind(
    person: Callable[..., Person], admin: Person, how: str
) -> None:
    former = person()
    if how == "deactivate":
        assert admin.post(f"/v1/users/{former.user}:deactivate").status == 200
    else:
        assert admin.patch(f"/v1/users/{former.user}", {"role": "viewer"}).status == 200
    # Their token is good for some minutes more, and says what they were.
    for path, body in (("/v1/users", NORA), ("/v1/integrations", {**WRITER, "scopes": list(EVERYTHING)})):
        refused = former.post(path, body)
        assert (refused.status, refused.body["errors"][0]["code"]) == (403, "token_outdated")
    assert former.patch(f"/v1/users/{admin.user}", {"role": "viewer"}).status == 403


def test_a_manager_does_not_take_over_an_administrator_whose_record_is_missing(
    person: Callable[..., Person], admin: Person, identity: FakeIdentity
) -> None:
    admin.post("/v1/teams", {"teamId": "north", "name": "North"})
    manager = person(role="sales-manager")
    boss = identity.ensure_person(NewPerson("boss@aurora.example", "Boss", admin.tenant, "tenant-admin"))
    body = {**NORA, "email": "boss@aurora.example", "teamId": "north"}
    assert manager.post("/v1/users", body).status == 403
    assert identity.person(boss.id) == boss


def test_another_request_under_the_same_key_changes_no_integration(
    both: tuple[Person, Person], identity: FakeIdentity
) -> None:
    admin, other = both
    first = admin.post("/v1/integrations", WRITER, Idempotency_Key="k-1").body
    again = admin.post("/v1/integrations", {**WRITER, "role": "viewer"}, Idempotency_Key="k-1")
    assert (again.status, again.body["type"].rsplit("/", 1)[-1]) == (422, "idempotency-key-reused")
    assert admin.get("/v1/integrations").body["items"][0]["role"] == "tenant-admin"
    theirs = other.post("/v1/integrations", {**WRITER, "role": "viewer"}, Idempotency_Key="k-1")
    assert (theirs.status, theirs.body["integrationId"] == first["integrationId"]) == (201, False)


def test_a_late_repetition_makes_nothing_twice_and_brings_nothing_back(
    admin: Person, clock: FixedClock, trail: InMemoryAuditTrail, identity: FakeIdentity
) -> None:
    made = admin.post("/v1/integrations", WRITER, Idempotency_Key="k-1").body
    clock.advance(minutes=5)
    assert admin.post("/v1/integrations", WRITER, Idempotency_Key="k-1").body == made
    assert [event.action for event in trail.events] == ["integration.created"]
    assert admin.delete(f"/v1/integrations/{made['integrationId']}").status == 204
    assert admin.post("/v1/integrations", WRITER, Idempotency_Key="k-1").status == 409
    assert list(identity.clients_of(admin.tenant)) == []


def test_nothing_about_integrations_happens_without_its_entry(
    admin: Person, trail: InMemoryAuditTrail, identity: FakeIdentity
) -> None:
    trail.out_of_reach = True
    assert admin.post("/v1/integrations", WRITER).status == 503
    assert list(identity.clients_of(admin.tenant)) == []
    trail.out_of_reach = False
    made = admin.post("/v1/integrations", WRITER).body
    trail.out_of_reach = True
    assert admin.delete(f"/v1/integrations/{made['integrationId']}").status == 503
    trail.out_of_reach = False
    assert admin.delete(f"/v1/integrations/{made['integrationId']}").status == 204
    assert [event.action for event in trail.events] == ["integration.created", "integration.removed"]


def test_a_tenant_does_not_fill_the_provider_with_its_clients(
    both: tuple[Person, Person], identity: FakeIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manage_integrations, "MAX_INTEGRATIONS", 3)
    admin, other = both
    for _ in range(3):
        assert admin.post("/v1/integrations", WRITER).status == 201
    refused = admin.post("/v1/integrations", WRITER)
    assert (refused.status, refused.body["type"].rsplit("/", 1)[-1]) == (409, "too-many-integrations")
    assert len(list(identity.clients_of(admin.tenant))) == 3
    assert other.post("/v1/integrations", WRITER).status == 201


def test_a_program_that_asks_who_it_is_does_not_make_us_ask_the_provider(
    admin: Person, identity: FakeIdentity
) -> None:
    before = list(identity.calls)
    assert _program(admin, "records:read").get("/v1/me").body["kind"] == "integration"
    assert _program(admin, "records:read").get("/v1/me/preferences").status == 404
    assert identity.calls == before


def test_a_taken_address_or_team_says_so(admin: Person) -> None:
    admin.post("/v1/users", NORA)
    assert "e-mail address" in admin.post("/v1/users", NORA).body["detail"]
    admin.post("/v1/teams", {"teamId": "south", "name": "South"})
    assert "id" in admin.post("/v1/teams", {"teamId": "south", "name": "Other"}).body["detail"]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Nora <b>North</b>"},
        {"name": "Nora\u202ehtroN"},
        {"name": "No\u200bra"},
        {"email": "nor\u0430@aurora.example"},  # the Cyrillic letter
        {"email": "stra\u00dfe@aurora.example"},  # in the compared form another address
        {"email": "nora@\u212aaurora.example"},
    ],
)
def test_names_and_addresses_do_not_pose_as_others(admin: Person, changes: dict[str, Any]) -> None:
    assert admin.post("/v1/users", {**NORA, **changes}).status == 422


def test_a_name_that_the_provider_would_refuse_changes_nothing_here(admin: Person) -> None:
    user = admin.post("/v1/users", NORA).body
    assert admin.patch(f"/v1/users/{user['userId']}", {"name": "Nora {{7*7}}"}).status == 422
    assert admin.get(f"/v1/users/{user['userId']}").body["version"] == user["version"]
    renamed = admin.patch(f"/v1/users/{user['userId']}", {"name": "Nora   N. North"})
    assert renamed.body["name"] == "Nora N. North"


def test_a_team_id_that_the_provider_would_refuse_is_refused(admin: Person) -> None:
    assert admin.post("/v1/teams", {"teamId": "n", "name": "N"}).status == 422


@pytest.mark.parametrize("id", ["failures", "zebros", "platform", "realm"])
def test_no_tenant_has_the_name_of_what_is_everybodys(id: str) -> None:
    with pytest.raises(ValidationError):
        validate_document(
            TenantDraft,
            {
                "id": id,
                "name": "N",
                "isolation": "pool",
                "admin": {"email": "a@b.example", "name": "Ada"},
            },
        )


def test_people_are_not_told_what_operators_set_for_their_tenant(admin: Person, container: Container) -> None:
    tenant = container.registry.get(admin.tenant)
    container.registry.put(replace(tenant, epoch=2, settings={"currency": "EUR", "billingKey": "secret"}))
    assert admin.get("/v1/me").body["tenant"]["settings"] == {"currency": "EUR"}


def test_reading_many_people_is_in_the_log(person: Callable[..., Person], trail: InMemoryAuditTrail) -> None:
    viewer = person(role="viewer")
    for _ in range(99):
        person(role="viewer")
    assert len(viewer.get("/v1/users", limit=100).body["items"]) == 100
    entry = trail.events[-1]
    assert (entry.action, entry.actor, entry.details["records"]) == ("personal-data.read", viewer.user, 100)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("0001-01-01T00:00:00Z", "0001-01-31T00:00:00Z"),
        ("9999-12-01T00:00:00Z", "9999-12-31T23:59:59-14:00"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
    ],
)
def test_a_span_at_the_end_of_time_is_refused(admin: Person, since: str, until: str) -> None:
    assert admin.call("GET", "/v1/audit", query={"from": since, "to": until}).status == 400
