"""/v1/pipeline/value, /v1/pipeline/forecast, and /v1/pipeline/totals"""

from typing import Annotated

from pydantic import Field

from zebros_core.auth.permissions import Visibility
from zebros_core.errors import ConflictError
from zebros_core.http import NoQuery, QueryModel, Request, Response, Routes
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.domain.totals import GroupBy
from zebros_pipeline.handlers.total_bodies import (
    ForecastBody,
    PipelineValueBody,
    TotalsRequest,
    TotalsRunBody,
)
from zebros_pipeline.handlers.totals import carried_on
from zebros_pipeline.use_cases.get_forecast import get_forecast
from zebros_pipeline.use_cases.get_pipeline_value import get_pipeline_value
from zebros_pipeline.use_cases.rebuild_totals import rebuild_totals
from zebros_pipeline.use_cases.verify_totals import verify_totals

routes = Routes("totals")

View = Annotated[
    Visibility | None,
    Field(
        description="Whose records: `all`, the caller's `team` or their `own`; all that they may see if left out."
    ),
]
_MONTH = r"^[0-9]{4}-(0[1-9]|1[0-2])$"


class ValueQuery(QueryModel):
    """Whose pipeline, and whether it is split."""

    view: View = None
    group_by: Annotated[
        GroupBy | None, Field(description="`owner` in the views `all` and `team`, `team` in the view `all`.")
    ] = None


class ForecastQuery(QueryModel):
    """Whose forecast, and of which months."""

    first: Annotated[
        str | None, Field(alias="from", pattern=_MONTH, description="The first month; this one if left out.")
    ] = None
    last: Annotated[
        str | None,
        Field(alias="to", pattern=_MONTH, description="The last month, at most 35 later; five if left out."),
    ] = None
    view: View = None


@routes.get(
    "/v1/pipeline/value",
    operation="getPipelineValue",
    permission=("opportunity", "read"),
    query=ValueQuery,
    response=PipelineValueBody,
    summary="What the pipeline is worth by stage",
)
def value(request: Request[Container, ValueQuery]) -> Response:
    """Kept up from events, so a change shows after a moment; `asOf` is the newest that does. Amounts are told by
    currency, and added up in the base currency only where every rate is known: `missingRates` names the others.
    """
    query = request.query
    now = get_pipeline_value(
        request.services.workspace(request.context), view=query.view, group_by=query.group_by
    )
    return Response(PipelineValueBody.of(now, grouped=query.group_by is not None))


@routes.get(
    "/v1/pipeline/forecast",
    operation="getForecast",
    permission=("opportunity", "read"),
    query=ForecastQuery,
    response=ForecastBody,
    summary="What closes in which month",
)
def forecast(request: Request[Container, ForecastQuery]) -> Response:
    """Open opportunities by the month in which they are expected to close, won ones by that in which they did."""
    query = request.query
    now = get_forecast(
        request.services.workspace(request.context), first=query.first, last=query.last, view=query.view
    )
    return Response(ForecastBody.of(now))


@routes.post(
    "/v1/pipeline/totals:verify",
    operation="verifyTotals",
    permission=("pipeline", "write"),
    body=TotalsRequest,
    response=TotalsRunBody,
    idempotent="none",
    errors=(ConflictError,),
    summary="Compare the totals with the records",
)
def verify(request: Request[Container, NoQuery, TotalsRequest]) -> Response:
    """Counts all live records anew and compares, a part in each call. What differs is looked at again after a minute,
    since its event may be on the way. One run at a time: a second caller joins it; while a rebuild is under way: 409.
    """
    workspace = request.services.workspace(request.context)
    return Response(carried_on(verify_totals, request.services, workspace, request.body.cursor))


@routes.post(
    "/v1/pipeline/totals:rebuild",
    operation="rebuildTotals",
    permission=("pipeline", "write"),
    body=TotalsRequest,
    response=TotalsRunBody,
    idempotent="none",
    errors=(ConflictError,),
    summary="Make the totals anew from the records",
)
def rebuild(request: Request[Container, NoQuery, TotalsRequest]) -> Response:
    """Counts all live records anew, a part in each call, and then reads that instead; until then the present totals are
    read and kept up. One run at a time: a second caller joins it; while a verification is under way: 409.
    """
    workspace = request.services.workspace(request.context)
    return Response(carried_on(rebuild_totals, request.services, workspace, request.body.cursor))
