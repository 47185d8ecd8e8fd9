"""The days that a report is about: calendar units, ranges, and names such as `last-month` that move with today.

Days are a tenant's: whoever asks says which day it is where the tenant is. Weeks are those of ISO 8601, which begin on
Mondays; the first one of a year is the one with its first Thursday.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, NoReturn

from zebros_core.errors import ValidationError

__all__ = [
    "FIRST_DAY",
    "LAST_DAY",
    "MAX_DAYS",
    "Comparison",
    "Grain",
    "Period",
    "former",
    "is_relative",
    "parse_period",
    "steps",
]

FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
MAX_DAYS: Final = 7_320
"""Twenty years."""
_DAY: Final = timedelta(days=1)
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_SHORT_MONTHS: Final = tuple(name[:3] for name in _MONTHS)


class Grain(StrEnum):
    """The steps in which time is shown."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Comparison(StrEnum):
    """What a period is compared with: the one right before it, the same one a year before, or nothing."""

    PREVIOUS = "previous"
    PREVIOUS_YEAR = "previousYear"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Period:
    """Days from the first to the last. `grain` says which calendar unit it is, if it is one."""

    first: date
    last: date
    grain: Grain | None = None

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    @property
    def id(self) -> str:
        """The period as text that `parse_period` reads: `2017`, `2017-Q2`, `2017-03`, `2017-W10`, `2017-03-01`,
        `2017-03-01/2017-04-15`."""
        first = self.first
        match self.grain:
            case Grain.YEAR:
                return f"{first.year:04}"
            case Grain.QUARTER:
                return f"{first.year:04}-Q{_quarter(first)}"
            case Grain.MONTH:
                return f"{first:%Y-%m}"
            case Grain.WEEK:
                year, week, _ = first.isocalendar()
                return f"{year:04}-W{week:02}"
            case Grain.DAY:
                return first.isoformat()
            case None:
                return f"{first.isoformat()}/{self.last.isoformat()}"

    @property
    def label(self) -> str:
        """The period for people: `2017`, `Q2 2017`, `March 2017`, `Week 10, 2017`, `1–15 March 2017`."""
        first = self.first
        match self.grain:
            case Grain.YEAR:
                return f"{first.year}"
            case Grain.QUARTER:
                return f"Q{_quarter(first)} {first.year}"
            case Grain.MONTH:
                return f"{_MONTHS[first.month - 1]} {first.year}"
            case Grain.WEEK:
                year, week, _ = first.isocalendar()
                return f"Week {week}, {year}"
            case Grain.DAY | None:
                months = _whole_months(self)
                if months is not None and months > 1:
                    begin, end = _MONTHS[first.month - 1], _MONTHS[self.last.month - 1]
                    year = "" if first.year == self.last.year else f" {first.year}"
                    return f"{begin}{year} – {end} {self.last.year}"
                return self._days_label(_MONTHS)

    @property
    def short_label(self) -> str:
        """The same for an axis, where the year is said elsewhere: `2017`, `Q2`, `Mar`, `W10`, `1 Mar`, `1–15 Mar`."""
        first = self.first
        match self.grain:
            case Grain.YEAR:
                return f"{first.year}"
            case Grain.QUARTER:
                return f"Q{_quarter(first)}"
            case Grain.MONTH:
                return _SHORT_MONTHS[first.month - 1]
            case Grain.WEEK:
                return f"W{first.isocalendar().week}"
            case Grain.DAY | None:
                return self._days_label(_SHORT_MONTHS, year=False)

    def _days_label(self, months: Sequence[str], *, year: bool = True) -> str:
        first, last = self.first, self.last
        end = f"{last.day} {months[last.month - 1]}" + (f" {last.year}" if year else "")
        if first == last:
            return end
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day}–{end}"
        begin = f"{first.day} {months[first.month - 1]}"
        return f"{begin} – {end}" if first.year == last.year or not year else f"{begin} {first.year} – {end}"


def _quarter(day: date) -> int:
    return (day.month + 2) // 3


# -- calendar units ----------------------------------------------------------------------------------------------


def _unit(grain: Grain, day: date) -> Period:
    """Return the calendar unit that a day is in, cut at the days that this product knows."""
    match grain:
        case Grain.DAY:
            first, last = day, day
        case Grain.WEEK:
            first = day - timedelta(days=day.weekday())
            last = first + timedelta(days=6)
        case Grain.MONTH:
            first, last = day.replace(day=1), _month_end(day.year, day.month)
        case Grain.QUARTER:
            month = 3 * _quarter(day) - 2
            first, last = date(day.year, month, 1), _month_end(day.year, month + 2)
        case Grain.YEAR:
            first, last = date(day.year, 1, 1), date(day.year, 12, 31)
    return Period(first, last, grain)


def _month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - _DAY


def _moved(period: Period, grain: Grain, by: int) -> Period:
    """Return the calendar unit that is `by` units later."""
    match grain:
        case Grain.DAY | Grain.WEEK:
            return _unit(grain, period.first + by * (7 if grain is Grain.WEEK else 1) * _DAY)
        case Grain.MONTH | Grain.QUARTER:
            months = (
                period.first.year * 12 + period.first.month - 1 + by * (3 if grain is Grain.QUARTER else 1)
            )
            return _unit(grain, date(months // 12, months % 12 + 1, 1))
        case Grain.YEAR:
            return _unit(grain, date(period.first.year + by, 1, 1))


# -- reading -----------------------------------------------------------------------------------------------------

_UNITS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Period]], ...]] = (
    (re.compile(r"([0-9]{4})"), lambda m: _unit(Grain.YEAR, date(int(m[1]), 1, 1))),
    (re.compile(r"([0-9]{4})-Q([1-4])"), lambda m: _unit(Grain.QUARTER, date(int(m[1]), int(m[2]) * 3, 1))),
    (re.compile(r"([0-9]{4})-([0-9]{2})"), lambda m: _unit(Grain.MONTH, date(int(m[1]), int(m[2]), 1))),
    (
        re.compile(r"([0-9]{4})-W([0-9]{2})"),
        lambda m: _unit(Grain.WEEK, date.fromisocalendar(int(m[1]), int(m[2]), 1)),
    ),
    (re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})"), lambda m: _unit(Grain.DAY, date.fromisoformat(m[1]))),
    (
        re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})/([0-9]{4}-[0-9]{2}-[0-9]{2})"),
        lambda m: Period(date.fromisoformat(m[1]), date.fromisoformat(m[2])),
    ),
)
_THIS: Final = re.compile(r"(this|last)-(week|month|quarter|year)")
_LAST_MANY: Final = re.compile(r"last-([1-9][0-9]{0,3})-(days|weeks|months|quarters|years)")


