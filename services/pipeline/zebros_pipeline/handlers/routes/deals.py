"""/v1/opportunities/closed and /v1/opportunities/at-risk"""

from typing import Annotated, Literal

from pydantic import Field

from zebros_core.http import PageBody, Request, Response, Routes
from zebros_core.http.pages import page_response
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.domain.money import CalendarDate
from zebros_pipeline.handlers.bodies import OpportunityBody
from zebros_pipeline.handlers.routes.opportunities import OwnersQuery
from zebros_pipeline.use_cases.list_opportunities import (
    OpportunityFilter,
    Risk,
    list_at_risk,
    list_closed,
)

routes = Routes("opportunities")


class ClosedQuery(OwnersQuery):
    """Which closed opportunities."""

    outcome: Annotated[Literal["won", "lost"] | None, Field(description="Only won, or only lost ones.")] = (
        None
    )
    from_: Annotated[CalendarDate | None, Field(alias="from", description="Closed on this day or later.")] = (
        None
    )
    to: Annotated[CalendarDate | None, Field(description="Closed on this day or before.")] = None


class AtRiskQuery(OwnersQuery):
    """Which open opportunities are at risk."""

    reason: Annotated[
        Risk,
        Field(
            description="`overdue`: past the expected close date. `idle`: changed by nobody for `idleDays`."
        ),
    ] = Risk.OVERDUE
    idle_days: Annotated[
        int, Field(ge=1, le=3650, description="Whole days, by UTC, without a change; for `idle`.")
    ] = 30


@routes.get(
    "/v1/opportunities/closed",
    operation="listClosedOpportunities",
    permission=("opportunity", "read"),
    query=ClosedQuery,
    response=PageBody[OpportunityBody],
    summary="List recently closed opportunities",
)
def closed(request: Request[Container, ClosedQuery]) -> Response:
    """Won and lost ones by close date, newest first. With filters a page may be short before the last one."""
    query = request.query
    page = list_closed(
        request.services.workspace(request.context),
        OpportunityFilter(query.owner, query.team),
        outcome=query.outcome,
        first=query.from_,
        last=query.to,
        limit=query.limit,
        cursor=query.cursor,
    )
    return page_response(page, OpportunityBody, OpportunityBody.listed)


@routes.get(
    "/v1/opportunities/at-risk",
    operation="listOpportunitiesAtRisk",
    permission=("opportunity", "read"),
    query=AtRiskQuery,
    response=PageBody[OpportunityBody],
    summary="List opportunities at risk",
)
def at_risk(request: Request[Container, AtRiskQuery]) -> Response:
    """Open ones past their expected close date, the oldest date first; or idle, the longest first. What is past is told
    by the tenant's present day.
    """
    query = request.query
    page = list_at_risk(
        request.services.workspace(request.context),
        OpportunityFilter(query.owner, query.team),
        query.reason,
        idle_days=query.idle_days,
        limit=query.limit,
        cursor=query.cursor,
    )
    return page_response(page, OpportunityBody, OpportunityBody.listed)
