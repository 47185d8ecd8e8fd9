"""The day's figures of a sales team, from counters of every kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from zebros_pipeline.domain.contribution import Amount
from zebros_pipeline.domain.currencies import CurrencySettings
from zebros_pipeline.domain.forecast import month_of, tallies_by_month
from zebros_pipeline.domain.ports_totals import GroupCounter
from zebros_pipeline.domain.stages import ForecastCategory, StageSettings
from zebros_pipeline.domain.totals import Figures, PipelineValue, Tally, by_slot

LATELY: Final = timedelta(days=29)
"""The last 30 days are today and the 29 before."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """Open activities by how long ago their day was; those of today may still have time."""

    today: int
    days_1_to_7: int
    days_8_to_30: int
    over_30: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.today + self.days_1_to_7 + self.days_8_to_30 + self.over_30


@dataclass(frozen=True, slots=True)
class NewCustomers:
    """Live customers by when they were made."""

    this_month: int
    last_30_days: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The figures of a moment."""

    pipeline: PipelineValue
    closing_this_month: Figures
    won_this_month: Figures
    overdue: Overdue
    new_customers: NewCustomers
    missing_rates: Sequence[str]


def this_month(
    counters: Iterable[GroupCounter], today: date, stages: StageSettings, currencies: CurrencySettings
) -> tuple[Figures, Figures]:
    """Return open opportunities that are expected to close this month, and those won in it."""
    closing, won = Tally(), Tally()
    for category, tally in tallies_by_month(counters, stages).get(month_of(today), {}).items():
        (won if category is ForecastCategory.CLOSED else closing).merge(tally)
    return closing.figures(currencies), won.figures(currencies)


def overdue(counters: Iterable[GroupCounter], today: date) -> Overdue:
    """Return how many open activities were due when, from counters of the kind `due`."""
    buckets = [0, 0, 0, 0]
    for day, count in _days(counters):
        age = (today - day).days
        if age >= 0:
            buckets[(age > 0) + (age > 7) + (age > 30)] += count
    return Overdue(*buckets)


def new_customers(counters: Iterable[GroupCounter], today: date) -> NewCustomers:
    """Return how many customers are new, from counters of the kind `newcustomers`."""
    days = [(day, count) for day, count in _days(counters) if day <= today]
    return NewCustomers(
        this_month=sum(count for day, count in days if day >= today.replace(day=1)),
        last_30_days=sum(count for day, count in days if day >= today - LATELY),
    )


def _days(counters: Iterable[GroupCounter]) -> Iterable[tuple[date, int]]:
    for row in counters:
        for slot, amounts in by_slot(row.numbers).items():
            yield date.fromisoformat(f"{row.counter}-{slot}"), int(amounts.get(Amount.COUNT, 0))
