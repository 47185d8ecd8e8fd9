"""/v1/activities/{activityId}/complete, reopen and end-series"""

from __future__ import annotations

from zebros_activities.bootstrap import Container
from zebros_activities.domain.errors import ActivityCancelledError, NotASeriesError
from zebros_activities.handlers.answers import answer
from zebros_activities.handlers.bodies import ActivityBody, CompletionRequest, EndedSeriesBody
from zebros_activities.use_cases.complete_activity import complete_activity, reopen_activity
from zebros_activities.use_cases.end_series import end_series
from zebros_core.http import Example, NoQuery, Request, Response, Routes

routes = Routes("activities")


@routes.post(
    "/v1/activities/{activityId}/complete",
    operation="completeActivity",
    permission=("activity", "write"),
    body=CompletionRequest,
    response=ActivityBody,
    etag=True,
    if_match="optional",
    idempotent="record",
    errors=(ActivityCancelledError,),
    summary="Complete an activity",
    examples=(Example("outcome", {"outcome": "Wants an offer until Friday"}),),
)
def complete(request: Request[Container, NoQuery, CompletionRequest]) -> Response:
    """Now, or at `completedAt` if that is over. One that is complete already stays as it is."""
    saved = complete_activity(
        request.services.workspace(request.context),
        request.path["activityId"],
        outcome=request.body.outcome,
        completed_at=request.body.completed_at,
        expected_version=request.if_match,
    )
    return answer(request, saved.record)


@routes.post(
    "/v1/activities/{activityId}/reopen",
    operation="reopenActivity",
    permission=("activity", "write"),
    response=ActivityBody,
    etag=True,
    if_match="optional",
    idempotent="record",
    summary="Open an activity again",
)
def reopen(request: Request[Container]) -> Response:
    """A completed or cancelled one; an open one stays as it is."""
    saved = reopen_activity(
        request.services.workspace(request.context),
        request.path["activityId"],
        expected_version=request.if_match,
    )
    return answer(request, saved.record)


@routes.post(
    "/v1/activities/{activityId}/end-series",
    operation="endSeries",
    permission=("activity", "write"),
    response=EndedSeriesBody,
    idempotent="record",
    errors=(NotASeriesError,),
    summary="End a series behind one of its occurrences",
)
def end(request: Request[Container]) -> Response:
    """Cancels the open occurrences that come later; this one stays, and so do those that were completed or deleted.
    Repeating it changes nothing more.
    """
    return Response(
        EndedSeriesBody.of(
            end_series(request.services.workspace(request.context), request.path["activityId"])
        )
    )
