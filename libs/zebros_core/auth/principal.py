"""From a verified token to the caller: the one place where a TenantContext is made of claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zebros_core.auth.verifier import Claims
from zebros_core.errors import ForbiddenError, NotFoundError
from zebros_core.tenancy import TenantContext

if TYPE_CHECKING:
    from zebros_core.tenancy.registry import Tenant, TenantRegistry


def caller(claims: Claims, registry: TenantRegistry) -> tuple[TenantContext, Tenant]:
    """Return who is calling and their tenant: a person, or an integration's service account.

    Raises ForbiddenError when the tenant is not registered or not active; the reason is in its field error.
    """
    try:
        tenant = registry.get(claims.tenant_id)
    except NotFoundError as error:
        raise ForbiddenError.for_field(
            "tenant_id", "tenant_unknown", "This tenant is not registered."
        ) from error
    if tenant.status != "active":
        message = f"This tenant is {tenant.status}."
        raise ForbiddenError.for_field("tenant_id", f"tenant_{tenant.status}", message)
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
