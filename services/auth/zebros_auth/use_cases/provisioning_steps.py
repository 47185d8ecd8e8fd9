"""The step of a provisioning: what a silo lacks of its tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from zebros_auth.domain.tenant import TenantRecord
from zebros_auth.use_cases.step import Done, Later, StepOutcome
from zebros_auth.use_cases.tenancy import Tenancy, operation_of

_POLL_SECONDS: Final = 2


def make_missing_tables(tenancy: Tenancy, tenant: TenantRecord) -> StepOutcome:
    """Make the tables that the tenant lacks, complete those that it has, and wait until all can be used.

    What is missing is noted before the first table is made, so that an attempt that is cut off loses no name.
    """
    noted = operation_of(tenant).position
    if noted is None:
        missing = tenancy.tables().missing(tenant.tenant_id)
        return Later(0, f"{len(missing)} tables are missing", {"missing": missing})
    pending = tenancy.tables().advance(tenant.tenant_id)
    if pending:
        return Later(_POLL_SECONDS, f"{len(pending)} tables are being made", noted)
    made = tuple(noted["missing"])

    def ended(current: TenantRecord) -> TenantRecord:
        operation = operation_of(current).ended().model_copy(update={"made": made})
        return current.model_copy(update={"operation": operation})

    return Done(f"{len(made)} tables made" if made else "no table was missing", ended)


PROVISIONING: Final[Mapping[str, Callable[[Tenancy, TenantRecord], StepOutcome]]] = {
    "tables": make_missing_tables,
}
