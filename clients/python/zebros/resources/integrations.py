"""Other systems' own sign-ins, and the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from zebros.calls import integrations as calls
from zebros.calls.integrations import Scope
from zebros.calls.users import Role
from zebros.listing import Listing
from zebros.models import AuditEntry, Integration
from zebros.resources.executor import Executor

__all__ = ["AuditLog", "Integrations"]


class Integrations:
    """`client.integrations`, for tenant admins."""

    def __init__(self, client: Executor) -> None:
        self._client = client

    def list(self, *, page_size: int | None = None) -> Listing[Integration]:
        """The tenant's integrations, without their secrets."""
        return Listing(calls.list_(page_size=page_size), self._client.execute)

    def get(self, integration_id: str) -> Integration:
        """Read an integration."""
        return self._client.execute(calls.get(integration_id))

    def create(
        self,
        *,
        name: str,
        role: Role,
        scopes: Sequence[Scope],
        team_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Integration:
        """Make a client for another system; its tokens may do what role and scopes both allow.

        `client_secret` is in this answer only: keep it now.
        """
        call = calls.create(
            name=name, role=role, scopes=scopes, team_id=team_id, idempotency_key=idempotency_key
        )
        return self._client.execute(call)

    def rotate(self, integration_id: str) -> Integration:
        """Give it a new secret, which is in this answer only; the former one is refused from now on."""
        return self._client.execute(calls.rotate(integration_id))

    def delete(self, integration_id: str) -> None:
        """Revoke an integration."""
        self._client.execute(calls.delete(integration_id))


class AuditLog:
    """`client.audit`, for tenant admins: append-only."""

    def __init__(self, client: Executor) -> None:
        self._client = client

    def list(
        self,
        *,
        from_: datetime | None = None,
        to: datetime | None = None,
        action: str | None = None,
        actor: str | None = None,
        page_size: int | None = None,
    ) -> Listing[AuditEntry]:
        """Who did what, or was refused it, newest first. `from_` and `to` are aware instants; without them it is
        the last 30 days.
        """
        return Listing(
            calls.audit(from_=from_, to=to, action=action, actor=actor, page_size=page_size),
            self._client.execute,
        )
