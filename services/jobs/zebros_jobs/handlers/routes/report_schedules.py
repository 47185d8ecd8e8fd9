"""/v1/report-schedules"""

from __future__ import annotations

from zebros_core.errors import ConflictError, UnavailableError
from zebros_core.http import Example, NoQuery, PageBody, PageQuery, Request, Response, Routes
from zebros_core.http.merge_patch import MergePatch
from zebros_core.http.pages import page_response
from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.reports.schedule import ScheduleDraft
from zebros_jobs.handlers.report_bodies import ScheduleBody
from zebros_jobs.use_cases.reports.schedules import (
    ScheduleView,
    change_schedule,
    create_schedule,
    delete_schedule,
    get_schedule,
    list_schedules,
)

routes = Routes("report-schedules")

_EXAMPLE = Example(
    "monthly",
    {
        "name": "Sales for the board",
        "report": {"report": "sales", "period": "last-month", "by": ["week"], "formats": ["pdf", "xlsx"]},
        "recurrence": {"every": "month", "day": 1, "at": "07:30", "timeZone": "Europe/Amsterdam"},
        "recipients": ["ada@example.com"],
    },
)


def _answer(view: ScheduleView, *, location: bool = False) -> Response:
    schedule = view.schedule
    where = f"/v1/report-schedules/{schedule.schedule_id}" if location else None
    return Response(ScheduleBody.of(view), etag=schedule.version, location=where)


@routes.get(
    "/v1/report-schedules",
    operation="listReportSchedules",
    permission=("report", "write"),
    query=PageQuery,
    response=PageBody[ScheduleBody],
    summary="List schedules of reports",
)
def list_(request: Request[Container, PageQuery]) -> Response:
    """The company's, the oldest first."""
    query = request.query
    workspace = request.services.workspace(request.context)
    page = list_schedules(workspace, limit=query.limit, cursor=query.cursor)
    return page_response(page, ScheduleBody, ScheduleBody.of)


@routes.post(
    "/v1/report-schedules",
    operation="createReportSchedule",
    permission=("report", "write"),
    body=ScheduleDraft,
    response=ScheduleBody,
    status=201,
    etag=True,
    errors=(ConflictError, UnavailableError),
    summary="Have a report made and mailed again and again",
    examples=(_EXAMPLE,),
)
def create(request: Request[Container, NoQuery, ScheduleDraft]) -> Response:
    """Every day, on days of the week, or on a day of the month, at a time on the clock. Recipients are people of the
    company who may see reports, by their ids or addresses: there are no others. Each report is made with the rights
    that its owner has then; an owner who has left or lost them leaves it paused.
    """
    services = request.services
    view = create_schedule(
        services.workspace(request.context),
        services.report_scheduler,
        request.body,
        repeat=request.idempotency,
    )
    return _answer(view, location=True)


@routes.get(
    "/v1/report-schedules/{scheduleId}",
    operation="getReportSchedule",
    permission=("report", "write"),
    response=ScheduleBody,
    etag=True,
    summary="Read a schedule of reports",
)
def get(request: Request[Container]) -> Response:
    """When its next report is due, which was the last, and why it is paused if it is."""
    return _answer(get_schedule(request.services.workspace(request.context), request.path["scheduleId"]))


@routes.patch(
    "/v1/report-schedules/{scheduleId}",
    operation="changeReportSchedule",
    permission=("report", "write"),
    body=ScheduleDraft,
    merge_patch=True,
    response=ScheduleBody,
    etag=True,
    if_match="optional",
    errors=(ConflictError, UnavailableError),
    summary="Change a schedule of reports",
)
def change(request: Request[Container, NoQuery, MergePatch[ScheduleDraft]]) -> Response:
    """A JSON merge patch; a list is replaced whole. `paused` stops and resumes it; what was due meanwhile is not made
    up for. Whoever resumes one that was paused for its owner's sake owns it from then on.
    """
    services = request.services
    view = change_schedule(
        services.workspace(request.context),
        services.report_scheduler,
        request.path["scheduleId"],
        request.body.apply,
        expected_version=request.if_match,
    )
    return _answer(view)


@routes.delete(
    "/v1/report-schedules/{scheduleId}",
    operation="deleteReportSchedule",
    permission=("report", "write"),
    if_match="optional",
    status=204,
    errors=(UnavailableError,),
    summary="Delete a schedule of reports",
)
def delete(request: Request[Container]) -> Response:
    """Reports that it has made stay."""
    services = request.services
    delete_schedule(
        services.workspace(request.context),
        services.report_scheduler,
        request.path["scheduleId"],
        expected_version=request.if_match,
    )
    return Response()
