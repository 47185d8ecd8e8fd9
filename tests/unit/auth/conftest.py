"""The auth service in process: real handlers and repositories over moto's DynamoDB, an identity provider in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from auth_in_process import SERVICE, auth_service
from callers import Person, empty_tables
from fake_identity import FakeIdentity
from service_in_process import create_tables
from tenant_walls import raise_walls

from zebros_auth.bootstrap import Container
from zebros_auth.domain.identity import NewPerson
from zebros_auth.handlers.routes import ROUTES
from zebros_auth.use_cases.reconcile_people import adopt
from zebros_core.audit import InMemoryAuditTrail
from zebros_core.clock import FixedClock
from zebros_core.tenancy.registry import Tenant

_NUMBERS = count(1000)


@pytest.fixture(scope="module")
def container() -> Iterator[Container]:
    """The service, once for the tests of a module: each has tenants of its own, so none sees another's records.

    Requests work with sessions of their tenants, each held to its policy.
    """
    with auth_service("test", FixedClock()) as made:
        raise_walls(made, SERVICE)
        yield made


@pytest.fixture(autouse=True)
def _emptied(container: Container) -> Iterator[None]:
    vars(container)["identity"] = FakeIdentity()
    yield
    empty_tables()


@pytest.fixture
def clock(container: Container) -> FixedClock:
    """The service's clock, which only a test moves on."""
    assert isinstance(container.clock, FixedClock)
    return container.clock


@pytest.fixture
def identity(container: Container) -> FakeIdentity:
    """The identity provider, empty at the start of each test."""
    found: Any = container.identity
    return found


@pytest.fixture
def trail(container: Container) -> InMemoryAuditTrail:
    """What was recorded in the audit log by this test."""
    found: Any = container.audit_trail
    found.events.clear()
    return found


@pytest.fixture(scope="module")
def app(container: Container) -> Any:
    return container.http_app(ROUTES)


@pytest.fixture
def tenant(container: Container) -> Callable[..., str]:
    """Register a new tenant of a model and give its id."""

    def register(model: Any = "pool") -> str:
        id = f"{model}{next(_NUMBERS)}"
        container.registry.put(Tenant(id=id, name=f"The {id}", isolation=model))
        if model == "silo":
            create_tables(container.dynamodb, f"zebros-test-t-{id}", SERVICE)
        return id

    return register


@pytest.fixture
def person(
    container: Container, identity: FakeIdentity, app: Any, clock: FixedClock, tenant: Callable[..., str]
) -> Callable[..., Person]:
    """Make somebody of this test's first tenant, or of the tenant given, known to the provider and to the service:
    `person(role="viewer", team="south")`.
    """
    first: list[str] = []

    def make(of: str | None = None, role: str = "tenant-admin", team: str | None = "north") -> Person:
        if of is None and not first:
            first.append(tenant())
        tenant_id = of or first[0]
        number = next(_NUMBERS)
        made = identity.ensure_person(
            NewPerson(f"p{number}@{tenant_id}.example", f"Person {number}", tenant_id, role, team)
        )
        workspace = container.system_workspace(tenant_id, "test")
        adopt(workspace, replace(made, email_verified=True))
        return Person(app, clock, tenant_id, user=made.id, roles=(role,), team=team)

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
