"""The copies that devices are served from equal the records: verified, and made anew where they do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import Person
from device_calls import pull_all
from sync_in_process import SyncWorld

from zebros_auth.handlers.routes import ROUTES as AUTH_ROUTES
from zebros_core.clock import FixedClock
from zebros_sync.bootstrap import Container
from zebros_sync.domain.log import State
from zebros_sync.use_cases.append_changes import append_states

Tenants = Callable[..., str]
People = Callable[..., Person]


def check(who: Person, verb: str = "verify") -> dict[str, Any]:
    """Check everything; return the counts and the records that are different."""
    found: dict[str, Any] = {"checked": 0, "different": 0, "repaired": 0, "records": []}
    cursor: str | None = None
    while True:
        answer = who.post(f"/v1/sync/states:{verb}", {"cursor": cursor})
        assert answer.status == 200, answer.text
        page = answer.body
        found = {name: found[name] + page[name] for name in found}
        cursor = page["nextCursor"]
        if cursor is None:
            return found


@pytest.fixture
def furnished(online: People, tenant: Tenants) -> Callable[[str], str]:
    """A tenant with customers that have everything that a record may have."""

    def make(model: str) -> str:
        here = tenant(model)
        for number in range(5):
            body = {
                "companyName": f"Company {number}",
                "tags": ["b", "a"],
                "contactInfo": {"email": f"n{number}@example.com", "address": {"city": "Oslo"}},
                "externalId": f"x-{number}",
            }
            assert online(here).post("/v1/customers", body).status == 201
        return here

    return make


@pytest.mark.parametrize("model", ["silo", "bridge", "pool"])
def test_copies_made_of_events_equal_the_records_to_the_value(
    furnished: Callable[[str], str], person: People, online: People, deliver: Callable[[], int], model: str
) -> None:
    here, elsewhere = furnished(model), furnished(model)
    deliver()
    for id in (here, elsewhere):
        assert check(person(id)) == {"checked": 10, "different": 0, "repaired": 0, "records": []}
    assert online(here).get("/v1/customers").status == 200


def test_what_is_missing_late_wrong_or_a_ghost_is_found_and_made_anew(
    container: Container,
    furnished: Callable[[str], str],
    person: People,
    deliver: Callable[[], int],
    online: People,
) -> None:
    here, elsewhere = furnished("pool"), furnished("pool")
    log = container.system_workspace(here, "test").log
    deliver()
    other = check(person(elsewhere))
    records = online(here).get("/v1/customers").body["items"]
    append_states(log, [State("customer", "01JZ8Q5R7N3V4T6W8Y0A2C4E99", 4, False, None, None, "{}")])
    online(here).patch(f"/v1/customers/{records[0]['customerId']}", {"industry": "late"}, if_match='"1"')
    found = check(person(here))
    ids = {record["id"] for record in found["records"]}
    assert ids == {records[0]["customerId"], "01JZ8Q5R7N3V4T6W8Y0A2C4E99"}
    assert check(person(here), "rebuild")["repaired"] == 2
    assert check(person(here))["different"] == 0
    deliver()
    assert check(person(here))["different"] == 0
    assert check(person(elsewhere)) == other


def test_a_copy_that_says_something_else_of_the_same_version_is_made_anew_and_reaches_devices(
    container: Container, furnished: Callable[[str], str], person: People, deliver: Callable[[], int]
) -> None:
    here = furnished("pool")
    deliver()
    held, cursor = pull_all(person(here))
    id, record = next(iter(held.items()))
    log = container.system_workspace(here, "test").log
    wrong = State("customer", id, record["version"], False, None, None, '{"version":1}')
    append_states(log, [wrong])
    assert check(person(here))["different"] == 0, "of an event, the same version is nothing new"
    append_states(log, [wrong], corrects=True)
    assert check(person(here))["different"] == 1
    assert check(person(here), "rebuild")["repaired"] == 1
    assert check(person(here))["different"] == 0
    assert pull_all(person(here), cursor)[0] == {id: record}


@pytest.mark.parametrize("model", ["silo", "bridge", "pool"])
def test_people_from_before_there_was_a_log_are_brought_by_a_rebuild_as_colleagues_see_them(
    world: SyncWorld, tenant: Tenants, person: People, clock: FixedClock, model: str
) -> None:
    here, elsewhere = tenant(model), tenant(model)
    app = world.auth.http_app(AUTH_ROUTES)
    gone, stays = (
        Person(app, clock, here).post(
            "/v1/users", {"email": f"{name}@{here}.example", "name": name, "role": "sales-rep"}
        )
        for name in ("Gone", "Stays")
    )
    assert Person(app, clock, here).post(f"{gone.headers['location']}:deactivate").status == 200
    device = person(here, user=gone.body["userId"])
    assert device.post("/v1/sync/pull", {}).status == 200
    told = check(person(here))
    assert {record["id"] for record in told["records"]} == {gone.body["userId"], stays.body["userId"]}
    assert check(person(here), "rebuild")["repaired"] == 2
    assert check(person(here))["different"] == 0
    assert check(person(elsewhere))["checked"] == 0
    found = {each["id"]: each["record"] for each in person(here).post("/v1/sync/pull", {}).body["changes"]}
    assert found[stays.body["userId"]]["name"] == "Stays"
    assert "notifications" not in found[stays.body["userId"]]
    # Whose account was closed before is told so from now on.
    assert device.post("/v1/sync/pull", {}).status == 403


def test_only_administrators_check_and_a_cursor_is_for_one_check_of_one_tenant(
    furnished: Callable[[str], str], person: People
) -> None:
    here, elsewhere = furnished("pool"), furnished("pool")
    assert person(here, roles=("sales-manager",)).post("/v1/sync/states:verify", {}).status == 403
    cursor = person(here).post("/v1/sync/states:verify", {}).body["nextCursor"]
    assert person(elsewhere).post("/v1/sync/states:verify", {"cursor": cursor}).status == 400
    assert person(here).post("/v1/sync/states:rebuild", {"cursor": cursor}).status == 400
