"""The activities service in process beside the customers service, which is real, and a stand-in of the pipeline's door.

Handlers and repositories are real, over moto's DynamoDB; tokens are signed here; schedules are kept in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from activities_in_process import SERVICE, InMemorySchedules, activities_service, schedules_of
from callers import Person, empty_tables
from customers_in_process import SERVICE as CUSTOMERS
from customers_in_process import customers_service
from in_process_doors import InProcessDoors
from service_in_process import create_tables
from table_changes import TableChanges
from tenant_walls import raise_walls

from zebros_activities.bootstrap import Container
from zebros_activities.handlers.bulk import DOOR
from zebros_activities.handlers.routes import ROUTES
from zebros_activities.repositories.keys import SCHEMAS
from zebros_core.auth.permissions import Visibility, can_see
from zebros_core.bulk.client import bulk_function
from zebros_core.clock import FixedClock
from zebros_core.ids import new_id
from zebros_core.tenancy.registry import Tenant
from zebros_customers.bootstrap import Container as CustomersContainer
from zebros_customers.handlers.bulk import DOOR as CUSTOMERS_DOOR
from zebros_customers.handlers.routes import ROUTES as CUSTOMERS_ROUTES
from zebros_customers.repositories.keys import SCHEMAS as CUSTOMERS_SCHEMAS

_NUMBERS = count(1000)
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday."""


@dataclass
class PipelineDoor:
    """The pipeline service's door, as far as it is read from here: leads and opportunities of tenants."""

    container: Container
    records: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def handler(self, call: Any, _: object) -> dict[str, Any]:
        caller = self.container.internal_tokens.verify(
            call["token"], audience=bulk_function("pipeline", self.container.core.stage)
        )
        visibility = Visibility.ALL
        if "internal:system" not in caller.scopes:
            visibility = self.container.permissions.check(caller, call["entity"], "read")
        items = [
            record
            for id in call["ids"]
            if (record := self.records.get(id)) is not None
            and record["tenantId"] == caller.tenant_id
            and f"{call['entity']}Id" in record
            and can_see(visibility, caller, record["ownerId"], record["teamId"])
        ]
        return {"items": items}

    def add(self, person: Person, entity: str, **facts: Any) -> str:
        """Make a record of somebody's and return its id."""
        id = new_id(self.container.clock)
        owned = {"tenantId": person.tenant, "ownerId": person.user, "teamId": person.team}
        self.records[id] = {f"{entity}Id": id, **owned, **facts}
        return id


@dataclass
class World:
    """Both services, their doors, and the apps of both as one."""

    activities: Container
    customers: CustomersContainer
    doors: InProcessDoors
    pipeline: PipelineDoor

    def __post_init__(self) -> None:
        own, others = self.activities.http_app(ROUTES), self.customers.http_app(CUSTOMERS_ROUTES)
        self._apps = {True: others, False: own}

    def handler(self, event: Any, context: Any) -> Any:
        """Answer a request as the gateway would have it answered."""
        theirs = event["rawPath"].startswith(("/v1/customers", "/v1/contacts", "/v1/fields", "/v1/merges"))
        return self._apps[theirs].handler(event, context)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """The services, once for the tests of a module: each has tenants of its own, so none sees another's records.

    Requests work with sessions of their tenants, each held to its policy.
    """
    clock = FixedClock(START)
    with customers_service("test", clock) as customers, activities_service("test", clock) as activities:
        raise_walls(activities, SERVICE)
        doors, pipeline = InProcessDoors(), PipelineDoor(activities)
        doors.serve(customers, CUSTOMERS_DOOR)
        doors.serve(activities, DOOR)
        doors.handlers["pipeline"] = pipeline.handler
        doors.connect(customers, activities)
        yield World(activities, customers, doors, pipeline)


@pytest.fixture
def container(world: World) -> Container:
    return world.activities


@pytest.fixture
def clock(world: World) -> Iterator[FixedClock]:
    """The services' clock, which only a test moves on; back at its beginning for the next."""
    clock = world.activities.clock
    assert isinstance(clock, FixedClock)
    yield clock
    clock.advance((START - clock.now()).total_seconds())


@pytest.fixture
def schedules(container: Container) -> InMemorySchedules:
    return schedules_of(container)


@pytest.fixture
def pipeline(world: World) -> PipelineDoor:
    return world.pipeline


@pytest.fixture
def doors(world: World) -> Iterator[InProcessDoors]:
    """The doors, which a test may listen at or close."""
    handlers = dict(world.doors.handlers)
    world.doors.calls.clear()
    yield world.doors
    world.doors.handlers.update(handlers)


@pytest.fixture
def changes(container: Container) -> TableChanges:
    """The events of this service's writes."""
    return TableChanges(container, SCHEMAS)


@pytest.fixture
def customer_changes(world: World) -> TableChanges:
    """The events of the customers service's writes."""
    return TableChanges(world.customers, CUSTOMERS_SCHEMAS)


@pytest.fixture(autouse=True)
def _emptied(world: World) -> Iterator[None]:
    yield
    empty_tables()
    world.pipeline.records.clear()
    schedules = schedules_of(world.activities)
    schedules.there.clear()
    schedules.fails.clear()


@pytest.fixture
def tenant(world: World) -> Callable[..., str]:
    """Register a new tenant of a model and give its id; `settings` as in the registry."""

    def register(model: Any = "pool", **settings: Any) -> str:
        id = f"{model}{next(_NUMBERS)}"
        for have in (world.activities, world.customers):
            have.registry.put(Tenant(id=id, name=id, isolation=model, settings=settings))
        if model == "silo":
            for service in (SERVICE, CUSTOMERS):
                create_tables(world.activities.dynamodb, f"zebros-test-t-{id}", service)
        return id

    return register


@pytest.fixture
def person(world: World, clock: FixedClock, tenant: Callable[..., str]) -> Callable[..., Person]:
    """Make somebody of this test's first tenant, or of the tenant given: `person(roles=("viewer",))`."""
    first: list[str] = []

    def make(of: str | None = None, **facts: Any) -> Person:
        if of is None and not first:
            first.append(tenant())
        return Person(world, clock, of or first[0], **facts)

    return make


@pytest.fixture(params=["pool", "bridge", "silo"])
def both(
    request: pytest.FixtureRequest, person: Callable[..., Person], tenant: Callable[..., str]
) -> tuple[Person, Person]:
    """The admins of two tenants of one isolation model, for each model."""
    return person(tenant(request.param)), person(tenant(request.param))


@pytest.fixture
def admin(person: Callable[..., Person]) -> Person:
    """An admin of a pool tenant."""
    return person()
