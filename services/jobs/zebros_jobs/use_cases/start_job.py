"""Start a job: keep it, and let its state machine begin as soon as the tenant has a slot for it."""

from __future__ import annotations

from zebros_core.dynamodb.repository import Created
from zebros_core.records.unique import RequestKey
from zebros_jobs.domain.job import Acting, Job, JobKind, JobState
from zebros_jobs.use_cases.workspace import Workspace

__all__ = ["create_job", "dispatch", "start_job"]


def create_job(
    workspace: Workspace,
    kind: JobKind,
    *,
    title: str,
    parameters: str,
    state: JobState = JobState.QUEUED,
    parent_id: str | None = None,
    repeat: RequestKey | None = None,
    id: str | None = None,
) -> Created[Job]:
    """Keep a job of the caller's; a repeated request gets the first one's. It is not started yet.

    `id` is one that `new_id` gave for this request, where something of the job had to be kept before it.
    """
    context = workspace.context
    job = Job(
        id=id or workspace.jobs.new_id(f"create-{kind.value}", repeat),
        kind=kind,
        state=state,
        title=title,
        parameters=parameters,
        acting=Acting(
            user_id=context.user_id,
            team_id=context.team_id,
            roles=tuple(sorted(context.roles)),
            scopes=tuple(sorted(context.scopes)),
        ),
        parent_id=parent_id,
        owner_id=context.user_id,
        team_id=context.team_id,
    )
    return workspace.jobs.create(job, idempotency=repeat.fingerprint if repeat else None)


def start_job(
    workspace: Workspace,
    kind: JobKind,
    *,
    title: str,
    parameters: str,
    parent_id: str | None = None,
    repeat: RequestKey | None = None,
) -> Job:
    """Keep a job of the caller's and begin it. Raises UnavailableError when it could not be begun: it is queued then,
    and will be."""
    created = create_job(
        workspace, kind, title=title, parameters=parameters, parent_id=parent_id, repeat=repeat
    )
    dispatch(workspace, created.entity)
    return created.entity


def dispatch(workspace: Workspace, job: Job) -> bool:
    """Begin a queued job if its tenant has a slot for it; whether it has one. May be said any number of times."""
    if job.has_ended or job.state is JobState.AWAITING_FILE:
        return False
    if not workspace.slots.take(job.id, most=workspace.settings.jobs_at_once):
        return False
    workspace.machines.start(job.kind, workspace.context.tenant_id, job.id, job.attempt)
    return True
