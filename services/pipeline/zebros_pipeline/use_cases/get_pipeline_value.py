"""What the pipeline is worth, by stage, from the totals."""

from dataclasses import dataclass
from datetime import datetime

from zebros_core.auth.permissions import Visibility
from zebros_core.errors import BadRequestError
from zebros_pipeline.domain.contribution import By, Group, Kind
from zebros_pipeline.domain.currencies import CurrencySettings
from zebros_pipeline.domain.ports_totals import GroupCounter, TotalsStore
from zebros_pipeline.domain.totals import GroupBy, PipelineValue, by_slot, pipeline_value
from zebros_pipeline.use_cases.totals_view import group_in_view, open_totals
from zebros_pipeline.use_cases.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ValueNow:
    """The value of the pipeline, the newest change in it, and the currencies by which it was converted."""

    value: PipelineValue
    as_of: datetime | None
    currencies: CurrencySettings


def get_pipeline_value(
    workspace: Workspace, *, view: Visibility | None = None, group_by: GroupBy | None = None
) -> ValueNow:
    """Return what the opportunities in the caller's view are worth: two calls, whatever their number.

    With `group_by` the second call reads the owners or teams of the view, one Query for each megabyte of them. Raises
    ForbiddenError for a view that is wider than allowed, BadRequestError for groups that the view does not have.
    """
    group = group_in_view(workspace, "opportunity", view)
    state = open_totals(workspace)
    counters = _counters(workspace.totals, state.current, group, group_by)
    currencies = workspace.currencies.get()
    value = pipeline_value(counters, workspace.stages.get(), currencies, grouped=group_by is not None)
    return ValueNow(value, state.as_of, currencies)


def count_in_stage(totals: TotalsStore, key: str) -> int:
    """Return how many opportunities of the tenant the totals know in a stage."""
    counters = totals.group(totals.state().current, Kind.VALUE, Group(By.ALL))
    return sum(
        int(number)
        for row in counters
        for amount, number in by_slot(row.numbers).get(key, {}).items()
        if amount == "count"
    )


def _counters(
    totals: TotalsStore, generation: int, group: Group, group_by: GroupBy | None
) -> list[GroupCounter]:
    match group_by, group.by:
        case None, _:
            return totals.group(generation, Kind.VALUE, group)
        case GroupBy.OWNER, By.ALL:
            return totals.groups(generation, Kind.VALUE, By.OWNER)
        case GroupBy.OWNER, By.TEAM:
            return totals.groups(generation, Kind.VALUE, By.MEMBER, within=group.ids)
        case GroupBy.TEAM, By.ALL:
            return totals.groups(generation, Kind.VALUE, By.TEAM)
        case _:
            needed = "all" if group_by is GroupBy.TEAM else "all or team"
            message = f"groups by {group_by} are there for the view {needed}"
            raise BadRequestError.for_field("groupBy", "unsupported_group", message)
