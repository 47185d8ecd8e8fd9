"""Set and remove a tenant's own identity provider. Nothing of it is kept here: the identity provider is the truth."""

from zebros_auth.domain.identity_provider import IdentityProviderDraft
from zebros_auth.domain.tenant import TenantRecord
from zebros_auth.use_cases.tenancy import Tenancy
from zebros_core.errors import ConflictError


def set_identity_provider(tenancy: Tenancy, tenant_id: str, wish: IdentityProviderDraft) -> None:
    """Let the tenant's people sign in through its own provider, instead of the one that was set before.

    Raises NotFoundError, ConflictError for a tenant that is not served or leaves, ClientTakenError for a domain of
    another tenant, IdentityUnavailableError.
    """
    tenant = _settled(tenancy, tenant_id)
    provider = tenancy.provider()
    # A tenant that was registered by other means has none yet.
    provider.ensure_organization(tenant_id, tenant.name)
    provider.set_identity_provider(tenant_id, wish.settings())


def remove_identity_provider(tenancy: Tenancy, tenant_id: str) -> None:
    """Take the tenant's own provider away, if it has one. Raises as `set_identity_provider`."""
    _settled(tenancy, tenant_id)
    tenancy.provider().remove_identity_provider(tenant_id)


def _settled(tenancy: Tenancy, tenant_id: str) -> TenantRecord:
    tenant = tenancy.tenants.get(tenant_id)
    if tenant.status not in ("active", "suspended"):
        raise ConflictError(
            f"This tenant is {tenant.status}; only one that is active or suspended has a provider of its own."
        )
    return tenant
