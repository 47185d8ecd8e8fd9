"""Give a tenant the tables of services that were deployed after it came."""

from zebros_auth.domain.operation import Operation, OperationKind, Progress
from zebros_auth.domain.tenant import Isolation, TenantRecord
from zebros_auth.use_cases.tenancy import Tenancy, operation_of
from zebros_core.errors import ConflictError


def provision_tenant(tenancy: Tenancy, tenant_id: str, *, actor: str) -> TenantRecord:
    """Start the machine that makes the tables which a silo lacks; for other models it is done at once.

    The tenant is served meanwhile as before. A provisioning that is under way goes on as it is, one that stopped goes
    on where it did. Raises NotFoundError, and ConflictError while the tenant comes, leaves, or has left.
    """

    def provisioned(current: TenantRecord) -> TenantRecord:
        if current.status not in ("active", "suspended"):
            raise ConflictError(_REFUSALS[current.status])
        last = current.operation
        again = last if last is not None and last.kind is OperationKind.PROVISIONING else None
        if current.isolation is not Isolation.SILO:
            return current if again else _with(current, _nothing_to_do(tenancy, current, actor))
        if tenancy.is_under_way(current):
            return current
        if again is not None and again.state is not Progress.DONE:
            # Stopped, or said to run while its machine ended, or never began.
            return _with(current, again.resumed(tenancy.now))
        return _with(current, _begin(current, actor))

    tenant = tenancy.change(tenant_id, provisioned, actor=actor)
    return tenancy.start(tenant) if operation_of(tenant).state is Progress.RUNNING else tenant


_REFUSALS = {
    "onboarding": "This tenant is being onboarded, which makes its tables.",
    "offboarding": "This tenant is being offboarded: its tables go.",
    "offboarded": "This tenant was offboarded: it gets no tables any more.",
    "failed": "The onboarding or offboarding of this tenant stopped: resume it.",
}


def _begin(tenant: TenantRecord, actor: str) -> Operation:
    attempt = tenant.operation.attempt if tenant.operation else 0
    return Operation.begin(OperationKind.PROVISIONING, actor, attempt + 1)


def _nothing_to_do(tenancy: Tenancy, tenant: TenantRecord, actor: str) -> Operation:
    begun = _begin(tenant, actor)
    return begun.moved(begun.step, Progress.DONE, tenancy.now, "shared tables: nothing to make").ended()


def _with(tenant: TenantRecord, operation: Operation) -> TenantRecord:
    return tenant.model_copy(update={"operation": operation})
