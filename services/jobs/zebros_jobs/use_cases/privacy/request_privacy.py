"""Ask for everything on a person, or for it to be gone; look at requests, and carry on one that was stopped."""

from __future__ import annotations

from dataclasses import dataclass

from zebros_core.errors import ConflictError, NotFoundError, ZebrosError
from zebros_core.records.unique import RequestKey
from zebros_jobs.domain.job import Job, JobKind
from zebros_jobs.domain.privacy import (
    TITLES,
    AskedSubject,
    PrivacyKind,
    PrivacyParameters,
    PrivateRequest,
)
from zebros_jobs.repositories.private_requests import PrivateRequests
from zebros_jobs.use_cases.get_job import JobView, get_job, view_job
from zebros_jobs.use_cases.privacy.erasure_ledger import ErasureLedger
from zebros_jobs.use_cases.privacy.person import known
from zebros_jobs.use_cases.start_job import create_job, dispatch
from zebros_jobs.use_cases.workspace import Workspace

__all__ = ["PrivacyView", "carry_on_request", "request_privacy", "start_request", "view_request"]

_CREATE = "create-privacy"
_CARRY_ON = "carry-on-privacy"


@dataclass(frozen=True, slots=True)
class PrivacyView:
    """A request, and whom it is about while that is known."""

    view: JobView
    parameters: PrivacyParameters
    private: PrivateRequest | None


def request_privacy(
    workspace: Workspace,
    kind: PrivacyKind,
    subject: AskedSubject,
    *,
    reason: str | None,
    repeat: RequestKey | None,
) -> Job:
    """Begin a request; a repeated one gets the first one's job. Raises as `start_job` does."""
    private = PrivateRequest(asked=subject.to_subject(), reason=reason)
    return start_request(workspace, kind, private, repeat=repeat)


def start_request(
    workspace: Workspace,
    kind: PrivacyKind,
    private: PrivateRequest,
    *,
    repeat: RequestKey | None = None,
    again: str | None = None,
    parent_id: str | None = None,
    retention: bool = False,
    begin: bool = True,
) -> Job:
    """Keep whom a request is about in a row of its own, then the job, which does not say it; and begin that.

    With `begin` False the job's own event begins it: a worker may start no machines.
    """
    rows = PrivateRequests(workspace.lookup)
    job_id = workspace.jobs.new_id(_CREATE if again is None else _CARRY_ON, repeat)
    # First the row: a job may be begun as soon as it is there. The row of one that never comes ends by itself.
    rows.announce(job_id, private)
    parameters = PrivacyParameters(
        request=kind,
        subject=known(ErasureLedger(workspace.lookup), private.subject or private.asked),
        again=again,
        retention=retention,
    )
    try:
        created = create_job(
            workspace,
            JobKind.PRIVACY,
            title=TITLES[kind],
            parameters=parameters.model_dump_json(by_alias=True),
            parent_id=parent_id,
            repeat=repeat,
            id=job_id,
        )
    except ZebrosError:
        _forget_unless_open(workspace, rows, job_id)
        raise
    _forget_if_ended(rows, created.entity)
    if begin:
        dispatch(workspace, created.entity)
    return created.entity


def carry_on_request(workspace: Workspace, job_id: str, *, repeat: RequestKey | None) -> Job:
    """Begin a request anew that was stopped, or that a hold kept from being whole, with what is known of the person.

    Raises NotFoundError, ConflictError for one that is not to be carried on.
    """
    job, parameters = _privacy_job(workspace, job_id)
    if not job.has_ended:
        raise ConflictError("This request is being worked on.")
    private = PrivateRequests(workspace.lookup).find(job_id)
    if private is None:
        raise ConflictError("This request is done, or was stopped too long ago: ask anew.")
    begun = start_request(workspace, parameters.request, private, repeat=repeat, again=job_id)
    PrivateRequests(workspace.lookup).erase(job_id)
    return begun


def view_request(workspace: Workspace, job_id: str) -> PrivacyView:
    """Return a request. Raises NotFoundError, also for a job of another kind."""
    _, parameters = _privacy_job(workspace, job_id)
    private = PrivateRequests(workspace.lookup).find(job_id)
    return PrivacyView(view_job(workspace, job_id), parameters, private)


def _privacy_job(workspace: Workspace, job_id: str) -> tuple[Job, PrivacyParameters]:
    job = get_job(workspace, job_id)
    if job.kind is not JobKind.PRIVACY:
        raise NotFoundError("privacy request", job_id)
    return job, PrivacyParameters.model_validate_json(job.parameters)


def _forget_unless_open(workspace: Workspace, rows: PrivateRequests, job_id: str) -> None:
    job = workspace.jobs.find(job_id)
    if job is None or job.has_ended:
        rows.erase(job_id)


def _forget_if_ended(rows: PrivateRequests, job: Job) -> None:
    """A repeated request may come when its job has long forgotten the person."""
    if job.has_ended:
        rows.erase(job.id)
