"""End a job, in whichever way, and let the tenant's next one begin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from zebros_core.errors import VersionMismatchError
from zebros_jobs.domain.job import Job, JobFile, JobProblem, JobState
from zebros_jobs.use_cases.start_job import dispatch
from zebros_jobs.use_cases.workspace import Workspace

__all__ = ["end_job", "start_next"]

_PAGE = 25

WAITED_FOR: Final = timedelta(minutes=1)
"""So long somebody waits who has started a job; of a longer one they are told when it ends."""


def end_job(
    workspace: Workspace,
    job_id: str,
    state: JobState,
    *,
    result: str | None = None,
    files: Sequence[JobFile] = (),
    problem: JobProblem | None = None,
) -> Job:
    """Note how a job ended; one that has ended stays as it did. Its slot goes to the next one."""
    while True:
        job = workspace.jobs.get(job_id)
        if job.has_ended:
            break
        now = workspace.now
        news = state is JobState.FAILED or now - job.created_at > WAITED_FOR
        ended = job.model_copy(
            update={
                "state": state,
                "finished_at": now,
                "told_at": now if news and state is not JobState.CANCELLED else None,
                "result": result if result is not None else job.result,
                "files": tuple(files) or job.files,
                "problem": problem,
            }
        )
        try:
            job = workspace.jobs.save(ended, previous=job)
            break
        except VersionMismatchError:
            continue  # somebody cancelled it, or began it: look again
    workspace.slots.free(job_id)
    start_next(workspace)
    return job


def start_next(workspace: Workspace) -> int:
    """Begin the tenant's oldest queued jobs, as many as there are slots for; how many."""
    begun = 0
    cursor: str | None = None
    while True:
        page = workspace.jobs.page_open(state=JobState.QUEUED, limit=_PAGE, cursor=cursor)
        for job in page.items:
            if not dispatch(workspace, job):
                return begun
            begun += 1
        cursor = page.next_cursor
        if cursor is None:
            return begun
