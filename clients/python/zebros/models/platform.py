"""Tenants, integrations and the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field, field_validator

from zebros.models.base import Model, Versioned, id_field

__all__ = ["AuditEntry", "Integration", "Operation", "OperationStep", "Tenant"]


class OperationStep(Model):
    """One step of an onboarding or offboarding; `state` is pending, running, done or failed."""

    name: str
    state: str = "pending"
    error: str | None = None

    @property
    def done(self) -> bool:
        return self.state in {"done", "succeeded"}

    @property
    def failed(self) -> bool:
        return self.state == "failed"


class Operation(Model):
    """What is being done to a tenant. `kind` is onboarding or offboarding; `error` says why it stopped."""

    kind: str | None = None
    state: str | None = None
    step: str | None = None
    steps: list[OperationStep] = Field(default_factory=list[OperationStep])
    error: str | None = None

    @property
    def failed(self) -> bool:
        return self.state == "failed"


class Tenant(Versioned):
    """A tenant of the platform.

    `isolation` is silo, bridge or pool and fixed at onboarding. `status` is onboarding, active, suspended,
    offboarding, offboarded or failed.
    """

    writable: ClassVar[frozenset[str]] = frozenset({"name", "tier", "settings"})

    id: str = id_field("tenantId")
    name: str | None = None
    isolation: str | None = None
    tier: str | None = None
    status: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict[str, Any])
    operation: Operation | None = None

    @property
    def failed(self) -> bool:
        """Whether the last operation stopped; `resume` goes on with it."""
        return self.status == "failed" or (self.operation is not None and self.operation.failed)


class Integration(Model):
    """Another system's own sign-in. `client_secret` is given by `create` and `rotate` only, and never again."""

    id: str = id_field("integrationId")
    client_id: str
    client_secret: str | None = Field(default=None, repr=False)
    name: str | None = None
    role: str | None = None
    scopes: list[str] = Field(default_factory=list[str])
    team_id: str | None = None
    created_at: datetime | None = None
    rotated_at: datetime | None = None


class AuditEntry(Model):
    """One line of the audit log: who did what, or was refused it, when (`at`, aware UTC) and from where.

    `outcome` is done, refused or failed. `actor` is a user id, or `system:` and a cause.
    """

    id: str = id_field("id")
    at: datetime
    actor: str | None = None
    action: str
    outcome: str | None = None
    entity: str | None = None
    record_id: str | None = None
    details: dict[str, Any] = Field(default_factory=dict[str, Any])
    ip: str | None = None
    request_id: str | None = None

    @field_validator("details", mode="before")
    @classmethod
    def _no_details(cls, value: object) -> object:
        return {} if value is None else value
