"""Bodies of answers about tenants, for administrators of the platform."""

from __future__ import annotations

from datetime import datetime

from zebros_auth.domain.identity_provider import IdentityProviderDraft
from zebros_auth.domain.operation import Operation, OperationError, OperationKind, Progress, Step
from zebros_auth.domain.tenant import FirstAdmin, Isolation, OffboardingReport, TenantRecord, TenantSettings
from zebros_core.http.wire import WireModel
from zebros_core.tenancy.registry import TenantStatus


class OperationBody(WireModel):
    """What is, or was last, under way. `error` says at which step it stopped, and why; `made` names the tables that a
    provisioning made.
    """

    kind: OperationKind
    state: Progress
    step: str
    steps: tuple[Step, ...]
    error: OperationError | None
    attempt: int
    made: tuple[str, ...]

    @classmethod
    def of(cls, operation: Operation) -> OperationBody:
        """Show an operation, without the place where a step of many pages is."""
        return cls.model_validate({name: getattr(operation, name) for name in cls.model_fields})


class TenantBody(WireModel):
    """A tenant. `version` rises with every write, the operation's own included; `reason` is why it is suspended."""

    id: str
    name: str
    isolation: Isolation
    tier: str
    status: TenantStatus
    settings: TenantSettings
    admin: FirstAdmin | None
    reason: str | None
    operation: OperationBody | None
    report: OffboardingReport | None
    version: int
    created_at: datetime | None
    created_by: str | None
    updated_at: datetime | None
    updated_by: str | None

    @classmethod
    def of(cls, tenant: TenantRecord) -> TenantBody:
        """Show a tenant."""
        shown = {name: getattr(tenant, name, None) for name in cls.model_fields}
        shown |= {
            "id": tenant.tenant_id,
            "version": tenant.epoch,
            "operation": OperationBody.of(tenant.operation) if tenant.operation else None,
        }
        return cls.model_validate(shown)


class IdentityProviderBody(WireModel):
    """A tenant's own identity provider, without its secret."""

    display_name: str
    issuer: str
    authorization_url: str
    token_url: str
    jwks_url: str
    client_id: str
    domains: tuple[str, ...]

    @classmethod
    def of(cls, provider: IdentityProviderDraft) -> IdentityProviderBody:
        """Show a provider."""
        return cls.model_validate({name: getattr(provider, name) for name in cls.model_fields})
