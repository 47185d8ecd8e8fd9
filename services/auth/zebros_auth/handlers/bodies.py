"""Bodies of answers: what is shown of each resource."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from zebros_auth.domain.device import Device, Platform
from zebros_auth.domain.integration import Integration, Scope
from zebros_auth.domain.team import Team
from zebros_auth.domain.tenant import SETTINGS
from zebros_auth.domain.user import Preferences, Role, User, UserStatus
from zebros_core.http.wire import WireModel
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.registry import Tenant


class UserBody(WireModel):
    """Somebody of the tenant. `invitedAt` is null until the invitation was mailed."""

    user_id: str
    username: str
    email: str
    name: str
    role: Role
    team_id: str | None
    status: UserStatus
    permissions: dict[str, str]
    invited_at: datetime | None
    version: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str

    @classmethod
    def of(cls, user: User) -> UserBody:
        """Show a user."""
        return cls.model_construct(**{name: getattr(user, name) for name in cls.model_fields})


class TeamBody(WireModel):
    """A team."""

    team_id: str
    name: str
    version: int

    @classmethod
    def of(cls, team: Team) -> TeamBody:
        """Show a team."""
        return cls(team_id=team.team_id, name=team.name, version=team.version)


class OwnTenantBody(WireModel):
    """The caller's tenant, as its people may know it."""

    tenant_id: str
    name: str
    isolation: str
    tier: str
    settings: dict[str, Any]

    @classmethod
    def of(cls, tenant: Tenant) -> OwnTenantBody:
        """Show a tenant to its own people."""
        return cls(
            tenant_id=tenant.id,
            name=tenant.name,
            isolation=tenant.isolation,
            tier=tenant.tier,
            # Another version, or an operator, may have set more: it is not said to everybody.
            settings={name: value for name, value in tenant.settings.items() if name in SETTINGS},
        )


class MeBody(WireModel):
    """The caller. For a program (`kind` is `integration`) there is no e-mail address and there are no preferences."""

    user_id: str
    kind: str
    username: str | None
    email: str | None
    name: str | None
    role: str | None
    team_id: str | None
    status: UserStatus
    permissions: dict[str, str]
    preferences: Preferences | None
    tenant: OwnTenantBody

    @classmethod
    def of(
        cls,
        context: TenantContext,
        tenant: Tenant,
        user: User | None,
        role: Role | None,
        permissions: dict[str, str],
    ) -> MeBody:
        """Show the caller: role and team as the token says, since those are in force."""
        return cls(
            user_id=context.user_id,
            kind="person" if user else "integration",
            username=user.username if user else None,
            email=user.email if user else None,
            name=user.name if user else None,
            role=role.value if role else None,
            team_id=context.team_id,
            status=user.status if user else UserStatus.ACTIVE,
            permissions=permissions,
            preferences=user.preferences if user else None,
            tenant=OwnTenantBody.of(tenant),
        )


class PermissionBody(WireModel):
    """Whether the caller may do one thing, and why."""

    entity: str
    action: str
    allowed: bool
    visibility: str | None
    role: str | None
    reason: str


class PermissionsBody(WireModel):
    """What the caller may do: every action on every entity."""

    role: str | None
    items: list[PermissionBody]


class DeviceBody(WireModel):
    """A device of the caller's. `push` tells whether messages can be sent to it in this installation."""

    device_id: str
    platform: Platform
    name: str
    push: bool
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, device: Device) -> DeviceBody:
        """Show a device to its person."""
        return cls(
            device_id=device.device_id,
            platform=device.platform,
            name=device.name,
            push=device.address is not None,
            created_at=device.created_at,
            updated_at=device.updated_at,
        )


class DevicesBody(WireModel):
    """The caller's devices."""

    items: list[DeviceBody]


class IntegrationBody(WireModel):
    """An integration, without its secret. `userId` is what its changes are recorded under."""

    integration_id: str
    client_id: str
    user_id: str
    name: str
    role: Role
    scopes: tuple[Scope, ...]
    team_id: str | None
    created_at: datetime
    created_by: str
    rotated_at: datetime | None
    version: int

    @classmethod
    def of(cls, integration: Integration) -> Self:
        """Show an integration."""
        return cls.model_construct(**_shown(cls, integration))


class NewIntegrationBody(IntegrationBody):
    """An integration with its secret, which is shown this once."""

    client_secret: str

    @classmethod
    def with_secret(cls, integration: Integration, secret: str) -> Self:
        """Show an integration that was made, or given a new secret."""
        return cls.model_construct(**_shown(IntegrationBody, integration), client_secret=secret)


def _shown(body: type[WireModel], integration: Integration) -> dict[str, Any]:
    return {name: getattr(integration, name) for name in body.model_fields}


class AuditEntryBody(WireModel):
    """One entry of the audit log. `actor` is a user id, or `system:` and a cause."""

    id: str
    at: str
    actor: str
    action: str
    outcome: str
    entity: str | None
    record_id: str | None
    details: dict[str, str | int | bool | None]
    ip: str | None
    request_id: str | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Show an entry as it is stored."""
        return cls(
            id=row["id"],
            at=row["at"],
            actor=row["actor"],
            action=row["action"],
            outcome=row["outcome"],
            entity=row.get("entity"),
            record_id=row.get("recordId"),
            details=row.get("details", {}),
            ip=row.get("ip"),
            request_id=row.get("requestId"),
        )
