"""One step of a job, called by its state machine and by nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from zebros_core.errors import NotFoundError
from zebros_core.observability.logger import log_context
from zebros_jobs.bootstrap import container
from zebros_jobs.domain.job import JobKind
from zebros_jobs.domain.work import StepAnswer
from zebros_jobs.use_cases.run_job import Deadline
from zebros_jobs.use_cases.run_step import run_step
from zebros_jobs.works import work_of

MARGIN_SECONDS: Final = 60.0
"""What a worker leaves of its function's time: a batch that is begun is brought to its checkpoint."""


def carry_out(step: str, kind: str, tenant_id: str, job_id: str, deadline: Deadline) -> StepAnswer:
    """Carry out a step of a job: what the function and the task have in common."""
    have = container()
    with log_context(tenantId=tenant_id, jobId=job_id, operation=f"{kind}.{step}"):
        try:
            workspace = have.job_workspace(tenant_id, job_id)
        except NotFoundError:
            return StepAnswer("failed")  # the tenant has left, and its jobs with it
        answer = run_step(workspace, work_of(JobKind(kind)), step, job_id, deadline)
        have.logger.info("job step", extra={"outcome": answer.outcome})
    return answer


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Carry out ``{"step", "kind", "tenantId", "jobId"}``; answer ``{"outcome", "waitSeconds"}``. An error is for a
    retry."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    seconds = None if remaining is None else max(1.0, remaining() / 1000 - MARGIN_SECONDS)
    answer = carry_out(event["step"], event["kind"], event["tenantId"], event["jobId"], Deadline(seconds))
    return {"outcome": answer.outcome, "waitSeconds": answer.wait_seconds}
