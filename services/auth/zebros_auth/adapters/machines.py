"""State machines of AWS Step Functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zebros_auth.domain.operation import OperationKind
from zebros_core.executions import Executions


class StepFunctionsMachines:
    """The machines ``zebros-{stage}-{kind}``; the name of an execution is the tenant's id and the attempt."""

    def __init__(self, client: Callable[[], Any], arns: dict[OperationKind, str]) -> None:
        """`client` returns the client of Step Functions; it is made when first called."""
        unavailable = "The machine that carries this out does not answer; try again shortly."
        self._executions = Executions(client, unavailable=unavailable)
        self._arns = arns

    def start(self, kind: OperationKind, tenant_id: str, attempt: int) -> None:
        """See `Machines`."""
        given = {"tenantId": tenant_id, "turn": 0}
        self._executions.start(self._arns[kind], f"{tenant_id}-{attempt}", given)

    def is_running(self, kind: OperationKind, tenant_id: str, attempt: int) -> bool:
        """See `Machines`."""
        return self._executions.is_running(self._arns[kind], f"{tenant_id}-{attempt}")
