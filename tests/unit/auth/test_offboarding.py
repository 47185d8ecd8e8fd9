"""Offboarding: everything is exported and erased, page by page, and another tenant keeps all it has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from auth_in_process import platform_admin, tenancy_service
from callers import Person
from fake_identity import FakeIdentity
from tenancy_world import ATTEMPTS, World

from zebros_auth.bootstrap import Container
from zebros_auth.domain.identity import IdentityUnavailableError, NewClient, NewPerson
from zebros_auth.domain.tenant import FirstAdmin
from zebros_core.clock import FixedClock

TENANT = "/v1/tenants/northwind"


@pytest.fixture(scope="module")
def container() -> Iterator[Container]:
    with tenancy_service("offboarding") as made:
        yield made


@pytest.fixture(autouse=True)
def world(container: Container, identity: FakeIdentity) -> World:
    return World.around(container, identity)


@pytest.fixture
def model() -> str:
    """How the tenant that leaves is kept apart."""
    return "bridge"


@pytest.fixture
def platform(app: Any, clock: FixedClock, world: World, model: str) -> Person:
    """The platform's administrator, with two tenants that have people, an integration and records each."""
    for id, isolation in (("northwind", model), ("contoso", "pool")):
        world.settle(id, isolation, FirstAdmin(email=f"ada@{id}.example", name="Ada"))
        world.identity.ensure_person(NewPerson(f"rep@{id}.example", "Rep", id, "sales-rep"))
        world.identity.create_client(NewClient(id, f"{id}-shop", "Shop", "viewer"))
        world.doors.records[("customers", id)] = [f"{id}-{number}" for number in range(5)]
        world.doors.records[("auth", id)] = [f"{id}-user"]
    return platform_admin(app, clock)


def leave(platform: Person, **headers: str) -> Any:
    etag = platform.get(TENANT).headers["etag"]
    return platform.delete(TENANT, **{"if_match": etag, **headers})


def assert_gone(platform: Person, world: World) -> dict[str, Any]:
    """Nothing is left of northwind but its id, name and report; contoso has everything."""
    tenant: dict[str, Any] = platform.get(TENANT).body
    assert (tenant["status"], tenant["operation"]["state"]) == ("offboarded", "done")
    assert tenant["admin"] is None
    assert "ada@" not in platform.get(TENANT).text
    identity, doors = world.identity, world.doors
    assert not list(identity.people_of("northwind"))
    assert not list(identity.clients_of("northwind"))
    assert set(identity.organizations) == {"contoso"}
    assert world.tables.made == set()
    assert {key: len(found) for key, found in doors.records.items()} == {
        ("customers", "northwind"): 0,
        ("auth", "northwind"): 0,
        ("customers", "contoso"): 5,
        ("auth", "contoso"): 1,
    }
    assert len(list(identity.people_of("contoso"))) == 2
    assert len(list(identity.clients_of("contoso"))) == 1
    assert platform.get("/v1/tenants/contoso").body["status"] == "active"
    return tenant


@pytest.mark.parametrize(("model", "own_tables"), [("pool", 0), ("bridge", 0), ("silo", 2)])
def test_everything_goes_and_is_counted_in_each_store(
    platform: Person, world: World, own_tables: int
) -> None:
    kept = set(world.doors.records["customers", "northwind"])
    accepted = leave(platform)
    assert (accepted.status, accepted.body["status"]) == (202, "offboarding")
    world.run()
    report = assert_gone(platform, world)["report"]
    assert report == {
        "export": "s3://exports/northwind/offboarding/",
        "exported": {
            "auth": {"tables": {"records": 1}, "objects": 1},
            "customers": {"tables": {"records": 5}, "objects": 1},
        },
        "services": {
            "auth": {"tables": {"records": 1}, "objects": 0},
            "customers": {"tables": {"records": 5}, "objects": 0},
        },
        "removedTables": own_tables,
        "people": 2,
        "clients": 1,
    }
    assert world.doors.exported["customers", "northwind"] == kept


def test_what_was_written_behind_the_erasure_is_found_by_another_pass(platform: Person, world: World) -> None:
    world.doors.late["customers", "northwind"] = ["history-1", "history-2", "history-3"]
    leave(platform)
    world.run()
    report = assert_gone(platform, world)["report"]
    assert report["services"]["customers"]["tables"] == {"records": 8}


