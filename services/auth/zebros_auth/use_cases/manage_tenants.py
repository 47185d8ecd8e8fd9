"""Change, suspend and activate a tenant."""

from collections.abc import Callable

from zebros_auth.domain.tenant import TenantChange, TenantRecord
from zebros_auth.use_cases.onboard_tenant import check_admin
from zebros_auth.use_cases.tenancy import Tenancy
from zebros_core.errors import ConflictError, VersionMismatchError
from zebros_core.tenancy.registry import TenantStatus


def update_tenant(
    tenancy: Tenancy,
    tenant_id: str,
    change: Callable[[TenantChange], TenantChange],
    *,
    actor: str,
    expected_version: int | None,
) -> TenantRecord:
    """Change name, tier, settings, or the first administrator of an onboarding that failed.

    Raises NotFoundError, ValidationError for what is fixed, ConflictError, TenantTakenError and VersionMismatchError.
    """

    def changed(current: TenantRecord) -> TenantRecord:
        _expect(current, expected_version)
        wish = change(current.draft())
        result = current.changed(wish)
        if wish.admin is not None and wish.admin != current.admin:
            check_admin(tenancy, wish.admin, tenant_id)
        return result

    return tenancy.change(tenant_id, changed, actor=actor)


def suspend_tenant(
    tenancy: Tenancy, tenant_id: str, reason: str, *, actor: str, expected_version: int | None
) -> TenantRecord:
    """Stop serving a tenant, everywhere within 30 seconds; its data stays. Raises ConflictError unless it is active."""
    return _moved(tenancy, tenant_id, "active", "suspended", reason, actor, expected_version)


def activate_tenant(
    tenancy: Tenancy, tenant_id: str, *, actor: str, expected_version: int | None
) -> TenantRecord:
    """Serve a suspended tenant again. Raises ConflictError for one that is neither suspended nor active."""
    return _moved(tenancy, tenant_id, "suspended", "active", None, actor, expected_version)


def _moved(
    tenancy: Tenancy,
    tenant_id: str,
    source: TenantStatus,
    target: TenantStatus,
    reason: str | None,
    actor: str,
    expected_version: int | None,
) -> TenantRecord:
    def moved(current: TenantRecord) -> TenantRecord:
        _expect(current, expected_version)
        if current.status not in (source, target):
            raise ConflictError(
                f"This tenant is {current.status}; only one that is {source} becomes {target}."
            )
        return current.model_copy(update={"status": target, "reason": reason})

    return tenancy.change(tenant_id, moved, actor=actor)


def _expect(current: TenantRecord, version: int | None) -> None:
    if version is not None and version != current.epoch:
        raise VersionMismatchError(current.epoch)
