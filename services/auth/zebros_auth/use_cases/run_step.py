"""One step of an operation, as a state machine asks for it: may be repeated, begins where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from zebros_auth.domain.operation import Operation, OperationKind, Progress
from zebros_auth.domain.tenant import TenantRecord
from zebros_auth.use_cases.offboarding_steps import OFFBOARDING
from zebros_auth.use_cases.onboarding_steps import ONBOARDING
from zebros_auth.use_cases.provisioning_steps import PROVISIONING
from zebros_auth.use_cases.step import Later, StepOutcome
from zebros_auth.use_cases.tenancy import Tenancy, operation_of
from zebros_core.errors import UnavailableError, ZebrosError

_CAUSE: Final = "system:tenancy"
_UNEXPECTED: Final = "It stopped for a reason that nobody foresaw; the log of the function tenancy has it."

StepFunction = Callable[[Tenancy, TenantRecord], StepOutcome]
_STEPS: Final[Mapping[OperationKind, Mapping[str, StepFunction]]] = {
    OperationKind.ONBOARDING: ONBOARDING,
    OperationKind.OFFBOARDING: OFFBOARDING,
    OperationKind.PROVISIONING: PROVISIONING,
}


@dataclass(frozen=True, slots=True)
class StepAnswer:
    """What the machine decides by: on to the next step, this one again after a wait, or an end that is recorded."""

    outcome: Literal["done", "again", "refused"]
    wait_seconds: int = 0


def run_step(tenancy: Tenancy, kind: OperationKind, step: str, tenant_id: str) -> StepAnswer:
    """Carry out a step, and note how it went in the registry.

    A refusal that waiting does not mend ends the operation as failed. Raises UnavailableError, and whatever nobody
    foresaw, for the machine to try again; the reason is noted, in case it gives up.
    """
    tenant = tenancy.tenants.get(tenant_id)
    operation = tenant.operation
    if operation is None or operation.kind is not kind:
        return StepAnswer("refused")
    if operation.is_done(step):
        return StepAnswer("done")
    if operation.state is not Progress.RUNNING:
        return StepAnswer("refused")  # an execution that outlived its attempt
    if operation.step != step or operation.position is None:
        tenant = _note(tenancy, tenant_id, step, Progress.RUNNING, None, None)
    try:
        outcome = _STEPS[kind][step](tenancy, tenant)
    except UnavailableError as error:
        _note(tenancy, tenant_id, step, Progress.RUNNING, error.detail, operation_of(tenant).position)
        raise
    except ZebrosError as error:
        _stop(tenancy, tenant_id, error.code, _sentence(error))
        return StepAnswer("refused")
    except Exception:
        # What an earlier turn noted is how far it was, and would be told as the reason.
        _note(tenancy, tenant_id, step, Progress.RUNNING, None, operation_of(tenant).position)
        raise
    if isinstance(outcome, Later):
        _note(tenancy, tenant_id, step, Progress.RUNNING, outcome.detail, outcome.position, outcome.also)
        return StepAnswer("again", outcome.wait_seconds)
    _note(tenancy, tenant_id, step, Progress.DONE, outcome.detail, None, outcome.also)
    return StepAnswer("done")


def give_up(tenancy: Tenancy, kind: OperationKind, tenant_id: str) -> StepAnswer:
    """Record that the machine has given up, with the reason that the last attempt noted. May be repeated."""
    operation = tenancy.tenants.get(tenant_id).operation
    if operation is not None and operation.kind is kind and operation.state is Progress.RUNNING:
        noted = next((found.detail for found in operation.steps if found.name == operation.step), None)
        _stop(tenancy, tenant_id, "unavailable" if noted else "internal-error", noted or _UNEXPECTED)
    return StepAnswer("refused")


def _note(
    tenancy: Tenancy,
    tenant_id: str,
    step: str,
    state: Progress,
    detail: str | None,
    position: dict[str, Any] | None,
    also: Callable[[TenantRecord], TenantRecord] | None = None,
) -> TenantRecord:
    def noted(current: TenantRecord) -> TenantRecord:
        operation = operation_of(current).moved(step, state, tenancy.now, detail, position)
        changed = current.model_copy(update={"operation": operation})
        return also(changed) if also else changed

    return tenancy.change(tenant_id, noted, actor=_CAUSE)


def _stop(tenancy: Tenancy, tenant_id: str, code: str, detail: str) -> None:
    def stopped(current: TenantRecord) -> TenantRecord:
        operation: Operation = operation_of(current).stopped(tenancy.now, code, detail)
        status = current.status if operation.kind.status is None else "failed"
        return current.model_copy(update={"status": status, "operation": operation})

    tenancy.change(tenant_id, stopped, actor=_CAUSE)


def _sentence(error: ZebrosError) -> str:
    fields = ", ".join(found.field for found in error.fields if found.field)
    return f"{error.detail} ({fields})" if fields else error.detail
