"""Tables of services that came after a silo tenant: made by one call, which may be repeated, for that tenant alone.

Over CloudFormation and DynamoDB in moto, with the stacks `zebros-auth-{stage}` and `zebros-sync-{stage}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from auth_in_process import platform_admin, tenancy_service
from callers import Person
from fake_identity import FakeIdentity
from tenancy_world import ATTEMPTS, World

from zebros_auth.adapters.tenant_tables import StackTenantTables
from zebros_auth.bootstrap import Container
from zebros_auth.domain.operation import OperationKind
from zebros_auth.domain.tenant import FirstAdmin
from zebros_core.clock import FixedClock
from zebros_core.errors import UnavailableError
from zebros_core.tenancy.registry import Tenant
from zebros_core.tenancy.silo_tables import SiloTables

STAGE = "provision"
OLD, NEW = f"zebros-auth-{STAGE}", f"zebros-sync-{STAGE}"
NEW_TABLES = ["sync-log", "sync-states"]
NORTHWIND, CONTOSO = "/v1/tenants/northwind", "/v1/tenants/contoso"


class Stacks:
    """The own tables of tenants, over the stacks that are deployed."""

    def __init__(self, *stacks: str) -> None:
        self.dynamodb: Any = boto3.client("dynamodb")
        silos = SiloTables(
            self.dynamodb,
            boto3.client("lambda"),
            boto3.client("cloudformation"),
            STAGE,
            sleep=lambda _: None,
        )
        self.tables = StackTenantTables(silos, stacks)

    def of(self, tenant: str) -> set[str]:
        """The names of a tenant's tables, without what is before them."""
        prefix = f"zebros-{STAGE}-t-{tenant}-"
        names = self.dynamodb.list_tables()["TableNames"]
        return {name.removeprefix(prefix) for name in names if name.startswith(prefix)}


def template(*tables: str) -> str:
    properties = {
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    }
    return json.dumps(
        {
            "Resources": {
                f"{name.replace('-', '')}Table": {
                    "Type": "AWS::DynamoDB::Table",
                    "Properties": {"TableName": f"zebros-{STAGE}-{name}", **properties},
                }
                for name in tables
            }
        }
    )


@pytest.fixture(scope="module")
def container() -> Iterator[Container]:
    with tenancy_service(STAGE) as made:
        cloudformation: Any = boto3.client("cloudformation")
        cloudformation.create_stack(StackName=OLD, TemplateBody=template("records"))
        cloudformation.create_stack(StackName=NEW, TemplateBody=template(*NEW_TABLES))
        yield made


@pytest.fixture
def stacks() -> Iterator[Stacks]:
    made = Stacks(OLD, NEW)
    yield made
    for tenant in ("northwind", "contoso"):
        made.tables.remove(tenant)


@pytest.fixture
def world(container: Container, identity: FakeIdentity, stacks: Stacks) -> World:
    """Two silo tenants and one of each other model, from before the second stack."""
    world = World.around(container, identity)
    use(world, stacks)
    for tenant, model in (
        ("northwind", "silo"),
        ("contoso", "silo"),
        ("fabrikam", "pool"),
        ("litware", "bridge"),
    ):
        admin = FirstAdmin(email=f"ada@{tenant}.example", name="Ada Lovelace")
        world.settle(tenant, "pool" if model == "silo" else model, admin)
        if model == "silo":
            container.registry.put(Tenant(tenant, tenant, "silo", epoch=2))
            Stacks(OLD).tables.advance(tenant)
    return world


def use(world: World, stacks: Stacks) -> None:
    vars(world.container)["tenancy"] = replace(world.container.tenancy, tables=lambda: stacks.tables)


@pytest.fixture
def platform(app: Any, clock: FixedClock, world: World) -> Person:
    del world
    return platform_admin(app, clock)


