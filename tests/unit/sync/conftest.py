"""The sync service in process, with the owners of the records behind their doors: real handlers over moto."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from callers import Person, empty_tables
from service_in_process import create_tables
from sync_in_process import SERVICE, SyncWorld, sync_world
from table_changes import TableChanges
from tenant_walls import raise_walls

from zebros_activities.repositories.keys import SCHEMAS as ACTIVITIES
from zebros_core.clock import FixedClock
from zebros_core.tenancy.registry import Tenant
from zebros_customers.handlers.routes import ROUTES as CUSTOMERS_ROUTES
from zebros_customers.repositories.keys import SCHEMAS as CUSTOMERS
from zebros_pipeline.repositories.keys import SCHEMAS as PIPELINE
from zebros_sync.bootstrap import Container
from zebros_sync.handlers.events import append
from zebros_sync.handlers.routes import ROUTES
from zebros_sync.settings import OWNER_OF

_NUMBERS = count(1000)


@pytest.fixture(scope="module")
def world() -> Iterator[SyncWorld]:
    """All services, once for the tests of a module: each has tenants of its own."""
    with sync_world("test", FixedClock()) as made:
        raise_walls(made.sync, SERVICE)
        yield made


@pytest.fixture(scope="module")
def container(world: SyncWorld) -> Container:
    return world.sync


@pytest.fixture
def clock(container: Container) -> FixedClock:
    """The services' clock, which only a test moves on."""
    assert isinstance(container.clock, FixedClock)
    return container.clock


@pytest.fixture(autouse=True)
def _emptied(world: SyncWorld) -> Iterator[None]:
    yield
    empty_tables()
    world.doors.calls.clear()
    world.doors.before = lambda service, call: None
    world.doors.after = lambda service, call: None


@pytest.fixture(scope="module")
def app(container: Container) -> Any:
    return container.http_app(ROUTES)


@pytest.fixture(scope="module")
def customers_app(world: SyncWorld) -> Any:
    return world.customers.http_app(CUSTOMERS_ROUTES)


@pytest.fixture
def tenant(world: SyncWorld) -> Callable[..., str]:
    """Register a new tenant of a model and give its id; further facts are its settings."""

    def register(model: Any = "pool", **settings: Any) -> str:
        id = f"{model}{next(_NUMBERS)}"
        world.register(Tenant(id=id, name=id, isolation=model, settings=settings))
        if model == "silo":
            for service in (SERVICE, "customers", "pipeline", "activities", "auth"):
                create_tables(world.sync.dynamodb, f"zebros-test-t-{id}", service)
        return id

    return register


@pytest.fixture
def person(app: Any, clock: FixedClock) -> Callable[..., Person]:
    """Somebody of a tenant with a device."""

    def make(tenant_id: str, user: str = "user-1", **facts: Any) -> Person:
        return Person(app, clock, tenant_id, user=user, **facts)

    return make


@pytest.fixture
def online(customers_app: Any, clock: FixedClock) -> Callable[..., Person]:
    """Somebody of a tenant in the web application."""

    def make(tenant_id: str, user: str = "web-1", **facts: Any) -> Person:
        return Person(customers_app, clock, tenant_id, user=user, **facts)

    return make


@pytest.fixture
def deliver(world: SyncWorld) -> Callable[[], int]:
    """Bring sync what the tables' streams would tell since the last time; how many events."""
    streams = [
        TableChanges(world.customers, CUSTOMERS),
        TableChanges(world.pipeline, PIPELINE),
        TableChanges(world.activities, ACTIVITIES),
    ]

    def bring() -> int:
        found = [change for stream in streams for change in stream.take() if change.entity in OWNER_OF]
        for tenant_id in dict.fromkeys(change.tenant_id for change in found):
            append(world.sync, [change for change in found if change.tenant_id == tenant_id])
        return len(found)

    return bring
