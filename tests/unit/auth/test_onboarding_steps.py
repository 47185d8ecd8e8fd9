"""Onboarding that breaks at any step: it stops with a reason, is resumed, and makes nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from auth_in_process import platform_admin, tenancy_service
from callers import Person
from fake_identity import FakeIdentity
from tenancy_world import ATTEMPTS, World

from zebros_auth.bootstrap import Container
from zebros_auth.domain.identity import IdentityUnavailableError, NewPerson
from zebros_auth.domain.operation import OperationKind
from zebros_auth.use_cases.run_step import give_up, run_step
from zebros_core.clock import FixedClock

EMAIL = "ada@northwind.example"
DRAFT = {
    "id": "northwind",
    "name": "Northwind Traders",
    "isolation": "pool",
    "admin": {"email": EMAIL, "name": "Ada Lovelace"},
}
TENANT = "/v1/tenants/northwind"


@pytest.fixture(scope="module")
def container() -> Iterator[Container]:
    with tenancy_service("onboarding") as made:
        yield made


@pytest.fixture(autouse=True)
def world(container: Container, identity: FakeIdentity) -> World:
    return World.around(container, identity)


@pytest.fixture
def platform(app: Any, clock: FixedClock) -> Person:
    return platform_admin(app, clock)


@pytest.fixture
def onboarding(platform: Person) -> None:
    assert platform.post("/v1/tenants", DRAFT).status == 202


def assert_made_once(platform: Person, world: World) -> None:
    """Exactly one organization, administrator, record, invitation and welcome."""
    tenant = platform.get(TENANT).body
    assert tenant["status"] == "active", tenant["operation"]
    (person,) = world.identity.people_of("northwind")
    assert (person.email, person.role, person.enabled) == (EMAIL, "tenant-admin", True)
    assert world.identity.organizations["northwind"].members == {person.id}
    (user,) = world.container.system_workspace("northwind", "test").users.all()
    assert (user.user_id, user.email) == (person.id, EMAIL)
    assert [mail.user_id for mail in world.identity.mails] == [person.id]
    assert [mail[1] for mail in world.mails.sent] == [EMAIL]


def _identity(method: str, after: bool = False) -> Callable[[World, int], None]:
    def fail(world: World, times: int) -> None:
        world.identity.fail_next(method, IdentityUnavailableError(), times=times, after=after)

    return fail


def _mail(world: World, times: int) -> None:
    world.mails.fail = times


FAULTS = {
    "organization before": ("organization", _identity("ensure_organization")),
    "organization after": ("organization", _identity("ensure_organization", after=True)),
    "person before": ("admin", _identity("ensure_person")),
    "person after": ("admin", _identity("ensure_person", after=True)),
    "membership": ("admin", _identity("add_member")),
    "membership after": ("admin", _identity("add_member", after=True)),
    "invitation": ("admin", _identity("send_actions")),
    "welcome": ("welcome", _mail),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.usefixtures("onboarding")
def test_what_fails_once_is_tried_again_by_itself(platform: Person, world: World, fault: str) -> None:
    step, break_it = FAULTS[fault]
    break_it(world, 1)
    assert world.run().count(step) == 2
    assert_made_once(platform, world)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.usefixtures("onboarding")
def test_what_goes_on_failing_stops_with_a_reason_and_is_resumed_there(
    platform: Person, world: World, fault: str
) -> None:
    step, break_it = FAULTS[fault]
    break_it(world, ATTEMPTS)
    world.run()

    stopped = platform.get(TENANT).body
    assert stopped["status"] == "failed"
    assert (stopped["operation"]["state"], stopped["operation"]["error"]["step"]) == ("failed", step)
    assert "does not answer" in stopped["operation"]["error"]["detail"] or "out of reach" in str(stopped)

    resumed = platform.post(f"{TENANT}:resume")
    assert (resumed.status, resumed.body["status"], resumed.body["operation"]["error"]) == (
        202,
        "onboarding",
        None,
    )
    assert world.machines.started[-1] == (OperationKind.ONBOARDING, "northwind", 2)
    world.run()
    assert_made_once(platform, world)


@pytest.mark.parametrize("step", ["organization", "tables", "admin", "welcome", "activate"])
@pytest.mark.usefixtures("onboarding")
def test_a_machine_that_ends_without_a_word_is_resumed_as_well(
    platform: Person, world: World, step: str
) -> None:
    world.run(until=step)
    assert platform.get(TENANT).body["status"] == "onboarding"
    assert platform.post(f"{TENANT}:resume").body["operation"]["attempt"] == 2
    world.run()
    assert_made_once(platform, world)


@pytest.mark.usefixtures("onboarding")
def test_resuming_what_is_under_way_starts_nothing_more(platform: Person, world: World) -> None:
    assert platform.post(f"{TENANT}:resume").body["operation"]["attempt"] == 1
    assert len(world.machines.started) == 1
    world.run()
    assert_made_once(platform, world)
    assert platform.post(f"{TENANT}:resume").status == 409


@pytest.mark.usefixtures("onboarding")
def test_every_step_may_come_twice_and_late(platform: Person, world: World, container: Container) -> None:
    def again(step: str) -> None:
        for earlier in ("organization", "tables", "admin", "welcome"):
            if earlier != step:
                if not container.tenancy.tenants.get("northwind").operation.is_done(earlier):  # pyright: ignore
                    return
                run_step(container.tenancy, OperationKind.ONBOARDING, earlier, "northwind")

    world.run(meanwhile=again)
    for step in ("organization", "admin", "activate"):
        assert run_step(container.tenancy, OperationKind.ONBOARDING, step, "northwind").outcome == "done"
    give_up(container.tenancy, OperationKind.ONBOARDING, "northwind")
    assert_made_once(platform, world)


def test_a_silos_tables_are_waited_for(platform: Person, world: World) -> None:
    platform.post("/v1/tenants", DRAFT | {"isolation": "silo"})
    world.tables.rounds = 3
    assert world.run().count("tables") == 4
    assert_made_once(platform, world)


@pytest.mark.usefixtures("onboarding")
def test_an_address_taken_meanwhile_stops_it_and_another_address_goes_on(
    platform: Person, world: World, identity: FakeIdentity
) -> None:
    identity.ensure_person(NewPerson(EMAIL, "Somebody Else", "contoso", "viewer"))
    world.run()
    stopped = platform.get(TENANT).body
    assert stopped["status"] == "failed"
    assert stopped["operation"]["error"]["step"] == "admin"
    assert "/admin/email" in stopped["operation"]["error"]["detail"]

    still = platform.post(f"{TENANT}:resume")
    assert still.status == 202
    world.run()
    assert platform.get(TENANT).body["status"] == "failed"

    other = {"email": "new@northwind.example", "name": "Ada Lovelace"}
    taken = platform.patch(TENANT, {"admin": {"email": EMAIL}})
    assert taken.status == 200  # unchanged
    assert platform.patch(TENANT, {"admin": other}).status == 200
    platform.post(f"{TENANT}:resume")
    world.run()
    assert platform.get(TENANT).body["status"] == "active"
    assert [person.email for person in identity.people_of("northwind")] == ["new@northwind.example"]
    assert [mail[1] for mail in world.mails.sent] == ["new@northwind.example"]
    assert [person.email for person in identity.people_of("contoso")] == [EMAIL]


@pytest.mark.usefixtures("onboarding")
def test_a_corrected_address_leaves_no_second_admin_behind(
    platform: Person, world: World, identity: FakeIdentity
) -> None:
    identity.fail_next("send_actions", IdentityUnavailableError(), times=ATTEMPTS)
    world.run()
    assert [person.email for person in identity.people_of("northwind")] == [EMAIL]
    change = {"admin": {"email": "right@northwind.example", "name": "Ada"}}
    assert platform.patch(TENANT, change).status == 200
    platform.post(f"{TENANT}:resume")
    world.run()
    assert platform.get(TENANT).body["status"] == "active"
    assert [person.email for person in identity.people_of("northwind")] == ["right@northwind.example"]
    users = world.container.system_workspace("northwind", "test").users.all()
    assert [user.email for user in users] == ["right@northwind.example"]


def test_a_defect_is_recorded_without_its_text(
    platform: Person, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.post("/v1/tenants", DRAFT | {"isolation": "silo"})

    def broken(tenant_id: str) -> list[str]:
        raise KeyError(f"a secret of {tenant_id}")

    monkeypatch.setattr(world.tables, "advance", broken)
    world.run()
    error = platform.get(TENANT).body["operation"]["error"]
    assert (error["step"], error["code"]) == ("tables", "internal-error")
    assert "secret" not in platform.get(TENANT).text
    monkeypatch.undo()
    platform.post(f"{TENANT}:resume")
    world.run()
    assert_made_once(platform, world)


@pytest.mark.usefixtures("onboarding")
def test_an_execution_that_outlived_its_attempt_changes_nothing(
    platform: Person, world: World, container: Container
) -> None:
    world.run(until="admin")
    give_up(container.tenancy, OperationKind.ONBOARDING, "northwind")
    before = platform.get(TENANT).body
    assert run_step(container.tenancy, OperationKind.ONBOARDING, "admin", "northwind").outcome == "refused"
    assert run_step(container.tenancy, OperationKind.OFFBOARDING, "erase", "northwind").outcome == "refused"
    assert platform.get(TENANT).body == before
    assert not world.identity.mails
