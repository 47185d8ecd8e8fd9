"""Tenants, integrations and the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field, field_validator

from zebros.models.base import Model, Versioned, id_field

__all__ = [
    "AuditEntry",
    "FirstAdministrator",
    "IdentityProvider",
    "Integration",
    "OffboardingReport",
    "Operation",
    "OperationError",
    "OperationStep",
    "StoreCounts",
    "Tenant",
]


class OperationStep(Model):
    """One step of an operation; `state` is waiting, running, done or failed."""

    name: str
    state: str = "waiting"
    at: datetime | None = None
    detail: str | None = None


class OperationError(Model):
    """At which step an operation stopped, and why."""

    step: str | None = None
    code: str | None = None
    detail: str = ""


class Operation(Model):
    """What is, or was last, being done to a tenant: `kind` is onboarding, offboarding or provisioning, `state` is as a
    step's. `made` are the tables that a provisioning made.
    """

    kind: str
    state: str = "running"
    step: str | None = None
    steps: list[OperationStep] = Field(default_factory=list[OperationStep])
    error: OperationError | None = None
    attempt: int = 1
    made: list[str] = Field(default_factory=list[str])


class FirstAdministrator(Model):
    """Who administers a tenant from the beginning."""

    email: str
    name: str | None = None
    language: str | None = None


class StoreCounts(Model):
    """Items by table, and objects, of one service."""

    tables: dict[str, int] = Field(default_factory=dict[str, int])
    objects: int = 0


class OffboardingReport(Model):
    """What a tenant left: where its export lies, what was in it, and what was erased, by service."""

    export: str | None = None
    exported: dict[str, StoreCounts] = Field(default_factory=dict[str, StoreCounts])
    services: dict[str, StoreCounts] = Field(default_factory=dict[str, StoreCounts])
    removed_tables: int = 0
    people: int = 0
    clients: int = 0


class Tenant(Versioned):
    """A tenant of the platform.

    `isolation` is silo, bridge or pool and fixed at onboarding. `status` is onboarding, active, suspended,
    offboarding, offboarded or failed; `reason` is why it is suspended. `settings` are by the API's names;
    `syncStrategies` says by entity how edits that met are settled: fieldMerge, lastWriterWins, serverWins, manual.
    """

    writable: ClassVar[frozenset[str]] = frozenset({"name", "tier", "settings"})

    id: str
    name: str | None = None
    isolation: str | None = None
    tier: str | None = None
    status: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict[str, Any])
    admin: FirstAdministrator | None = None
    reason: str | None = None
    operation: Operation | None = None
    report: OffboardingReport | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is under way, or stopped."""
        return self.operation is None or self.operation.state == "done"

    @property
    def failed(self) -> bool:
        """Whether the last operation stopped; `resume` goes on with it."""
        stopped = self.operation is not None and self.operation.state == "failed"
        return stopped or self.status == "failed"


class IdentityProvider(Model):
    """A tenant's own OpenID Connect provider. Its secret is never in an answer."""

    display_name: str | None = None
    issuer: str | None = None
    authorization_url: str | None = None
    token_url: str | None = None
    jwks_url: str | None = None
    client_id: str | None = None
    domains: list[str] = Field(default_factory=list[str])


class Integration(Versioned):
    """Another system's own sign-in. `user_id` is what its changes are recorded under; `client_secret` is given
    by `create` and `rotate` only, and never again.
    """

    id: str = id_field("integrationId")
    client_id: str
    user_id: str | None = None
    client_secret: str | None = Field(default=None, repr=False)
    name: str | None = None
    role: str | None = None
    scopes: list[str] = Field(default_factory=list[str])
    team_id: str | None = None
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
