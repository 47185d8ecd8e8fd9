"""Ask for a report: the one that there is, if it was made a moment ago, or else a job that makes it."""

from __future__ import annotations

from collections.abc import Sequence

from zebros_core.errors import NotFoundError
from zebros_core.records.unique import RequestKey
from zebros_jobs.domain.job import Job, JobKind, JobState
from zebros_jobs.domain.reports.request import ReportParameters, ReportRequest
from zebros_jobs.domain.reports.wording import subtitle_of, title_of
from zebros_jobs.repositories.report_results import ReportAnswers
from zebros_jobs.use_cases.reports.people import resolve_recipients
from zebros_jobs.use_cases.reports.zone import today_in
from zebros_jobs.use_cases.start_job import start_job
from zebros_jobs.use_cases.workspace import Workspace

__all__ = ["job_title", "start_report"]


def start_report(
    workspace: Workspace,
    request: ReportRequest,
    *,
    recipients: Sequence[str] = (),
    fresh: bool = False,
    repeat: RequestKey | None = None,
) -> Job:
    """Return a job of the report: one that has made it within the last quarter of an hour, or a new one.

    With `fresh`, or with recipients, who are to get a mail, it is a new one always. Raises ValidationError for what
    cannot be reported, and for recipients who may not have it.
    """
    workspace.visibility("report", "read")
    today = today_in(workspace.tenant().settings, workspace.now)
    request.check(today)
    people = (
        resolve_recipients(workspace.system_door("auth"), workspace.rights, workspace.context, recipients)
        if recipients
        else ()
    )
    asked = ReportParameters(
        **{name: getattr(request, name) for name in ReportRequest.model_fields},
        today=today,
        recipients=people,
    )
    if not fresh and not people and (made := _made(workspace, asked, repeat)) is not None:
        return made
    return start_job(
        workspace,
        JobKind.REPORT,
        title=job_title(asked),
        parameters=asked.model_dump_json(by_alias=True),
        repeat=repeat,
    )


def job_title(asked: ReportParameters) -> str:
    """Return what the job is called."""
    return f"{title_of(asked)}: {subtitle_of(asked)}"


def _made(workspace: Workspace, asked: ReportParameters, repeat: RequestKey | None) -> Job | None:
    """Return the job that has made the same report, files included, unless this request itself was made before."""
    if repeat is not None and workspace.jobs.find(workspace.jobs.new_id("create-report", repeat)) is not None:
        return None
    answer = ReportAnswers(workspace.lookup, workspace.clock).find(asked.sameness())
    if answer is None or not {each.value for each in asked.formats} <= answer.formats:
        return None
    try:
        job = workspace.jobs.get(answer.job_id)
    except NotFoundError:
        return None
    return job if job.state is JobState.SUCCEEDED else None
