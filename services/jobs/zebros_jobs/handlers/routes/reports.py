"""/v1/reports"""

from __future__ import annotations

import json

from zebros_core.errors import ConflictError, UnavailableError
from zebros_core.http import CacheRule, Example, NoQuery, Request, Response, Routes
from zebros_core.http.routing import HeaderParameter
from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.job import JobState
from zebros_jobs.domain.reports.request import ReportKind
from zebros_jobs.handlers.bodies import JobBody
from zebros_jobs.handlers.report_bodies import ReportAnswerBody, ReportBody
from zebros_jobs.handlers.routes.jobs import LinkedFilesBody
from zebros_jobs.use_cases.get_job import JobView
from zebros_jobs.use_cases.reports.get_report import get_report, link_report_files
from zebros_jobs.use_cases.reports.start_report import start_report

routes = Routes("reports")

_NO_CACHE = HeaderParameter("Cache-Control", "`no-cache` makes the report anew, like `fresh`.")


@routes.post(
    "/v1/reports",
    operation="createReport",
    permission=("report", "read"),
    body=ReportBody,
    response=JobBody,
    status=202,
    statuses={200: "The same report was made within the last quarter of an hour: this is its job."},
    request_headers=(_NO_CACHE,),
    audit="report.created",
    errors=(UnavailableError,),
    summary="Ask for a report",
    examples=(
        Example("sales", {"report": "sales", "period": "2017", "by": ["month"], "formats": ["pdf", "xlsx"]}),
        Example(
            "conversion",
            {"report": "conversion", "period": "last-quarter", "by": ["source"], "compare": "previousYear"},
        ),
        Example(
            "team",
            {
                "report": "activities",
                "period": "2026-03-01/2026-03-15",
                "by": ["week", "owner"],
                "filters": {"teamIds": ["north"]},
                "formats": ["csv"],
            },
        ),
    ),
)
def create(request: Request[Container, NoQuery, ReportBody]) -> Response:
    """Reports are `sales`, `activities`, `acquisition` (of customers) and `conversion` (of leads). A period is one of
    the company's calendar, in its time zone: `2017`, `2017-Q2`, `2017-03`, `2017-W10`, `2017-03-05`,
    `2017-03-01/2017-04-15`, `today`, `yesterday`, `this-month`, `last-month` (week, quarter, year), `last-30-days`,
    `last-12-months` (weeks, quarters, years). It is compared with the one before or the same of the year before; of
    one that is not over, with as many days as have passed. `by` is a step of time (day, week, month, quarter, year),
    another thing (owner, team, region, product, industry, source, type, as the report has them), or one of each.
    """
    body = request.body
    no_cache = "no-cache" in request.headers.get("cache-control", "").lower()
    workspace = request.services.workspace(request.context)
    job = start_report(
        workspace,
        body.request(),
        recipients=body.recipients,
        fresh=body.fresh or no_cache,
        repeat=request.idempotency,
    )
    made = job.state is JobState.SUCCEEDED
    view = JobView(job, workspace.progress.get(job.id))
    return Response(JobBody.of(view), status=200 if made else 202, location=f"/v1/reports/{job.id}")


@routes.get(
    "/v1/reports/{jobId}",
    operation="getReport",
    permission=("report", "read"),
    response=ReportAnswerBody,
    cache=CacheRule(entity="report", id_param="jobId"),
    etag=True,
    errors=(ConflictError,),
    summary="Read a report",
)
def get(request: Request[Container]) -> Response:
    """The figures, once the job has succeeded; they never change then. Every report of the company may be read by
    whoever may see reports.
    """
    view = get_report(request.services.workspace(request.context), request.path["jobId"])
    report = ReportKind(json.loads(view.job.parameters)["report"])
    return Response(
        ReportAnswerBody.of(view, report),
        etag=view.job.version if view.result is not None else None,
        owner_id=view.job.owner_id,
        team_id=view.job.team_id,
    )


@routes.get(
    "/v1/reports/{jobId}/files",
    operation="listReportFiles",
    permission=("report", "read"),
    response=LinkedFilesBody,
    audit="job.downloaded",
    summary="Get links to the files of a report",
)
def files(request: Request[Container]) -> Response:
    """Each link downloads its file for a quarter of an hour."""
    linked = link_report_files(request.services.workspace(request.context), request.path["jobId"])
    return Response(LinkedFilesBody.of(linked))
