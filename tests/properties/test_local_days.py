"""What day it is somewhere: the bounds of a local day against a walk through the minutes of that time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zebros_core.local_days import local_date, local_day

pytestmark = pytest.mark.properties

ZONES = sorted(available_timezones() - {"localtime", "Factory"})
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
REACH = timedelta(hours=50)
"""Longer than any day has been: clocks were put back by 24 hours at most."""


def _date(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def walked_day(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the first instant of the present local date and the one after the last, found by looking at each minute.

    Days begin on a whole minute except where local mean time was kept, so the edges are looked for by the second.
    """
    today = _date(now, zone)
    start = (now - REACH).replace(second=0, microsecond=0)
    minutes = [start + step * MINUTE for step in range(int(2 * REACH / MINUTE) + 1)]
    inside = [minute for minute in minutes if _date(minute, zone) == today] or [now.replace(microsecond=0)]
    first, last = inside[0], inside[-1]
    while _date(first - SECOND, zone) == today:
        first -= SECOND
    while _date(last + SECOND, zone) == today:
        last += SECOND
    return first, last + SECOND


instants = st.datetimes(datetime(1901, 1, 1), datetime(2199, 12, 31)).map(
    lambda naive: naive.replace(tzinfo=UTC, microsecond=naive.microsecond // 1000 * 1000)
)


@cache
def _changes(name: str) -> list[datetime]:
    """Return the hours around which a zone's offset changes: days of ordinary length prove little."""
    zone, at, found = ZoneInfo(name), datetime(1960, 1, 1, tzinfo=UTC), []
    offset = at.astimezone(zone).utcoffset()
    while at.year < 2038:
        at += timedelta(days=7)
        if (now := at.astimezone(zone).utcoffset()) != offset:
            low, high = at - timedelta(days=7), at
            while high - low > MINUTE:
                middle = low + (high - low) / 2
                low, high = (low, middle) if middle.astimezone(zone).utcoffset() == now else (middle, high)
            found.append(high.replace(second=0, microsecond=0))
            offset = now
    return found


@st.composite
def near_changes(draw: st.DrawFn) -> tuple[str, datetime]:
    name = draw(st.sampled_from(ZONES))
    changes = _changes(name) or [datetime(2026, 1, 1, tzinfo=UTC)]
    return name, draw(st.sampled_from(changes)) + draw(st.integers(-3000, 3000)) * MINUTE


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ZONES), instants)
@example(
    "Pacific/Apia", datetime(2011, 12, 30, 9, 59, 59, tzinfo=UTC)
)  # the last second before the skipped day
@example("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC))
@example("Pacific/Kwajalein", datetime(1993, 8, 21, 12, tzinfo=UTC))
@example("America/St_Johns", datetime(2010, 11, 7, 2, 30, 30, tzinfo=UTC))  # back over midnight by a minute
@example("America/St_Johns", datetime(2010, 11, 7, 3, 15, tzinfo=UTC))
@example("America/Sao_Paulo", datetime(2018, 11, 4, 12, tzinfo=UTC))  # midnight does not exist
@example("America/Sao_Paulo", datetime(2018, 2, 18, 2, 30, tzinfo=UTC))  # the last hour comes twice
@example("Africa/Monrovia", datetime(1971, 6, 1, tzinfo=UTC))  # an offset with seconds
@example("Australia/Lord_Howe", datetime(2026, 4, 5, tzinfo=UTC))  # by half an hour
def test_a_local_day_holds_the_instants_of_its_date(name: str, now: datetime) -> None:
    assert local_day(now, name) == walked_day(now, ZoneInfo(name))


@settings(max_examples=150, deadline=None)
@given(near_changes())
def test_a_local_day_holds_the_instants_of_its_date_where_the_clock_changes(
    case: tuple[str, datetime],
) -> None:
    name, now = case
    assert local_day(now, name) == walked_day(now, ZoneInfo(name))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ZONES), instants)
def test_now_is_within_today_which_is_followed_by_another_day(name: str, now: datetime) -> None:
    start, end = local_day(now, name)
    assert start <= now < end
    assert local_date(start, name) == local_date(now, name) == local_date(end - SECOND, name)
    assert local_date(end, name) > local_date(now, name)
