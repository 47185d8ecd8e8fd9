"""One step of an operation on a tenant, called by the state machines and by nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from zebros_auth.bootstrap import container
from zebros_auth.domain.operation import OperationKind
from zebros_auth.use_cases.run_step import give_up, run_step
from zebros_auth.use_cases.tenancy import Tenancy
from zebros_core.observability.logger import log_context

GIVE_UP = "give-up"
"""The step that a machine ends with when it has tried another one often enough."""


@cache
def _tenancy() -> Tenancy:
    return container().tenancy


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Carry out ``{"kind", "step", "tenantId"}``; answer ``{"outcome", "waitSeconds"}``. An error is for a retry."""
    del context
    kind = OperationKind(event["kind"])
    with log_context(tenantId=event["tenantId"], operation=f"{kind.value}.{event['step']}"):
        if event["step"] == GIVE_UP:
            answer = give_up(_tenancy(), kind, event["tenantId"])
        else:
            answer = run_step(_tenancy(), kind, event["step"], event["tenantId"])
    return {"outcome": answer.outcome, "waitSeconds": answer.wait_seconds}
