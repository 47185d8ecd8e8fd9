"""When how much is expected, from the counters of the kind `month`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from zebros_pipeline.domain.contribution import NONE, SEPARATOR
from zebros_pipeline.domain.currencies import CurrencySettings
from zebros_pipeline.domain.ports_totals import GroupCounter
from zebros_pipeline.domain.stages import ForecastCategory, StageKind, StageSettings
from zebros_pipeline.domain.totals import Figures, Tally, by_slot, stage_or_unknown

UNDATED: Final = NONE
"""The month of opportunities that nobody expects to close at any time."""


@dataclass(frozen=True, slots=True)
class ForecastMonth:
    """What closes in a month, by category: open opportunities are expected to, won ones have."""

    month: str
    categories: Mapping[ForecastCategory, Figures]


@dataclass(frozen=True, slots=True)
class Forecast:
    """The months in order, every one of the range; and open opportunities without a date."""

    months: Sequence[ForecastMonth]
    undated: Mapping[ForecastCategory, Figures]
    missing_rates: Sequence[str]


def months_between(first: str, last: str) -> list[str]:
    """Return the months from the first to the last, both of the form YYYY-MM."""
    start, end = _number(first), _number(last)
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(start, end + 1)]


def month_of(day: date) -> str:
    """Return a day's month as YYYY-MM."""
    return day.isoformat()[:7]


def later(month: str, by: int) -> str:
    """Return the month that is `by` months later; the calendar's last one where there is none."""
    number = min(_number(month) + by, _number("9999-12"))
    return f"{number // 12:04}-{number % 12 + 1:02}"


def forecast(
    counters: Iterable[GroupCounter],
    months: Sequence[str],
    stages: StageSettings,
    currencies: CurrencySettings,
) -> Forecast:
    """Return the forecast of `months` from their counters and those without a month. Lost deals are in none of it."""
    tallies = tallies_by_month(counters, stages)
    whole = Tally()
    for month in (*months, UNDATED):
        for tally in tallies.get(month, {}).values():
            whole.merge(tally)
    return Forecast(
        months=[ForecastMonth(month, _shown(tallies.get(month, {}), currencies)) for month in months],
        undated=_shown(tallies.get(UNDATED, {}), currencies),
        missing_rates=whole.missing(currencies),
    )


def tallies_by_month(
    counters: Iterable[GroupCounter], stages: StageSettings
) -> dict[str, dict[ForecastCategory, Tally]]:
    """Return what open and won opportunities are worth by month and category."""
    found: dict[str, dict[ForecastCategory, Tally]] = {}
    for row in counters:
        month, _, currency = row.counter.rpartition(SEPARATOR)
        for slot, amounts in by_slot(row.numbers).items():
            key, _, own = slot.rpartition(".")
            stage = stage_or_unknown(stages, key)
            if stage.kind is StageKind.LOST:
                continue
            category = _category(stage.forecast_category, stage.kind, own)
            tally = found.setdefault(month, {}).setdefault(category, Tally())
            tally.add(currency, amounts, stage.probability)
    return found


def _category(of_stage: ForecastCategory, kind: StageKind, own: str) -> ForecastCategory:
    if kind is StageKind.WON:
        return ForecastCategory.CLOSED
    return of_stage if own == NONE else ForecastCategory(own)


def _shown(
    tallies: Mapping[ForecastCategory, Tally], currencies: CurrencySettings
) -> dict[ForecastCategory, Figures]:
    return {
        category: tallies[category].figures(currencies)
        for category in ForecastCategory
        if category in tallies and tallies[category].count
    }


def _number(month: str) -> int:
    year, _, number = month.partition("-")
    return int(year) * 12 + int(number) - 1
