"""The auth service in this process, beside an identity provider in memory: see `service_in_process`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fake_identity import FakeIdentity
from service_in_process import service_in_process

from zebros_auth.bootstrap import Container
from zebros_auth.settings import Settings
from zebros_core.audit import InMemoryAuditTrail
from zebros_core.clock import Clock

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
