"""Read jobs: one's own, or all for whoever may."""

from __future__ import annotations

from dataclasses import dataclass

from zebros_core.auth.permissions import Visibility
from zebros_core.dynamodb.paging import Page
from zebros_core.records.verbs import get_live
from zebros_jobs.domain.job import Job
from zebros_jobs.repositories.progress import Progress
from zebros_jobs.use_cases.workspace import Workspace

__all__ = ["JobView", "get_job", "list_jobs", "view_job"]


@dataclass(frozen=True, slots=True)
class JobView:
    """A job and how far it is."""

    job: Job
    progress: Progress


def get_job(workspace: Workspace, job_id: str) -> Job:
    """Return a job that the caller may see. Raises NotFoundError."""
    return get_live(workspace, "job", job_id)


def view_job(workspace: Workspace, job_id: str) -> JobView:
    """Return a job that the caller may see, and how far it is. Raises NotFoundError."""
    return JobView(get_job(workspace, job_id), workspace.progress.get(job_id))


def list_jobs(
    workspace: Workspace, *, kind: str | None, state: str | None, limit: int, cursor: str | None
) -> Page[JobView]:
    """Return a page of the jobs that the caller may see, newest first."""
    visibility = workspace.visibility("job", "read")
    everybody = visibility is Visibility.ALL
    user_id = workspace.context.user_id
    page = workspace.jobs.page(
        kind=kind,
        state=state,
        owner_id=None if everybody else user_id,
        limit=limit,
        cursor=cursor,
        visibility_key="all" if everybody else f"own:{user_id}",
    )
    progress = workspace.progress.get_all([job.id for job in page.items])
    return Page([JobView(job, progress[job.id]) for job in page.items], page.next_cursor)
