"""Set a tenant's offboarding going, and take up an operation that stopped."""

from zebros_auth.domain.operation import Operation, OperationKind, Progress
from zebros_auth.domain.tenant import OffboardingReport, TenantRecord
from zebros_auth.use_cases.tenancy import Tenancy, operation_of
from zebros_core.errors import ConflictError, VersionMismatchError


def offboard_tenant(
    tenancy: Tenancy, tenant_id: str, *, actor: str, expected_version: int | None
) -> TenantRecord:
    """Stop serving the tenant and start the machine that exports and erases all that it has.

    Raises VersionMismatchError, and ConflictError while it is being onboarded. One that is leaving is answered as
    it is.
    """

    def leaving(current: TenantRecord) -> TenantRecord:
        if expected_version is not None and expected_version != current.epoch:
            raise VersionMismatchError(current.epoch)
        if current.status in ("offboarding", "offboarded"):
            return current
        if current.status == "onboarding":
            raise ConflictError("This tenant is being onboarded: wait until that has ended or failed.")
        if current.operation is not None and current.operation.kind is OperationKind.OFFBOARDING:
            raise ConflictError("The offboarding of this tenant stopped: resume it.")
        if tenancy.is_under_way(current):
            raise ConflictError("Tables of this tenant are being made: wait until that has ended.")
        attempt = current.operation.attempt if current.operation else 0
        operation = Operation.begin(OperationKind.OFFBOARDING, actor, attempt + 1)
        return current.model_copy(
            update={"status": "offboarding", "operation": operation, "report": OffboardingReport.empty()}
        )

    tenant = tenancy.change(tenant_id, leaving, actor=actor)
    return tenancy.start(tenant) if tenant.status == "offboarding" else tenant


def resume_operation(tenancy: Tenancy, tenant_id: str, *, actor: str) -> TenantRecord:
    """Go on with an operation at the step where it stopped; one under way goes on as it is.

    Raises ConflictError when nothing has stopped.
    """

    def resumed(current: TenantRecord) -> TenantRecord:
        operation = current.operation
        if operation is None or operation.state is Progress.DONE:
            raise ConflictError("Nothing that was under way with this tenant has stopped.")
        if tenancy.is_under_way(current):
            return current
        # Stopped, or said to run while its machine ended without a chance to record why, or never began.
        return current.model_copy(
            update={
                "status": operation.kind.status or current.status,
                "operation": operation.resumed(tenancy.now),
            }
        )

    tenant = tenancy.change(tenant_id, resumed, actor=actor)
    return tenancy.start(tenant) if operation_of(tenant).state is Progress.RUNNING else tenant