def parse_period(text: str, today: date) -> Period:
    """Read a period; names that move are taken as of `today`.

    `2017`, `2017-Q2`, `2017-03`, `2017-W10`, `2017-03-05`, `2017-03-01/2017-04-15`; `today`, `yesterday`, `this-month`,
    `last-month` (week, quarter, year); `last-30-days`, which end today; `last-12-months` (weeks, quarters, years),
    which are whole ones before the present one. Raises ValidationError.
    """
    try:
        period = _parsed(text, today)
    except (ValueError, OverflowError):
        period = None
    if period is None:
        _refuse(
            "unknown_period",
            "a period such as 2017, 2017-Q2, 2017-03, 2017-W10, 2017-03-01/2017-04-15 or last-month",
        )
    if period.last < period.first:
        _refuse("reversed_period", "the period ends before it begins")
    if period.first < FIRST_DAY or period.last > LAST_DAY:
        _refuse("period_out_of_reach", f"a period lies between {FIRST_DAY} and {LAST_DAY}")
    if period.days > MAX_DAYS:
        _refuse("period_too_long", f"a period has at most {MAX_DAYS} days")
    return period


def _parsed(text: str, today: date) -> Period | None:
    for pattern, unit in _UNITS:
        if found := pattern.fullmatch(text):
            return unit(found)
    if text in ("today", "yesterday"):
        return _unit(Grain.DAY, today - (text == "yesterday") * _DAY)
    if found := _THIS.fullmatch(text):
        grain = Grain(found[2])
        present = _unit(grain, today)
        return present if found[1] == "this" else _moved(present, grain, -1)
    if found := _LAST_MANY.fullmatch(text):
        many, grain = int(found[1]), Grain(found[2].removesuffix("s"))
        if grain is Grain.DAY:
            return Period(today - (many - 1) * _DAY, today)
        present = _unit(grain, today)
        return Period(_moved(present, grain, -many).first, present.first - _DAY)
    return None


def is_relative(text: str) -> bool:
    """Tell whether a period moves with the day on which it is read."""
    return text in ("today", "yesterday") or bool(_THIS.fullmatch(text) or _LAST_MANY.fullmatch(text))


def _refuse(code: str, message: str) -> NoReturn:
    raise ValidationError.for_field("/period", code, message)


# -- comparing ---------------------------------------------------------------------------------------------------


def former(period: Period, comparison: Comparison, today: date) -> Period | None:
    """Return what a period is compared with; None for nothing, or where this product knows no such days.

    Of a period that is not over yet only as many days are compared as have passed, today among them: the first ten days
    of a month with the first ten days of the one before.
    """
    if comparison is Comparison.NONE:
        return None
    try:
        before = _before(period, comparison)
    except (ValueError, OverflowError):
        return None
    if before.first < FIRST_DAY:
        return None
    passed = (today - period.first).days + 1
    if 0 < passed < period.days and before.days > passed:
        return Period(before.first, before.first + (passed - 1) * _DAY)
    return before


def _before(period: Period, comparison: Comparison) -> Period:
    grain = period.grain
    if comparison is Comparison.PREVIOUS:
        if grain is not None:
            return _moved(period, grain, -1)
        whole = _whole_months(period)
        if whole is not None:
            return Period(
                _moved(_unit(Grain.MONTH, period.first), Grain.MONTH, -whole).first, period.first - _DAY
            )
        return Period(period.first - period.days * _DAY, period.first - _DAY)
    if grain is Grain.WEEK:
        year, week, _ = period.first.isocalendar()
        last_week = date(year - 1, 12, 28).isocalendar().week
        return _unit(Grain.WEEK, date.fromisocalendar(year - 1, min(week, last_week), 1))
    if grain is not None:
        return _unit(grain, _year_before(period.first))
    month_end = _month_end(period.last.year, period.last.month) == period.last
    last = _month_end(period.last.year - 1, period.last.month) if month_end else _year_before(period.last)
    return Period(_year_before(period.first), last)


def _whole_months(period: Period) -> int | None:
    """Return how many months a range is, if it is made of whole ones."""
    first, last = period.first, period.last
    if first.day != 1 or _month_end(last.year, last.month) != last:
        return None
    return (last.year - first.year) * 12 + last.month - first.month + 1


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


# -- steps -------------------------------------------------------------------------------------------------------


def steps(period: Period, grain: Grain) -> Iterator[Period]:
    """Give the calendar units of a period in order; the first and the last are cut where it begins and ends."""
    unit = _unit(grain, period.first)
    while unit.first <= period.last:
        cut = unit.first < period.first or unit.last > period.last
        first, last = max(unit.first, period.first), min(unit.last, period.last)
        yield Period(first, last, None if cut and grain is not Grain.DAY else grain)
        unit = _moved(unit, grain, 1)