def test_a_tenant_from_before_a_service_gets_its_tables_and_keeps_what_it_has(
    platform: Person, world: World, stacks: Stacks
) -> None:
    table, item = f"zebros-{STAGE}-t-northwind-records", {"pk": {"S": "kept"}}
    stacks.dynamodb.put_item(TableName=table, Item=item)

    begun = platform.post(f"{NORTHWIND}:provision")
    assert (begun.status, begun.body["status"]) == (202, "active")
    assert begun.body["operation"] | {"steps": None} == {
        "kind": "provisioning",
        "state": "running",
        "step": "tables",
        "steps": None,
        "error": None,
        "attempt": 1,
        "made": [],
    }
    assert world.machines.started == [(OperationKind.PROVISIONING, "northwind", 1)]
    world.run()

    tenant = platform.get(NORTHWIND).body
    assert (tenant["status"], tenant["operation"]["state"]) == ("active", "done")
    assert tenant["operation"]["made"] == [f"zebros-{STAGE}-t-northwind-{name}" for name in NEW_TABLES]
    assert [(step["name"], step["state"], step["detail"]) for step in tenant["operation"]["steps"]] == [
        ("tables", "done", "2 tables made")
    ]
    assert stacks.of("northwind") == {"records", *NEW_TABLES}
    assert stacks.dynamodb.get_item(TableName=table, Key=item)["Item"] == item
    assert stacks.of("contoso") == {"records"}, "a neighbour"
    assert platform.get(CONTOSO).body["operation"] is None


def test_a_second_time_nothing_is_missing_and_nothing_is_made(
    platform: Person, world: World, stacks: Stacks
) -> None:
    for _ in range(2):
        assert platform.post(f"{NORTHWIND}:provision").status == 202
        world.run()
    operation = platform.get(NORTHWIND).body["operation"]
    assert (operation["state"], operation["made"], operation["attempt"]) == ("done", [], 2)
    assert operation["steps"][0]["detail"] == "no table was missing"
    assert stacks.of("northwind") == {"records", *NEW_TABLES}


@pytest.mark.parametrize("tenant", ["fabrikam", "litware"])
def test_a_tenant_in_shared_tables_needs_nothing_and_is_told_so(
    platform: Person, world: World, stacks: Stacks, tenant: str
) -> None:
    first, second = (platform.post(f"/v1/tenants/{tenant}:provision") for _ in range(2))
    assert (first.status, first.body["operation"]["state"]) == (202, "done")
    assert first.body["operation"]["steps"][0]["detail"] == "shared tables: nothing to make"
    assert second.body == first.body
    assert world.machines.started == []
    assert stacks.of(tenant) == set()


def test_one_that_is_under_way_is_not_begun_twice(platform: Person, world: World) -> None:
    first, second = (platform.post(f"{NORTHWIND}:provision") for _ in range(2))
    assert (second.status, second.body) == (202, first.body)
    assert len(world.machines.started) == 1


def test_one_whose_machine_was_never_started_or_ended_is_begun_again(platform: Person, world: World) -> None:
    world.machines.out_of_reach = True
    assert platform.post(f"{NORTHWIND}:provision").status == 503
    world.machines.out_of_reach = False
    assert platform.post(f"{NORTHWIND}:provision").body["operation"]["attempt"] == 2
    world.run(until="tables")  # killed before it did anything
    assert platform.post(f"{NORTHWIND}:provision").body["operation"]["attempt"] == 3
    world.run()
    assert platform.get(NORTHWIND).body["operation"]["state"] == "done"


@pytest.mark.parametrize("verb", ["provision", "resume"])
def test_what_goes_on_failing_stops_with_its_reason_and_the_tenant_is_served_all_along(
    platform: Person, world: World, stacks: Stacks, verb: str
) -> None:
    calls = 0

    def out_of_reach(tenant_id: str) -> list[str]:
        nonlocal calls
        calls += 1
        if calls > 1:  # after the tables were begun
            raise UnavailableError(detail="The database is out of reach.")
        working(tenant_id)
        return ["sync-states"]

    working = stacks.tables.advance
    stacks.tables.advance = out_of_reach  # pyright: ignore[reportAttributeAccessIssue]
    platform.post(f"{NORTHWIND}:provision")
    world.run()

    stopped = platform.get(NORTHWIND).body
    assert (stopped["status"], stopped["operation"]["state"]) == ("active", "failed")
    assert stopped["operation"]["error"]["step"] == "tables"
    assert "out of reach" in stopped["operation"]["error"]["detail"]
    assert calls >= ATTEMPTS

    stacks.tables.advance = working  # pyright: ignore[reportAttributeAccessIssue]
    assert platform.post(f"{NORTHWIND}:{verb}").body["status"] == "active"
    world.run()
    mended = platform.get(NORTHWIND).body["operation"]
    assert (mended["state"], mended["error"], len(mended["made"])) == ("done", None, 2)


