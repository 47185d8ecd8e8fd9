"""Look at a report: whoever may see reports may see every one of their company's."""

from __future__ import annotations

from dataclasses import dataclass

from zebros_core.errors import NotFoundError
from zebros_jobs.domain.job import Job, JobKind, JobState
from zebros_jobs.domain.reports.result import ReportResult
from zebros_jobs.repositories.report_results import PURPOSE, ReportResults
from zebros_jobs.use_cases.job_files import LinkedFile, links_to
from zebros_jobs.use_cases.workspace import Workspace

__all__ = ["ReportView", "get_report", "link_report_files"]


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report's job, and what it came to once it has succeeded."""

    job: Job
    result: ReportResult | None


def get_report(workspace: Workspace, job_id: str) -> ReportView:
    """Return a report. Raises NotFoundError for what is no report."""
    job = _report_job(workspace, job_id)
    if job.state is not JobState.SUCCEEDED:
        return ReportView(job, None)
    try:
        result = ReportResults(workspace.objects(PURPOSE)).get(job_id)
    except NotFoundError:
        # The bucket keeps reports for as long as its rules say; the job is kept longer.
        raise NotFoundError("report", job_id) from None
    return ReportView(job, result)


def link_report_files(workspace: Workspace, job_id: str) -> list[LinkedFile]:
    """Return links to a report's files. Raises NotFoundError for what is no report."""
    return links_to(workspace, _report_job(workspace, job_id))


def _report_job(workspace: Workspace, job_id: str) -> Job:
    workspace.visibility("report", "read")
    job = workspace.jobs.find(job_id)
    if job is None or job.kind is not JobKind.REPORT:
        raise NotFoundError("report", job_id)
    return job
