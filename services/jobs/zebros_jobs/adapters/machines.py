"""State machines of AWS Step Functions: one for each kind of job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zebros_core.executions import Executions
from zebros_jobs.domain.job import JobKind


class StepFunctionsMachines:
    """The machines ``zebros-{stage}-job-{kind}``; an execution is named after tenant, job and attempt."""

    def __init__(self, client: Callable[[], Any], arn_prefix: str) -> None:
        """`client` returns the client of Step Functions; it is made when first called."""
        unavailable = (
            "The machine that carries jobs out does not answer; the job is kept and begins when it does."
        )
        self._executions = Executions(client, unavailable=unavailable)
        self._arn_prefix = arn_prefix

    def start(self, kind: JobKind, tenant_id: str, job_id: str, attempt: int) -> None:
        """See `Machines`."""
        # Numbers of an environment are texts, and a task gets the attempt in its environment.
        given = {"tenantId": tenant_id, "jobId": job_id, "attempt": str(attempt), "turn": 0}
        self._executions.start(self._machine(kind), _name(tenant_id, job_id, attempt), given)

    def is_running(self, kind: JobKind, tenant_id: str, job_id: str, attempt: int) -> bool:
        """See `Machines`."""
        return self._executions.is_running(self._machine(kind), _name(tenant_id, job_id, attempt))

    def stop(self, kind: JobKind, tenant_id: str, job_id: str, attempt: int) -> None:
        """See `Machines`."""
        name = _name(tenant_id, job_id, attempt)
        self._executions.stop(self._machine(kind), name, error="Silent", cause="It said nothing for long.")

    def _machine(self, kind: JobKind) -> str:
        return f"{self._arn_prefix}{kind.value}"


def _name(tenant_id: str, job_id: str, attempt: int) -> str:
    return f"{tenant_id}-{job_id}-{attempt}"
