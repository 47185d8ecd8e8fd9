"""List opportunities: by owner, team, customer or stage; the closed ones; those at risk."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from zebros_core.dynamodb.paging import Page
from zebros_core.errors import BadRequestError
from zebros_core.records.verbs import sight
from zebros_pipeline.domain.opportunity import Opportunity
from zebros_pipeline.repositories.opportunities import idle_since
from zebros_pipeline.use_cases.workspace import Workspace


class OpportunitySort(StrEnum):
    """Orders of a list of opportunities."""

    NEWEST = "-createdAt"
    OLDEST = "createdAt"
    EXPECTED_CLOSE = "expectedCloseDate"
    EXPECTED_CLOSE_LAST = "-expectedCloseDate"


BY_EXPECTED_CLOSE = frozenset({OpportunitySort.EXPECTED_CLOSE, OpportunitySort.EXPECTED_CLOSE_LAST})


class Risk(StrEnum):
    """Why an open opportunity is at risk."""

    OVERDUE = "overdue"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class OpportunityFilter:
    """Which opportunities; None for any."""

    owner: str | None = None
    team: str | None = None
    customer: str | None = None
    stage: str | None = None

    def given(self) -> dict[str, str]:
        """Return the filters that are set, by stored attribute, without the stage."""
        values = {"customerId": self.customer, "ownerId": self.owner, "teamId": self.team}
        return {name: value for name, value in values.items() if value is not None}


def list_opportunities(
    workspace: Workspace,
    wanted: OpportunityFilter,
    *,
    sort: OpportunitySort | None,
    limit: int,
    cursor: str | None,
) -> Page[Opportunity]:
    """Return a page of the live opportunities that the caller may see.

    A stage alone is listed by expected close date, everything else by creation, unless `sort` says otherwise. One
    filter uses its index and the others filter on it, so a page may be short, even empty, and still have a cursor.
    Raises BadRequestError for an order that no index serves: by expected close date without a stage, and by creation
    with a stage alone.
    """
    filters = wanted.given()
    by_date = sort in BY_EXPECTED_CLOSE if sort is not None else wanted.stage is not None and not filters
    if by_date and wanted.stage is None:
        raise _unsupported("the order by expectedCloseDate goes with a stage")
    if not by_date and wanted.stage is not None and not filters:
        raise _unsupported("a stage alone is listed by expectedCloseDate; leave sort out, or name an owner")
    seen = sight(workspace, "opportunity", filters)
    if seen is None:
        # Records outside the caller's sight look missing, so a filter that asks for them finds nothing.
        return Page([], None)
    if by_date and wanted.stage is not None:
        return workspace.opportunities.page_by_stage(
            wanted.stage,
            {**seen.limits, **filters},
            descending=sort is OpportunitySort.EXPECTED_CLOSE_LAST,
            limit=limit,
            cursor=cursor,
            visibility_key=seen.scope,
        )
    return workspace.opportunities.page(
        filters | ({"stage": wanted.stage} if wanted.stage is not None else {}),
        seen.limits,
        descending=sort is not OpportunitySort.OLDEST,
        limit=limit,
        cursor=cursor,
        visibility_key=seen.scope,
    )


def list_closed(
    workspace: Workspace,
    wanted: OpportunityFilter,
    *,
    outcome: str | None,
    first: date | None,
    last: date | None,
    limit: int,
    cursor: str | None,
) -> Page[Opportunity]:
    """Return a page of won and lost opportunities, or of one of both, by close date, newest first."""
    filters = wanted.given()
    seen = sight(workspace, "opportunity", filters)
    if seen is None or (first is not None and last is not None and last < first):
        return Page([], None)
    return workspace.opportunities.page_closed(
        (first, last),
        {**seen.limits, **filters, **({"outcome": outcome} if outcome is not None else {})},
        limit=limit,
        cursor=cursor,
        visibility_key=seen.scope,
    )


def list_at_risk(
    workspace: Workspace,
    wanted: OpportunityFilter,
    risk: Risk,
    *,
    idle_days: int,
    limit: int,
    cursor: str | None,
) -> Page[Opportunity]:
    """Return a page of open opportunities that are past their expected close date, or that nobody has changed for days.

    What is past is told by the tenant's present day.
    """
    filters = wanted.given()
    seen = sight(workspace, "opportunity", filters)
    if seen is None:
        return Page([], None)
    filters = {**seen.limits, **filters}
    if risk is Risk.OVERDUE:
        return workspace.opportunities.page_overdue(
            workspace.today(), filters, limit=limit, cursor=cursor, visibility_key=seen.scope
        )
    # To the day: a cursor is good for the same question only, and goes on with it for as long as the day lasts.
    since = idle_since(workspace.now.replace(hour=0, minute=0, second=0, microsecond=0), idle_days)
    return workspace.opportunities.page_idle(
        since, filters, limit=limit, cursor=cursor, visibility_key=seen.scope
    )


def _unsupported(message: str) -> BadRequestError:
    return BadRequestError.for_field("sort", "unsupported_sort", message)
