"""The auth service in this process, beside an identity provider in memory: see `service_in_process`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from callers import Person
from fake_identity import FakeIdentity
from service_in_process import service_in_process

from zebros_auth.bootstrap import Container
from zebros_auth.settings import Settings
from zebros_core.audit import InMemoryAuditTrail
from zebros_core.clock import Clock, FixedClock
from zebros_core.tenancy.registry import CachedTenantRegistry, DynamoDbTenantRegistry

SERVICE = "auth"


@contextmanager
def auth_service(stage: str, clock: Clock | None = None) -> Iterator[Container]:
    """Start the service under a stage of its own; `container.identity` is a FakeIdentity."""
    with service_in_process(
        SERVICE,
        stage,
        lambda core, clock, dynamodb: Container(
            Settings(core, app_url="https://app.test"), clock=clock, dynamodb=dynamodb
        ),
        clock=clock,
    ) as container:
        vars(container)["identity"] = FakeIdentity()
        vars(container)["audit_trail"] = InMemoryAuditTrail()
        yield container


@contextmanager
def tenancy_service(stage: str) -> Iterator[Container]:
    """The same with the registry that is deployed, in its table, for tests of tenants that come and go."""
    with auth_service(stage, FixedClock()) as made:
        inner = DynamoDbTenantRegistry(made.dynamodb, f"{made.core.table_prefix}-tenants")
        vars(made)["registry"] = CachedTenantRegistry(inner, made.clock)
        yield made


def platform_admin(app: Any, clock: FixedClock) -> Person:
    """Return an administrator of the platform, to whom nothing is left in the registry's cache."""
    clock.advance(60)
    return Person(app, clock, None, user="ops-1", roles=("platform-admin",), team=None)  # pyright: ignore[reportArgumentType]
