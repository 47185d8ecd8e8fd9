"""State machines of AWS Step Functions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from zebros_auth.domain.operation import OperationKind
from zebros_core.errors import UnavailableError


class StepFunctionsMachines:
    """The machines ``zebros-{stage}-{kind}``; the name of an execution is the tenant's id and the attempt.

    Names of executions are unique for 90 days, so that a second start of an attempt does nothing.
    """

    def __init__(self, client: Callable[[], Any], arns: dict[OperationKind, str]) -> None:
        """`client` returns the client of Step Functions; it is made when first called."""
        self._client = client
        self._arns = arns

    def start(self, kind: OperationKind, tenant_id: str, attempt: int) -> None:
        """See `Machines`."""
        from botocore.exceptions import ClientError

        request = {
            "stateMachineArn": self._arns[kind],
            "name": f"{tenant_id}-{attempt}",
            "input": json.dumps({"tenantId": tenant_id, "turn": 0}),
        }
        with _unavailable():
            try:
                self._client().start_execution(**request)
            except ClientError as error:
                if _code(error) != "ExecutionAlreadyExists":
                    raise

    def is_running(self, kind: OperationKind, tenant_id: str, attempt: int) -> bool:
        """See `Machines`."""
        from botocore.exceptions import ClientError

        arn = self._arns[kind].replace(":stateMachine:", ":execution:") + f":{tenant_id}-{attempt}"
        with _unavailable():
            try:
                status: str = self._client().describe_execution(executionArn=arn)["status"]
            except ClientError as error:
                if _code(error) != "ExecutionDoesNotExist":
                    raise
                return False
        return status == "RUNNING"


@contextmanager
def _unavailable() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise UnavailableError(
            detail="The machine that carries this out does not answer; try again shortly."
        ) from error


def _code(error: Any) -> str:
    return str(error.response["Error"]["Code"])