def test_how_far_it_was_is_not_told_as_the_reason_for_what_nobody_foresaw(
    platform: Person, world: World, stacks: Stacks
) -> None:
    def broken(tenant_id: str) -> list[str]:
        raise RuntimeError(tenant_id)

    stacks.tables.advance = broken  # pyright: ignore[reportAttributeAccessIssue]
    platform.post(f"{NORTHWIND}:provision")
    world.run()
    error = platform.get(NORTHWIND).body["operation"]["error"]
    assert (error["code"], "missing" in error["detail"]) == ("internal-error", False)


def test_a_service_that_is_not_deployed_is_named(platform: Person, world: World) -> None:
    use(world, Stacks(OLD, "zebros-later-provision"))
    platform.post(f"{NORTHWIND}:provision")
    world.run()
    error = platform.get(NORTHWIND).body["operation"]["error"]
    assert (error["code"], "zebros-later-provision" in error["detail"]) == ("conflict", True)


def test_a_suspended_tenant_gets_tables_and_stays_suspended(platform: Person, world: World) -> None:
    platform.post(f"{NORTHWIND}:suspend", {"reason": "unpaid"})
    platform.post(f"{NORTHWIND}:provision")
    world.run()
    tenant = platform.get(NORTHWIND).body
    assert (tenant["status"], tenant["operation"]["state"]) == ("suspended", "done")


@pytest.mark.parametrize("status", ["onboarding", "offboarding", "offboarded", "failed"])
def test_a_tenant_that_comes_or_leaves_or_left_is_refused(
    platform: Person, world: World, stacks: Stacks, status: Any
) -> None:
    world.container.registry.put(Tenant("northwind", "Northwind", "silo", status=status, epoch=9))
    assert platform.post(f"{NORTHWIND}:provision").status == 409
    assert world.machines.started == []
    assert stacks.of("northwind") == {"records"}


@pytest.mark.parametrize("id", ["nobodyhere", "north-wind", "x", "zebros", "northwind%2Fcontoso"])
def test_nobody_is_made_tables_of_an_id_that_is_no_tenants(platform: Person, world: World, id: str) -> None:
    assert platform.post(f"/v1/tenants/{id}:provision").status == 404
    assert world.machines.started == []


def test_nobody_leaves_while_tables_are_being_made_and_anybody_may_afterwards(
    platform: Person, world: World
) -> None:
    platform.post(f"{NORTHWIND}:provision")

    def leave() -> int:
        version = platform.get(NORTHWIND).headers["etag"]
        return platform.call("DELETE", NORTHWIND, headers={"If-Match": version}).status

    assert leave() == 409
    world.run()
    assert leave() == 202
    assert world.machines.started[-1] == (OperationKind.OFFBOARDING, "northwind", 2)


def test_the_first_administrator_is_not_replaced_because_of_it(platform: Person, world: World) -> None:
    platform.post(f"{NORTHWIND}:provision")
    world.run()
    wish = {"admin": {"email": "eve@northwind.example", "name": "Eve"}}
    assert platform.patch(NORTHWIND, wish).status == 409


def test_who_asked_is_in_the_audit_log(platform: Person, container: Container) -> None:
    trail: Any = container.audit_trail
    trail.events.clear()
    platform.post(f"{NORTHWIND}:provision")
    assert [(found.action, found.actor, found.details["tenant"]) for found in trail.events] == [
        ("tenant.provisioning-started", "ops-1", "northwind")
    ]
