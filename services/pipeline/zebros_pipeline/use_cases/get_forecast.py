"""When how much is expected to close, from the totals."""

from dataclasses import dataclass
from datetime import datetime

from zebros_core.auth.permissions import Visibility
from zebros_core.errors import BadRequestError
from zebros_pipeline.domain.contribution import Kind
from zebros_pipeline.domain.currencies import CurrencySettings
from zebros_pipeline.domain.forecast import UNDATED, Forecast, forecast, later, month_of, months_between
from zebros_pipeline.use_cases.totals_view import group_in_view, open_totals
from zebros_pipeline.use_cases.workspace import Workspace

MAX_MONTHS = 36
DEFAULT_MONTHS = 6


@dataclass(frozen=True, slots=True)
class ForecastNow:
    """The forecast, the newest change in it, and the currencies by which it was converted."""

    forecast: Forecast
    as_of: datetime | None
    currencies: CurrencySettings


def get_forecast(
    workspace: Workspace, *, first: str | None, last: str | None, view: Visibility | None = None
) -> ForecastNow:
    """Return what closes in the months from `first` (this one) to `last` (five later), YYYY-MM: three calls.

    Raises BadRequestError for months in the wrong order or more than 36, ForbiddenError for a view that is wider than
    allowed.
    """
    group = group_in_view(workspace, "opportunity", view)
    first = first or month_of(workspace.today())
    last = last or later(first, DEFAULT_MONTHS - 1)
    months = months_between(first, last)
    if not months:
        raise BadRequestError.for_field("to", "before_from", "the last month is before the first")
    if len(months) > MAX_MONTHS:
        raise BadRequestError.for_field("to", "too_many_months", f"at most {MAX_MONTHS} months")
    state = open_totals(workspace)
    counters = [
        *workspace.totals.group(state.current, Kind.MONTH, group, (first, last)),
        *workspace.totals.group(state.current, Kind.MONTH, group, (UNDATED, UNDATED)),
    ]
    currencies = workspace.currencies.get()
    found = forecast(counters, months, workspace.stages.get(), currencies)
    return ForecastNow(found, state.as_of, currencies)
