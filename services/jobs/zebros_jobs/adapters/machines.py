"""State machines of AWS Step Functions: one for each kind of job."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from zebros_core.errors import UnavailableError
from zebros_jobs.domain.job import JobKind


class StepFunctionsMachines:
    """The machines ``zebros-{stage}-job-{kind}``; an execution is named after tenant, job and attempt.

    Names of executions are unique for 90 days, so that a second start of an attempt does nothing.
    """

    def __init__(self, client: Callable[[], Any], arn_prefix: str) -> None:
        """`client` returns the client of Step Functions; it is made when first called."""
        self._client = client
        self._arn_prefix = arn_prefix

    def start(self, kind: JobKind, tenant_id: str, job_id: str, attempt: int) -> None:
        """See `Machines`."""
        from botocore.exceptions import ClientError

        request = {
            "stateMachineArn": f"{self._arn_prefix}{kind.value}",
            "name": _name(tenant_id, job_id, attempt),
            # Numbers of an environment are texts, and a task gets the attempt in its environment.
            "input": json.dumps({"tenantId": tenant_id, "jobId": job_id, "attempt": str(attempt), "turn": 0}),
        }
        with _unavailable():
            try:
                self._client().start_execution(**request)
            except ClientError as error:
                if _code(error) != "ExecutionAlreadyExists":
                    raise

    def is_running(self, kind: JobKind, tenant_id: str, job_id: str, attempt: int) -> bool:
        """See `Machines`."""
        from botocore.exceptions import ClientError

        arn = self._execution(kind, tenant_id, job_id, attempt)
        with _unavailable():
            try:
                status: str = self._client().describe_execution(executionArn=arn)["status"]
            except ClientError as error:
                if _code(error) != "ExecutionDoesNotExist":
                    raise
                return False
        return status == "RUNNING"

    def stop(self, kind: JobKind, tenant_id: str, job_id: str, attempt: int) -> None:
        """See `Machines`."""
        from botocore.exceptions import ClientError

        arn = self._execution(kind, tenant_id, job_id, attempt)
        with _unavailable():
            try:
                self._client().stop_execution(
                    executionArn=arn, error="Silent", cause="It said nothing for long."
                )
            except ClientError as error:
                if _code(error) != "ExecutionDoesNotExist":
                    raise

    def _execution(self, kind: JobKind, tenant_id: str, job_id: str, attempt: int) -> str:
        machine = f"{self._arn_prefix}{kind.value}".replace(":stateMachine:", ":execution:")
        return f"{machine}:{_name(tenant_id, job_id, attempt)}"


def _name(tenant_id: str, job_id: str, attempt: int) -> str:
    return f"{tenant_id}-{job_id}-{attempt}"


@contextmanager
def _unavailable() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise UnavailableError(
            detail="The machine that carries jobs out does not answer; the job is kept and begins when it does."
        ) from error


def _code(error: Any) -> str:
    return str(error.response["Error"]["Code"])
