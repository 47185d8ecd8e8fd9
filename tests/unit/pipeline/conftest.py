"""The pipeline service in process, with the customers service behind its door: real handlers over moto's DynamoDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from callers import Person, empty_tables
from customers_in_process import SERVICE as CUSTOMERS
from pipeline_in_process import SERVICE, SalesWorld, sales_world
from service_in_process import create_tables
from tenant_walls import raise_walls

from zebros_core.clock import FixedClock
from zebros_core.messaging import EntityChanged, Operation
from zebros_core.tenancy.registry import Tenant
from zebros_customers.handlers.routes import ROUTES as CUSTOMERS_ROUTES
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.handlers.routes import ROUTES

_NUMBERS = count(1000)


@pytest.fixture(scope="module")
def world() -> Iterator[SalesWorld]:
    """Both services, once for the tests of a module: each has tenants of its own, so none sees another's records.

    Requests of the pipeline work with sessions of their tenants, each held to its policy.
    """
    with sales_world("test", FixedClock()) as made:
        raise_walls(made.pipeline, SERVICE)
        yield made


@pytest.fixture(scope="module")
def container(world: SalesWorld) -> Container:
    return world.pipeline


@pytest.fixture
def clock(container: Container) -> FixedClock:
    """The services' clock, which only a test moves on."""
    assert isinstance(container.clock, FixedClock)
    return container.clock


@pytest.fixture(autouse=True)
def _emptied(world: SalesWorld) -> Iterator[None]:
    yield
    empty_tables()
    world.doors.calls.clear()
    world.doors.before = lambda service, call: None
    world.doors.after = lambda service, call: None


@pytest.fixture(scope="module")
def app(container: Container) -> Any:
    return container.http_app(ROUTES)


@pytest.fixture(scope="module")
def customers_app(world: SalesWorld) -> Any:
    return world.customers.http_app(CUSTOMERS_ROUTES)


@pytest.fixture
def tenant(world: SalesWorld) -> Callable[..., str]:
    """Register a new tenant of a model and give its id; further facts are its settings."""

    def register(model: Any = "pool", **settings: Any) -> str:
        id = f"{model}{next(_NUMBERS)}"
        world.register(Tenant(id=id, name=id, isolation=model, settings=settings))
        if model == "silo":
            for service in (SERVICE, CUSTOMERS):
                create_tables(world.pipeline.dynamodb, f"zebros-test-t-{id}", service)
        return id

    return register


@pytest.fixture
def person(app: Any, clock: FixedClock, tenant: Callable[..., str]) -> Callable[..., Person]:
    """Make somebody of this test's first tenant, or of the tenant given: `person(roles=("viewer",))`."""
    first: list[str] = []

    def make(of: str | None = None, **facts: Any) -> Person:
        if of is None and not first:
            first.append(tenant())
        return Person(app, clock, of or first[0], **facts)

    return make


@pytest.fixture
def of_customers(customers_app: Any) -> Callable[[Person], Person]:
    """Give the same person as a caller of the customers service."""

    def make(one: Person) -> Person:
        return Person(
            customers_app,
            one.clock,
            one.tenant,
            user=one.user,
            roles=one.roles,
            team=one.team,
            scope=one.scope,
        )

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


@pytest.fixture
def event(container: Container) -> Callable[..., EntityChanged]:
    """Make the event of a record's present state: `event(tenant, "lead", id, changed=("status",))`."""

    def make(
        tenant: str, entity: str, id: str, operation: Operation | None = None, **facts: Any
    ) -> EntityChanged:
        record = container.system_workspace(tenant, "test").records[entity].find_any(id)
        assert record is not None
        made = Operation.CREATED if record.version == 1 else Operation.UPDATED
        return EntityChanged(
            event_id=f"{id}-{record.version}",
            tenant_id=tenant,
            entity=entity,
            id=id,
            version=record.version,
            operation=operation or (Operation.DELETED if record.is_deleted else made),
            actor=record.updated_by,
            occurred_at=record.updated_at,
            snapshot=record.model_dump(mode="json", by_alias=True, exclude_none=True),
            **facts,
        )

    return make
