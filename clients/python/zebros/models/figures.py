"""The figures of the pipeline: its value, the forecast, the dashboard, and the check of the totals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from zebros.models.base import Amount, Model

__all__ = [
    "CategoryFigures",
    "ClosingFigures",
    "Converted",
    "CurrencySum",
    "Dashboard",
    "Forecast",
    "GroupFigures",
    "MonthFigures",
    "NewCustomers",
    "OverdueActivities",
    "PipelineSummary",
    "PipelineValue",
    "StageFigures",
    "TotalsStep",
    "UndatedFigures",
]


class Converted(Model):
    """A sum in the base currency, and the same weighted by probability."""

    sum: Amount | None = None
    weighted: Amount | None = None


class CurrencySum(Converted):
    """A sum of one currency; currencies are never added up as they are."""

    currency: str


class StageFigures(Model):
    """What is in a stage. `converted` is None while a rate is missing."""

    stage: str
    name: str | None = None
    kind: str | None = None
    count: int = 0
    values: list[CurrencySum] = Field(default_factory=list[CurrencySum])
    converted: Converted | None = None


class GroupFigures(Model):
    """The stages of one owner or team; None is the id of those that have none."""

    id: str | None = None
    stages: list[StageFigures] = Field(default_factory=list[StageFigures])


class PipelineSummary(Model):
    """All stages together. `win_rate` is won of won and lost, from 0 to 1; None while nothing was closed."""

    open_count: int = 0
    open: Converted | None = None
    won_count: int = 0
    won: Amount | None = None
    lost_count: int = 0
    win_rate: float | None = None


class PipelineValue(Model):
    """What lies in which stage, as of an instant."""

    as_of: datetime | None = None
    base_currency: str
    stages: list[StageFigures] = Field(default_factory=list[StageFigures])
    groups: list[GroupFigures] | None = None
    missing_rates: list[str] = Field(default_factory=list[str])
    summary: PipelineSummary = Field(default_factory=PipelineSummary)


class CategoryFigures(Model):
    """What a month has of a forecast category (pipeline, bestCase, commit, closed, omitted)."""

    category: str
    count: int = 0
    values: list[CurrencySum] = Field(default_factory=list[CurrencySum])
    converted: Converted | None = None


class MonthFigures(Model):
    """A month, as `2026-11`."""

    month: str
    categories: list[CategoryFigures] = Field(default_factory=list[CategoryFigures])


class UndatedFigures(Model):
    """What is open and has no expected close date."""

    categories: list[CategoryFigures] = Field(default_factory=list[CategoryFigures])


class Forecast(Model):
    """What closes when."""

    as_of: datetime | None = None
    base_currency: str
    months: list[MonthFigures] = Field(default_factory=list[MonthFigures])
    undated: UndatedFigures = Field(default_factory=UndatedFigures)
    missing_rates: list[str] = Field(default_factory=list[str])


class ClosingFigures(Model):
    """So many, worth that."""

    count: int = 0
    values: list[CurrencySum] = Field(default_factory=list[CurrencySum])
    converted: Converted | None = None


class OverdueActivities(Model):
    """Open activities that were due, by how many days ago."""

    today: int = 0
    days1to7: int = Field(default=0, alias="days1to7")
    days8to30: int = Field(default=0, alias="days8to30")
    over30: int = 0
    total: int = 0


class NewCustomers(Model):
    """Customers by when they were added."""

    this_month: int = 0
    last30_days: int = Field(default=0, alias="last30Days")


class Dashboard(Model):
    """One look at the day."""

    as_of: datetime | None = None
    base_currency: str
    pipeline_by_stage: list[StageFigures] = Field(default_factory=list[StageFigures])
    closing_this_month: ClosingFigures = Field(default_factory=ClosingFigures)
    overdue_activities: OverdueActivities = Field(default_factory=OverdueActivities)
    new_customers: NewCustomers = Field(default_factory=NewCustomers)
    won_this_month: ClosingFigures = Field(default_factory=ClosingFigures)
    win_rate: float | None = None
    missing_rates: list[str] = Field(default_factory=list[str])


class TotalsStep(Model):
    """What a call of a check or a rebuild of the totals has done; `next_cursor` goes on, after `wait_seconds`.

    `differences` come with the last one, of 50 counters at most; `differing` says how many differ.
    """

    phase: str | None = None
    checked: int = 0
    differing: int = 0
    differences: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    wait_seconds: float | None = None
    next_cursor: str | None = None
    done: bool = False