def test_its_people_are_refused_at_once_and_for_good(
    platform: Person, world: World, identity: FakeIdentity
) -> None:
    found = identity.find_by_email("ada@northwind.example")
    assert found
    ada = Person(platform.app, platform.clock, "northwind", user=found.id)
    assert ada.get("/v1/me").status == 200
    leave(platform)
    refused = ada.get("/v1/me")
    assert (refused.status, refused.body["errors"][0]["code"]) == (403, "tenant_offboarding")
    world.run()
    platform.clock.advance(60)
    assert ada.get("/v1/me").body["errors"][0]["code"] == "tenant_offboarded"


def test_an_id_is_never_given_again(platform: Person, world: World) -> None:
    leave(platform)
    world.run()
    admin = {"email": "new@northwind.example", "name": "New"}
    draft = {"id": "northwind", "name": "Another", "isolation": "pool", "admin": admin}
    assert platform.post("/v1/tenants", draft).status == 409
    assert_gone(platform, world)


def test_leaving_names_what_was_looked_at(platform: Person, world: World) -> None:
    assert platform.delete(TENANT).status == 428
    etag = platform.get(TENANT).headers["etag"]
    platform.patch(TENANT, {"name": "Renamed"})
    assert platform.delete(TENANT, if_match=etag).status == 412
    assert world.machines.started == []
    assert leave(platform).status == 202
    again = leave(platform)
    assert (again.status, again.body["status"]) == (202, "offboarding")
    assert len(world.machines.started) == 1
    assert platform.patch(TENANT, {"name": "Late"}).status == 409
    assert platform.post(f"{TENANT}:suspend", {"reason": "x"}).status == 409


@pytest.mark.parametrize("step", ["export", "erase", "tables", "identity", "close"])
def test_an_offboarding_that_was_cut_off_goes_on_where_it_stopped(
    platform: Person, world: World, step: str
) -> None:
    leave(platform)
    world.run(until=step)
    assert platform.post(f"{TENANT}:resume").status == 202
    world.run()
    report = assert_gone(platform, world)["report"]
    assert report["services"]["customers"]["tables"] == {"records": 5}
    assert report["people"] == 2


@pytest.mark.parametrize("method", ["remove_client", "remove_person", "remove_organization"])
def test_an_outage_of_the_identity_provider_stops_it_and_it_is_resumed(
    platform: Person, world: World, method: str
) -> None:
    world.identity.fail_next(method, IdentityUnavailableError(), times=ATTEMPTS)
    leave(platform)
    world.run()
    stopped = platform.get(TENANT).body
    assert (stopped["status"], stopped["operation"]["error"]["step"]) == ("failed", "identity")
    assert platform.delete(TENANT, if_match="*").status == 409
    platform.post(f"{TENANT}:resume")
    world.run()
    assert_gone(platform, world)


@pytest.mark.parametrize("method", ["remove_client", "remove_person", "remove_organization"])
def test_a_removal_whose_answer_was_lost_is_counted_once(platform: Person, world: World, method: str) -> None:
    world.identity.fail_next(method, IdentityUnavailableError(), after=True)
    leave(platform)
    world.run()
    report = assert_gone(platform, world)["report"]
    assert (report["people"], report["clients"]) == (2, 1)


def test_a_refusal_of_a_service_stops_it_with_the_reason(platform: Person, world: World) -> None:
    world.doors.refuses = "Something is wrong there."
    leave(platform)
    assert world.run().count("erase") == 1
    stopped = platform.get(TENANT).body
    assert stopped["operation"]["error"] == {
        "step": "erase",
        "code": "conflict",
        "detail": "Something is wrong there.",
    }
    world.doors.refuses = ""
    platform.post(f"{TENANT}:resume")
    world.run()
    assert_gone(platform, world)


def test_what_was_never_onboarded_to_the_end_can_leave_too(platform: Person, world: World) -> None:
    world.identity.fail_next("send_actions", IdentityUnavailableError(), times=ATTEMPTS)
    admin = {"email": "fab@fabrikam.example", "name": "Fab"}
    draft = {"id": "fabrikam", "name": "Fabrikam", "isolation": "bridge", "admin": admin}
    platform.post("/v1/tenants", draft)
    early = platform.get("/v1/tenants/fabrikam").headers["etag"]
    assert platform.delete("/v1/tenants/fabrikam", if_match=early).status == 409
    world.run()
    etag = platform.get("/v1/tenants/fabrikam").headers["etag"]
    assert platform.delete("/v1/tenants/fabrikam", if_match=etag).status == 202
    world.run()
    assert platform.get("/v1/tenants/fabrikam").body["status"] == "offboarded"
    assert not list(world.identity.people_of("fabrikam"))
