"""The caller's own view, and teams."""

from collections.abc import Callable

import pytest
from callers import Person
from fake_identity import FakeIdentity

from zebros_auth.domain.identity import IdentityUnavailableError, NewPerson


def test_me_shows_role_team_tenant_and_preferences(both: tuple[Person, Person]) -> None:
    for caller in both:
        me = caller.get("/v1/me").body
        assert (me["userId"], me["kind"], me["role"], me["teamId"]) == (
            caller.user,
            "person",
            "tenant-admin",
            "north",
        )
        assert me["tenant"]["tenantId"] == caller.tenant
        assert me["preferences"]["language"] == "en"
        assert me["permissions"]["audit"] == "read=all"


def test_somebody_invited_is_active_from_their_first_call_on(admin: Person) -> None:
    user = admin.post("/v1/users", {"email": "n@a.example", "name": "N", "role": "viewer"}).body
    nora = Person(admin.app, admin.clock, admin.tenant, user=user["userId"], roles=("viewer",))
    assert nora.get("/v1/me").body["status"] == "active"
    assert admin.get(f"/v1/users/{user['userId']}").body["status"] == "active"


def test_somebody_whom_only_the_provider_knows_gets_a_record(admin: Person, identity: FakeIdentity) -> None:
    made = identity.ensure_person(NewPerson("s@a.example", "S", admin.tenant, "sales-rep", "north"))
    somebody = Person(admin.app, admin.clock, admin.tenant, user=made.id, roles=("sales-rep",))
    assert somebody.get("/v1/me").body["email"] == "s@a.example"
    assert admin.get(f"/v1/users/{made.id}").body["role"] == "sales-rep"


def test_a_person_of_another_tenant_at_the_provider_gets_no_record_here(
    both: tuple[Person, Person], identity: FakeIdentity
) -> None:
    admin, other = both
    made = identity.ensure_person(NewPerson("s@a.example", "S", other.tenant, "viewer"))
    forged = Person(admin.app, admin.clock, admin.tenant, user=made.id, roles=("viewer",))
    assert forged.get("/v1/me").body["kind"] == "integration"
    assert admin.get(f"/v1/users/{made.id}").status == 404


def test_an_outage_of_the_provider_leaves_me_working(admin: Person, identity: FakeIdentity) -> None:
    program = Person(admin.app, admin.clock, admin.tenant, user="service-1", roles=("viewer",))
    identity.fail_next("person", IdentityUnavailableError())
    me = program.get("/v1/me")
    assert (me.status, me.body["kind"], me.body["email"]) == (200, "integration", None)


def test_every_permission_comes_with_its_reason(person: Callable[..., Person]) -> None:
    rep = person(role="sales-rep")
    answer = rep.get("/v1/me/permissions").body
    assert answer["role"] == "sales-rep"
    by = {(item["entity"], item["action"]): item for item in answer["items"]}
    assert by["customer", "read"]["visibility"] == "team"
    assert "sales-rep allows it for records of your team" in by["customer", "read"]["reason"]
    denied = by["user", "write"]
    assert (denied["allowed"], denied["visibility"]) == (False, None)
    assert denied["reason"] == "The role sales-rep does not allow it; sales-manager, tenant-admin would."


def test_preferences_are_changed_by_merge_patch_and_read_back(both: tuple[Person, Person]) -> None:
    admin, other = both
    wish = {"language": "de", "timeZone": "Europe/Berlin", "quietHours": {"from": "20:00", "to": "07:00"}}
    changed = admin.patch("/v1/me/preferences", wish)
    assert changed.status == 200, changed.text
    assert changed.body["quietHours"] == {"from": "20:00", "to": "07:00"}
    again = admin.patch("/v1/me/preferences", {"channels": {"customer.assigned": {"email": False}}})
    assert again.body["channels"] == {"customer.assigned": {"push": True, "email": False}}
    assert again.body["timeZone"] == "Europe/Berlin"
    assert admin.patch("/v1/me/preferences", {"quietHours": None}).body["quietHours"] is None
    assert admin.get("/v1/me/preferences").headers["etag"] != changed.headers["etag"]
    assert other.get("/v1/me/preferences").body["timeZone"] == "UTC"


@pytest.mark.parametrize(
    "wish",
    [
        {"timeZone": "Mars/Olympus"},
        {"language": "xx"},
        {"quietHours": {"from": "25:00", "to": "07:00"}},
        {"quietHours": {"from": "20:00"}},
        {"channels": {"nonsense": {"push": True}}},
        {"colour": "red"},
    ],
)
def test_preferences_that_make_no_sense_are_refused(admin: Person, wish: dict[str, object]) -> None:
    assert admin.patch("/v1/me/preferences", wish).status == 422


def test_a_program_has_no_preferences(admin: Person) -> None:
    program = Person(admin.app, admin.clock, admin.tenant, user="service-1")
    assert program.get("/v1/me/preferences").status == 404


def test_teams_are_made_renamed_listed_and_removed(both: tuple[Person, Person]) -> None:
    admin, other = both
    made = admin.post("/v1/teams", {"teamId": "south", "name": "South"})
    assert (made.status, made.headers["location"]) == (201, "/v1/teams/south")
    renamed = admin.patch("/v1/teams/south", {"name": "Sales south"}, If_Match=made.headers["etag"])
    assert renamed.body == {"teamId": "south", "name": "Sales south", "version": 2}
    assert admin.patch("/v1/teams/south", {"name": "x"}, If_Match=made.headers["etag"]).status == 412
    assert admin.post("/v1/teams", {"teamId": "south", "name": "Other"}).status == 409
    assert admin.get("/v1/teams").body["items"] == [renamed.body]
    assert other.get("/v1/teams").body["items"] == []
    assert other.get("/v1/teams/south").status == 404
    assert admin.delete("/v1/teams/south").status == 204
    assert admin.delete("/v1/teams/south").status == 404


def test_a_team_with_people_is_not_removed(person: Callable[..., Person], admin: Person) -> None:
    admin.post("/v1/teams", {"teamId": "north", "name": "North"})
    person(role="sales-rep", team="north")
    assert admin.delete("/v1/teams/north").status == 409


def test_only_admins_make_teams(person: Callable[..., Person]) -> None:
    for role in ("sales-manager", "sales-rep", "viewer"):
        somebody = person(role=role)
        assert somebody.post("/v1/teams", {"teamId": "south", "name": "S"}).status == 403
        assert somebody.get("/v1/teams").status == 200


@pytest.mark.parametrize("team_id", ["South", "a#b", "", "x" * 40, "söuth", "1st"])
def test_a_team_id_that_would_not_fit_into_keys_and_tokens_is_refused(admin: Person, team_id: str) -> None:
    assert admin.post("/v1/teams", {"teamId": team_id, "name": "S"}).status == 422
