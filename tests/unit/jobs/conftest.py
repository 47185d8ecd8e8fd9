"""The jobs service in process, with the other services behind their doors: real handlers over moto."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from callers import Person, empty_tables
from jobs_in_process import SERVICE, JobsWorld, jobs_world, machines_of
from service_in_process import create_tables

from zebros_core.clock import FixedClock
from zebros_core.tenancy.registry import Tenant
from zebros_jobs.bootstrap import Container
from zebros_jobs.handlers.routes import ROUTES

_NUMBERS = count(1000)


@pytest.fixture(scope="module")
def world() -> Iterator[JobsWorld]:
    """All services, once for the tests of a module: each has tenants of its own, so none sees another's records."""
    with jobs_world("test", FixedClock()) as made:
        yield made


@pytest.fixture(scope="module")
def container(world: JobsWorld) -> Container:
    return world.jobs


@pytest.fixture
def clock(container: Container) -> FixedClock:
    """The services' clock, which only a test moves on."""
    assert isinstance(container.clock, FixedClock)
    return container.clock


@pytest.fixture(autouse=True)
def _emptied(world: JobsWorld) -> Iterator[None]:
    yield
    empty_tables()
    machines = machines_of(world.jobs)
    machines.started.clear()
    machines.running.clear()
    world.doors.calls.clear()
    world.doors.before = lambda service, call: None
    world.doors.after = lambda service, call: None


@pytest.fixture(scope="module")
def app(container: Container) -> Any:
    return container.http_app(ROUTES)


@pytest.fixture
def tenant(world: JobsWorld) -> Callable[..., str]:
    """Register a new tenant of a model and give its id; further facts are its settings."""

    def register(model: Any = "pool", **settings: Any) -> str:
        id = f"{model}{next(_NUMBERS)}"
        world.register(Tenant(id=id, name=id, isolation=model, settings=settings))
        if model == "silo":
            for service in (SERVICE, "customers", "pipeline", "activities", "auth", "sync"):
                create_tables(world.jobs.dynamodb, f"zebros-test-t-{id}", service)
        return id

    return register


@pytest.fixture
def person(app: Any, clock: FixedClock) -> Callable[..., Person]:
    """Somebody of a tenant who calls the API; an administrator unless told otherwise."""

    def make(tenant_id: str, user: str = "user-1", **facts: Any) -> Person:
        return Person(app, clock, tenant_id, user=user, **facts)

    return make
