"""Cancel a job: what is queued never begins, what runs stops at its next checkpoint."""

from __future__ import annotations

from zebros_core.errors import ConflictError, VersionMismatchError
from zebros_jobs.domain.job import Job, JobState
from zebros_jobs.use_cases.end_job import end_job
from zebros_jobs.use_cases.get_job import get_job
from zebros_jobs.use_cases.workspace import Workspace


def cancel_job(workspace: Workspace, job_id: str) -> Job:
    """Cancel a job of the caller's, or any for whoever may. What it did until then stays done; its end says how much.

    Raises NotFoundError for one that is out of sight, ConflictError for one that has ended otherwise.
    """
    while True:
        job = get_job(workspace, job_id)
        if job.state is JobState.CANCELLED or job.cancelled_by is not None:
            return job
        if job.has_ended:
            raise ConflictError(f"This job has {job.state.value} already; there is nothing left to cancel.")
        try:
            job = workspace.jobs.save(
                job.model_copy(update={"cancelled_by": workspace.context.user_id}), previous=job
            )
            break
        except VersionMismatchError:
            continue
    workspace.progress.cancel(job_id)
    if job.state is not JobState.RUNNING:
        return end_job(workspace, job_id, JobState.CANCELLED)
    return job
