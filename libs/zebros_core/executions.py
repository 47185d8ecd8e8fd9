"""Executions of state machines of AWS Step Functions, by name: what is started twice runs once."""

# botocore ships no types: they end here.
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any

from zebros_core.errors import UnavailableError

__all__ = ["Executions"]


class Executions:
    """Starts executions, asks about them, and ends them. Their names are unique for 90 days."""

    def __init__(self, client: Callable[[], Any], *, unavailable: str) -> None:
        """`client` returns the client of Step Functions, made when first called; `unavailable` is what a caller is told
        while it does not answer."""
        self._client = client
        self._unavailable = unavailable

    def start(self, machine_arn: str, name: str, input: Mapping[str, Any]) -> None:
        """Start an execution; a second start of the same name does nothing. Raises UnavailableError."""
        with self._answering("ExecutionAlreadyExists"):
            self._client().start_execution(stateMachineArn=machine_arn, name=name, input=json.dumps(input))

    def is_running(self, machine_arn: str, name: str) -> bool:
        """Tell whether there is such an execution, and it has not ended. Raises UnavailableError."""
        status = ""
        with self._answering("ExecutionDoesNotExist"):
            status = self._client().describe_execution(executionArn=_execution(machine_arn, name))["status"]
        return status == "RUNNING"

    def stop(self, machine_arn: str, name: str, *, error: str, cause: str) -> None:
        """End an execution; none there is as good. Raises UnavailableError."""
        arn = _execution(machine_arn, name)
        with self._answering("ExecutionDoesNotExist"):
            self._client().stop_execution(executionArn=arn, error=error, cause=cause)

    @contextmanager
    def _answering(self, harmless: str) -> Generator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            if error.response["Error"]["Code"] != harmless:
                raise UnavailableError(detail=self._unavailable) from error
        except BotoCoreError as error:
            raise UnavailableError(detail=self._unavailable) from error


def _execution(machine_arn: str, name: str) -> str:
    return f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}"
