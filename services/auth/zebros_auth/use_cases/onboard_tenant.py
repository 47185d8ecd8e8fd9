"""Register a tenant and set its onboarding going."""

from zebros_auth.domain.operation import Operation, OperationKind
from zebros_auth.domain.tenant import FirstAdmin, TenantDraft, TenantRecord, TenantTakenError
from zebros_auth.use_cases.tenancy import Tenancy


def onboard_tenant(
    tenancy: Tenancy, draft: TenantDraft, *, actor: str, key: tuple[str, str] | None
) -> TenantRecord:
    """Register the tenant, which is not served yet, and start the machine that does the rest.

    Raises TenantTakenError naming `id` or `admin.email`. When the machine cannot be started the tenant is registered
    all the same: the same request again, or resuming it, starts it.
    """
    check_admin(tenancy, draft.admin, draft.id)
    now = tenancy.now
    tenant = TenantRecord(
        tenant_id=draft.id,
        name=draft.name,
        isolation=draft.isolation,
        tier=draft.tier.value,
        settings=draft.settings,
        status="onboarding",
        admin=draft.admin,
        operation=Operation.begin(OperationKind.ONBOARDING, actor),
        created_at=now,
        created_by=actor,
        updated_at=now,
        updated_by=actor,
    )
    made = tenancy.tenants.add(tenant, key=key)
    return tenancy.start(made) if made.status == "onboarding" else made


def check_admin(tenancy: Tenancy, admin: FirstAdmin, tenant_id: str) -> None:
    """Raise TenantTakenError when somebody outside of this tenant has the address."""
    person = tenancy.provider().find_by_email(admin.email)
    if person is not None and person.tenant_id != tenant_id:
        raise TenantTakenError(
            "admin.email",
            "user",
            person.id,
            "Somebody else has this e-mail address: a person has one tenant.",
        )
