"""The customers service in process: real handlers and repositories over moto's DynamoDB and S3, tokens signed here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from callers import Person, empty_tables
from customers_in_process import SERVICE, customers_service
from service_in_process import create_tables
from tenant_walls import raise_walls

from zebros_core.clock import FixedClock
from zebros_core.tenancy.registry import Tenant
from zebros_customers.bootstrap import Container
from zebros_customers.handlers.routes import ROUTES

_NUMBERS = count(1000)


@pytest.fixture
def clock(container: Container) -> FixedClock:
    """The service's clock, which only a test moves on."""
    assert isinstance(container.clock, FixedClock)
    return container.clock


@pytest.fixture(scope="module")
def container() -> Iterator[Container]:
    """The service, once for the tests of a module: each has tenants of its own, so none sees another's records.

    Requests work with sessions of their tenants, each held to its policy.
    """
    with customers_service("test", FixedClock()) as made:
        raise_walls(made, SERVICE)
        yield made


@pytest.fixture(autouse=True)
def _emptied(container: Container) -> Iterator[None]:
    yield
    empty_tables()


@pytest.fixture(scope="module")
def app(container: Container) -> Any:
    return container.http_app(ROUTES)


@pytest.fixture
def tenant(container: Container) -> Callable[..., str]:
    """Register a new tenant of a model and give its id."""

    def register(model: Any = "pool") -> str:
        id = f"{model}{next(_NUMBERS)}"
        container.registry.put(Tenant(id=id, name=id, isolation=model))
        if model == "silo":
            create_tables(container.dynamodb, f"zebros-test-t-{id}", SERVICE)
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
