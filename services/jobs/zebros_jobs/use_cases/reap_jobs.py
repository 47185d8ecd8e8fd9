"""Look after the jobs that have not ended: begin what waits, begin anew what stopped without saying so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from zebros_core.errors import NotFoundError, VersionMismatchError
from zebros_jobs.domain.job import KEPT_STOPPING, Job, JobProblem, JobState
from zebros_jobs.repositories.watched import WatchedJobs
from zebros_jobs.use_cases.end_job import end_job
from zebros_jobs.use_cases.start_job import dispatch
from zebros_jobs.use_cases.turns import Turns
from zebros_jobs.use_cases.workspace import Workspace

__all__ = ["look_after", "reap_jobs", "watch_job"]

MOST_ATTEMPTS: Final = 5
SILENT_LEASES: Final = 5
"""A job that has said nothing for so many leases is taken for dead, whatever its execution says."""
FILE_AWAITED: Final = timedelta(days=1)
"""How long an import waits for its file and its start."""
_NEVER_FINISHED: Final = JobProblem(
    code="upload-never-finished",
    detail="Its file was not uploaded, or it was not started, within a day. Make a new import.",
)


def reap_jobs(watched: WatchedJobs, workspace_of: Callable[[str], Workspace]) -> int:
    """Look after every open job of every tenant; how many were begun anew. One tenant's trouble stops no other's:
    what nobody foresaw is raised at the end.
    """
    begun = 0
    turns = Turns("reaper")
    for tenant_id, job_id in list(watched.all()):
        with turns.of(tenant_id):
            try:
                workspace = workspace_of(tenant_id)
            except NotFoundError:
                watched.remove(tenant_id, job_id)  # the tenant has left
                continue
            job = workspace.jobs.find(job_id)
            if job is None or job.has_ended:
                watched.remove(tenant_id, job_id)
            else:
                begun += look_after(workspace, job)
    turns.end()
    return begun


def look_after(workspace: Workspace, job: Job) -> bool:
    """Begin a job anew whose execution ended without ending it, or that has been silent; whether it was."""
    now = workspace.now
    if job.state is JobState.AWAITING_FILE:
        if job.created_at is not None and now - job.created_at > FILE_AWAITED:
            end_job(workspace, job.id, JobState.FAILED, problem=_NEVER_FINISHED)
        return False
    progress = workspace.progress.get(job.id)
    if progress.is_held(now):
        return False
    heard = max(filter(None, (progress.updated_at, job.updated_at)))
    silent = now - heard
    if silent < workspace.settings.lease:
        return False
    if job.state is JobState.QUEUED and job.id not in workspace.slots.taken():
        return dispatch(workspace, job)
    tenant_id = workspace.context.tenant_id
    if workspace.machines.is_running(job.kind, tenant_id, job.id, job.attempt):
        if silent < SILENT_LEASES * workspace.settings.lease:
            return False
        workspace.machines.stop(job.kind, tenant_id, job.id, job.attempt)
    return _begin_anew(workspace, job)


def _begin_anew(workspace: Workspace, job: Job) -> bool:
    if job.attempt >= MOST_ATTEMPTS:
        end_job(workspace, job.id, JobState.FAILED, problem=KEPT_STOPPING)
        return False
    try:
        again = workspace.jobs.save(job.model_copy(update={"attempt": job.attempt + 1}), previous=job)
    except VersionMismatchError:
        return False  # it has moved after all
    return dispatch(workspace, again)


def watch_job(workspace: Workspace, watched: WatchedJobs, job_id: str) -> None:
    """Do what the present state of a job asks for: watch and begin one that is open, forget one that has ended."""
    tenant_id = workspace.context.tenant_id
    job = workspace.jobs.find(job_id)
    if job is None or job.has_ended:
        watched.remove(tenant_id, job_id)
        return
    watched.put(tenant_id, job_id)
    if job.state is JobState.QUEUED:
        dispatch(workspace, job)
