"""From a verified token to the context in which everything else happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from zebros_core.auth.verifier import Claims
from zebros_core.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from zebros_core.tenancy import PlatformContext, TenantContext

if TYPE_CHECKING:
    from zebros_core.tenancy.registry import Tenant, TenantRegistry, TenantStatus

PLATFORM_ADMIN: Final = "platform-admin"
"""The role of the platform's administrators. It is worth nothing beside a tenant."""

TENANT_UNKNOWN: Final = "tenant_unknown"
"""The code of a refusal because the token's tenant is not registered."""

_NOT_SERVED: Final[dict[TenantStatus, str]] = {
    "onboarding": "This tenant is still being set up; its administrator gets a mail when it is ready.",
    "suspended": "This tenant is suspended; ask the operator of the platform.",
    "offboarding": "This tenant is leaving the platform; its data can no longer be reached.",
    "offboarded": "This tenant has left the platform.",
    "failed": "Setting up this tenant has failed; the operator of the platform has to resume it.",
}


NO_LOG_OF_ITS_OWN: Final = frozenset(
    {TENANT_UNKNOWN} | {f"tenant_{status}" for status in _NOT_SERVED if status != "suspended"}
)
"""Codes of refusals for tenants that have no store of their own, or none any more."""


def caller(claims: Claims, registry: TenantRegistry) -> tuple[TenantContext, Tenant]:
    """Return who is calling and their tenant: a person, or an integration's service account.

    Raises UnauthenticatedError for a token without a tenant, ForbiddenError when the tenant is not registered
    or not active or the token also claims to be the platform's; the reason is in its field error.
    """
    if claims.tenant_id is None:
        raise UnauthenticatedError("the token has no claim tenant_id")
    if PLATFORM_ADMIN in claims.roles:
        raise _both()
    tenant = served_tenant(claims.tenant_id, registry)
    context = TenantContext(
        tenant_id=claims.tenant_id,
        user_id=claims.subject,
        roles=claims.roles,
        scopes=claims.scopes,
        isolation=tenant.isolation,
        team_id=claims.team_id,
        index_shards=tenant.index_shards,
    )
    return context, tenant


def served_tenant(tenant_id: str, registry: TenantRegistry) -> Tenant:
    """Return a tenant that is served. Raises ForbiddenError, with the reason in its field error, for any other."""
    try:
        tenant = registry.get(tenant_id)
    except NotFoundError as error:
        raise ForbiddenError.for_field(
            "tenant_id", TENANT_UNKNOWN, "This tenant is not registered."
        ) from error
    if tenant.status != "active":
        raise ForbiddenError.for_field("tenant_id", f"tenant_{tenant.status}", _NOT_SERVED[tenant.status])
    return tenant


def platform_caller(claims: Claims) -> PlatformContext:
    """Return the platform's administrator who is calling.

    Raises ForbiddenError for anybody of a tenant, whatever their roles, and for whoever has not the role.
    """
    if claims.tenant_id is not None and PLATFORM_ADMIN in claims.roles:
        raise _both()
    if claims.tenant_id is not None or PLATFORM_ADMIN not in claims.roles:
        raise ForbiddenError.for_field(
            "roles", "platform_only", "This operation is for administrators of the platform."
        )
    return PlatformContext(user_id=claims.subject, roles=claims.roles)


def _both() -> ForbiddenError:
    message = "A token of a tenant cannot carry the role of the platform's administrators."
    return ForbiddenError.for_field("roles", "platform_role_in_tenant_token", message)
