"""The day's figures of a sales team, from the totals."""

from dataclasses import dataclass
from datetime import datetime

from zebros_core.auth.permissions import Visibility
from zebros_pipeline.domain.contribution import Kind
from zebros_pipeline.domain.currencies import CurrencySettings
from zebros_pipeline.domain.dashboard import LATELY, Dashboard, new_customers, overdue, this_month
from zebros_pipeline.domain.forecast import month_of
from zebros_pipeline.domain.ports_totals import GroupCounter
from zebros_pipeline.domain.totals import pipeline_value
from zebros_pipeline.use_cases.totals_view import group_in_view, open_totals
from zebros_pipeline.use_cases.workspace import Workspace

_EARLIEST = "0"
"""Sorts before every month."""


@dataclass(frozen=True, slots=True)
class DashboardNow:
    """The figures, the newest change in them, and the currencies by which they were converted."""

    dashboard: Dashboard
    as_of: datetime | None
    currencies: CurrencySettings


def get_dashboard(workspace: Workspace, *, view: Visibility | None = None) -> DashboardNow:
    """Return the figures of the caller's view: five calls, whatever the number of records.

    Days and months are those of the tenant's time zone. Raises ForbiddenError for a view that is wider than allowed.
    """
    group = group_in_view(workspace, "dashboard", view)
    state, today = open_totals(workspace), workspace.today()
    stages, currencies = workspace.stages.get(), workspace.currencies.get()

    def read(kind: Kind, first: str | None = None) -> list[GroupCounter]:
        between = None if first is None else (first, month_of(today))
        return workspace.totals.group(state.current, kind, group, between)

    pipeline = pipeline_value(read(Kind.VALUE), stages, currencies)
    closing, won = this_month(read(Kind.MONTH, month_of(today)), today, stages, currencies)
    found = Dashboard(
        pipeline=pipeline,
        closing_this_month=closing,
        won_this_month=won,
        overdue=overdue(read(Kind.DUE, _EARLIEST), today),
        new_customers=new_customers(read(Kind.NEW_CUSTOMERS, month_of(today - LATELY)), today),
        missing_rates=pipeline.missing_rates,
    )
    return DashboardNow(found, state.as_of, currencies)
