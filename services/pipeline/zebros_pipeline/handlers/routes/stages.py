"""The way of an opportunity through the stages: move, reopen, and where it has been."""

from typing import Annotated

from pydantic import Field

from zebros_core.errors import ConflictError
from zebros_core.http import Example, NoQuery, Request, Response, Routes
from zebros_core.http.wire import WireModel
from zebros_core.values import Label
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.domain.errors import OpportunityClosedError, OpportunityOpenError
from zebros_pipeline.domain.money import Amount, CalendarDate
from zebros_pipeline.domain.stages import StageKey
from zebros_pipeline.handlers.bodies import OpportunityBody, StageHistoryBody, StageStayBody
from zebros_pipeline.handlers.routes.opportunities import answer
from zebros_pipeline.use_cases.get_stage_history import get_stage_history
from zebros_pipeline.use_cases.move_opportunity import move_opportunity
from zebros_pipeline.use_cases.reopen_opportunity import reopen_opportunity

routes = Routes("opportunities")


class MoveRequest(WireModel):
    """Where an opportunity moves. A lost stage needs `lossReason`; a closed one without `closeDate` gets today."""

    stage: StageKey
    loss_reason: Label | None = None
    close_date: CalendarDate | None = None
    value: Annotated[Amount | None, Field(description="What it was won for, say; unchanged if left out.")] = (
        None
    )


class ReopenRequest(WireModel):
    """In which open stage an opportunity goes on."""

    stage: StageKey


@routes.post(
    "/v1/opportunities/{opportunityId}/move",
    operation="moveOpportunity",
    permission=("opportunity", "write"),
    body=MoveRequest,
    response=OpportunityBody,
    etag=True,
    if_match="optional",
    idempotent="record",
    errors=(OpportunityClosedError, ConflictError),
    summary="Move an opportunity to another stage",
    examples=(
        Example("won", {"stage": "won", "value": 23500, "closeDate": "2026-12-01"}),
        Example("lost", {"stage": "lost", "lossReason": "price"}),
    ),
)
def move(request: Request[Container, NoQuery, MoveRequest]) -> Response:
    """A won or lost stage closes it, today by the tenant's time zone unless `closeDate` says when. A closed one does
    not move until it is reopened: 409. One that is in the stage already stays as it is.
    """
    body = request.body
    saved = move_opportunity(
        request.services.workspace(request.context),
        request.path["opportunityId"],
        body.stage,
        loss_reason=body.loss_reason,
        close_date=body.close_date,
        value=body.value,
        expected_version=request.if_match,
    )
    return answer(saved.record, wrote=saved.changed)


@routes.post(
    "/v1/opportunities/{opportunityId}/reopen",
    operation="reopenOpportunity",
    permission=("opportunity", "write"),
    body=ReopenRequest,
    response=OpportunityBody,
    etag=True,
    if_match="optional",
    idempotent="record",
    errors=(OpportunityOpenError, ConflictError),
    summary="Reopen a closed opportunity",
    examples=(Example("negotiation", {"stage": "negotiation"}),),
)
def reopen(request: Request[Container, NoQuery, ReopenRequest]) -> Response:
    """It goes on in an open stage; close date and reason are emptied, and stay in its history. An open one is a 409."""
    saved = reopen_opportunity(
        request.services.workspace(request.context),
        request.path["opportunityId"],
        request.body.stage,
        expected_version=request.if_match,
    )
    return answer(saved.record, wrote=saved.changed)


@routes.get(
    "/v1/opportunities/{opportunityId}/stages",
    operation="getOpportunityStages",
    permission=("opportunity", "read"),
    response=StageHistoryBody,
    summary="Where an opportunity has been",
)
def stages(request: Request[Container]) -> Response:
    """Each stage that it has entered, the first one first, and how long it was there; at most the latest 200. Written
    with the move itself, so it is never late.
    """
    found = get_stage_history(request.services.workspace(request.context), request.path["opportunityId"])
    return Response(StageHistoryBody(items=[StageStayBody.of(stay) for stay in found]))
