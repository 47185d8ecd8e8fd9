"""The days of reports: calendar units, ranges, names that move, what they are compared with, and their steps."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zebros_core.errors import ValidationError
from zebros_core.local_days import bounds
from zebros_jobs.domain.reports.periods import (
    FIRST_DAY,
    LAST_DAY,
    Comparison,
    Grain,
    Period,
    former,
    is_relative,
    parse_period,
    steps,
)

TODAY = date(2026, 11, 28)
DAY = timedelta(days=1)


def days(text: str, today: date = TODAY) -> tuple[str, str]:
    period = parse_period(text, today)
    return period.first.isoformat(), period.last.isoformat()


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2017", "2017-01-01", "2017-12-31"),
        ("2017-Q2", "2017-04-01", "2017-06-30"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2017-12", "2017-12-01", "2017-12-31"),
        ("2017-W01", "2017-01-02", "2017-01-08"),
        ("2020-W53", "2020-12-28", "2021-01-03"),
        ("2017-03-05", "2017-03-05", "2017-03-05"),
        ("2017-03-05/2017-04-15", "2017-03-05", "2017-04-15"),
        ("today", "2026-11-28", "2026-11-28"),
        ("yesterday", "2026-11-27", "2026-11-27"),
        ("this-week", "2026-11-23", "2026-11-29"),
        ("last-week", "2026-11-16", "2026-11-22"),
        ("this-month", "2026-11-01", "2026-11-30"),
        ("last-month", "2026-10-01", "2026-10-31"),
        ("this-quarter", "2026-10-01", "2026-12-31"),
        ("last-quarter", "2026-07-01", "2026-09-30"),
        ("this-year", "2026-01-01", "2026-12-31"),
        ("last-year", "2025-01-01", "2025-12-31"),
        ("last-1-days", "2026-11-28", "2026-11-28"),
        ("last-30-days", "2026-10-30", "2026-11-28"),
        ("last-2-weeks", "2026-11-09", "2026-11-22"),
        ("last-12-months", "2025-11-01", "2026-10-31"),
        ("last-4-quarters", "2025-10-01", "2026-09-30"),
        ("last-3-years", "2023-01-01", "2025-12-31"),
    ],
)
def test_a_period_is_these_days(text: str, first: str, last: str) -> None:
    assert days(text) == (first, last)
    assert is_relative(text) == (not text[0].isdigit())


def test_names_move_with_the_day() -> None:
    assert days("last-month", date(2024, 3, 31)) == ("2024-02-01", "2024-02-29")
    assert days("last-month", date(2024, 1, 1)) == ("2023-12-01", "2023-12-31")
    assert days("last-quarter", date(2024, 2, 29)) == ("2023-10-01", "2023-12-31")
    assert days("last-week", date(2021, 1, 3)) == ("2020-12-21", "2020-12-27")
    assert days("this-week", date(2021, 1, 3)) == ("2020-12-28", "2021-01-03")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *[
            (text, "unknown_period")
            for text in ("", "17", "2017-13", "2017-00", "2017-W54", "2017-W00", "2017-Q5")
        ],
        *[
            (text, "unknown_period")
            for text in ("2017-02-29", "2017-2-1", "next-month", "last-0-days", " 2017")
        ],
        *[
            (text, "unknown_period")
            for text in ("2017/2018", "２０１７", "2017-03-01/", "0000", "last-9999-years")
        ],
        *[
            (text, "unknown_period")
            for text in ("2017-W53", "2017\n", "last-99999-days", "LAST-MONTH", "2017-01-01'--")
        ],
        ("2017-02-01/2017-01-31", "reversed_period"),
        ("1899", "period_out_of_reach"),
        ("2200-01-01/2200-01-02", "period_out_of_reach"),
        ("last-200-years", "period_out_of_reach"),
        ("2000-01-01/2020-12-31", "period_too_long"),
    ],
)
def test_what_is_no_period_is_refused_with_a_reason(text: str, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        parse_period(text, TODAY)
    assert [(fault.field, fault.code) for fault in refused.value.fields] == [("/period", code)]


@pytest.mark.parametrize(
    ("text", "previous", "year_before"),
    [
        ("2017", "2016", "2016"),
        ("2017-Q1", "2016-Q4", "2016-Q1"),
        ("2024-03", "2024-02", "2023-03"),
        ("2021-W01", "2020-W53", "2020-W01"),
        ("2020-W53", "2020-W52", "2019-W52"),
        ("2024-02-29", "2024-02-28", "2023-02-28"),
        ("2017-03-05/2017-03-14", "2017-02-23/2017-03-04", "2016-03-05/2016-03-14"),
        ("2017-03-01/2017-04-30", "2017-01-01/2017-02-28", "2016-03-01/2016-04-30"),
        ("2017-02-01/2017-02-28", "2017-01-01/2017-01-31", "2016-02-01/2016-02-29"),
        ("1900", None, None),
    ],
)
def test_a_period_is_compared_with(text: str, previous: str | None, year_before: str | None) -> None:
    period = parse_period(text, TODAY)
    found = [former(period, each, TODAY) for each in (Comparison.PREVIOUS, Comparison.PREVIOUS_YEAR)]
    assert [each.id if each else None for each in found] == [previous, year_before]
    assert former(period, Comparison.NONE, TODAY) is None


def test_one_that_is_not_over_is_compared_with_as_many_days() -> None:
    this_month = parse_period("this-month", date(2026, 3, 10))
    assert former(this_month, Comparison.PREVIOUS, date(2026, 3, 10)) == Period(
        date(2026, 2, 1), date(2026, 2, 10)
    )
    assert former(this_month, Comparison.PREVIOUS_YEAR, date(2026, 3, 10)) == Period(
        date(2025, 3, 1), date(2025, 3, 10)
    )
    # On its last day it is compared whole, and where the former one is shorter, with all of that.
    assert former(this_month, Comparison.PREVIOUS, date(2026, 3, 31)) == parse_period("2026-02", TODAY)
    assert former(this_month, Comparison.PREVIOUS, date(2026, 3, 30)) == parse_period("2026-02", TODAY)
    # One that is to come is compared whole.
    assert former(this_month, Comparison.PREVIOUS, date(2026, 2, 1)) == parse_period("2026-02", TODAY)


@pytest.mark.parametrize(
    ("text", "grain", "labels"),
    [
        ("2017-Q1", Grain.MONTH, ["January 2017", "February 2017", "March 2017"]),
        ("2017-01-15/2017-03-02", Grain.MONTH, ["15–31 January 2017", "February 2017", "1–2 March 2017"]),
        (
            "2017-01",
            Grain.WEEK,
            ["1 January 2017", *(f"Week {n}, 2017" for n in (1, 2, 3, 4)), "30–31 January 2017"],
        ),
        ("2017", Grain.QUARTER, ["Q1 2017", "Q2 2017", "Q3 2017", "Q4 2017"]),
        ("2016-12-31/2017-01-01", Grain.DAY, ["31 December 2016", "1 January 2017"]),
        ("2016-12-31/2017-01-01", Grain.YEAR, ["31 December 2016", "1 January 2017"]),
        ("2016-12-28/2017-01-05", Grain.QUARTER, ["28–31 December 2016", "1–5 January 2017"]),
    ],
)
def test_steps_are_calendar_units_cut_at_the_ends(text: str, grain: Grain, labels: list[str]) -> None:
    assert [step.label for step in steps(parse_period(text, TODAY), grain)] == labels


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("2025-11-01/2026-10-31", "November 2025 – October 2026"),
        ("2017-01-01/2017-06-30", "January – June 2017"),
        ("2017-01-01/2017-01-31", "1–31 January 2017"),
        ("2017-01-02/2017-06-30", "2 January – 30 June 2017"),
        ("2016-12-31/2017-01-01", "31 December 2016 – 1 January 2017"),
        ("2017-W52", "Week 52, 2017"),
        ("2017-12-31", "31 December 2017"),
    ],
)
def test_a_period_has_a_name_for_people(text: str, label: str) -> None:
    assert parse_period(text, TODAY).label == label


@given(st.dates(FIRST_DAY, LAST_DAY), st.integers(0, 900), st.sampled_from(Grain))
def test_steps_are_every_day_of_a_period_once(first: date, more: int, grain: Grain) -> None:
    period = Period(first, min(first + more * DAY, LAST_DAY))
    found = list(steps(period, grain))
    assert (found[0].first, found[-1].last) == (period.first, period.last)
    for one, after in pairwise(found):
        assert after.first == one.last + DAY
    assert len({step.id for step in found}) == len(found)
    for step in found:
        assert parse_period(step.id, TODAY) == step


@given(
    st.dates(date(1950, 1, 1), date(2150, 1, 1)),
    st.integers(0, 500),
    st.dates(date(1950, 1, 1), date(2150, 1, 1)),
)
def test_the_one_before_ends_where_a_period_begins_unless_it_is_cut(
    first: date, more: int, today: date
) -> None:
    period = Period(first, first + more * DAY)
    before = former(period, Comparison.PREVIOUS, today)
    assert before is not None
    is_over = not period.first <= today < period.last
    assert before.last == period.first - DAY if is_over else before.last < period.first


@pytest.mark.parametrize(
    ("text", "zone", "begins", "ends"),
    [
        ("2017-03-26", "Europe/Berlin", "2017-03-25T23:00:00+00:00", "2017-03-26T22:00:00+00:00"),
        ("2017-10", "Europe/Berlin", "2017-09-30T22:00:00+00:00", "2017-10-31T23:00:00+00:00"),
        ("2017", "Pacific/Kiritimati", "2016-12-31T10:00:00+00:00", "2017-12-31T10:00:00+00:00"),
        ("2011-12-29/2011-12-31", "Pacific/Apia", "2011-12-29T10:00:00+00:00", "2011-12-31T10:00:00+00:00"),
    ],
)
def test_days_are_instants_of_the_tenants_clock(text: str, zone: str, begins: str, ends: str) -> None:
    period = parse_period(text, TODAY)
    assert [each.isoformat() for each in bounds(period.first, period.last, zone)] == [begins, ends]
