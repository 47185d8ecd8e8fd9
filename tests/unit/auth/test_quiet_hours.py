"""When quiet hours end, over changes of the clocks too."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zebros_auth.domain.quiet_hours import end_of_quiet_hours
from zebros_auth.domain.user import QuietHours

ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",  # its clocks change by half an hour
    "Africa/Casablanca",
    "Asia/Kolkata",
    "UTC",
]
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))


def quiet(begin: str, end: str) -> QuietHours:
    return QuietHours.model_validate({"from": begin, "to": end})


def is_quiet(hours: QuietHours, zone: str, at: datetime) -> bool:
    return hours.contains(at.astimezone(ZoneInfo(zone)).time())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@given(
    TIMES,
    TIMES,
    st.sampled_from(ZONES),
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),
)
def test_it_is_quiet_until_the_end_and_no_longer(begin: time, end: time, zone: str, now: datetime) -> None:
    hours = quiet(f"{begin:%H:%M}", f"{end:%H:%M}")
    until = end_of_quiet_hours(hours, zone, now)
    if until is None:
        assert not is_quiet(hours, zone, now)
        return
    assert now < until <= now + timedelta(hours=25)
    assert not is_quiet(hours, zone, until)
    step = (until - now) / 50
    assert all(is_quiet(hours, zone, now + step * n) for n in range(50))
    assert is_quiet(hours, zone, until - timedelta(seconds=1)) or until - now < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-01-10T23:00+01:00", "2026-01-11T07:00+01:00"),
        ("2026-01-11T06:59+01:00", "2026-01-11T07:00+01:00"),
        # The night in which the clocks go forward is an hour shorter, the one in which they go back an hour longer.
        ("2026-03-28T23:00+01:00", "2026-03-29T07:00+02:00"),
        ("2026-10-24T23:00+02:00", "2026-10-25T07:00+01:00"),
    ],
)
def test_nights_in_berlin(now: str, until: str) -> None:
    assert end_of_quiet_hours(quiet("22:00", "07:00"), "Europe/Berlin", at(now)) == at(until)


def test_an_end_that_the_clocks_jump_over_is_the_jump() -> None:
    now = at("2026-03-29T01:00+01:00")
    assert end_of_quiet_hours(quiet("22:00", "02:30"), "Europe/Berlin", now) == at("2026-03-29T03:00+02:00")


def test_an_end_that_comes_twice_ends_both_times() -> None:
    hours = quiet("22:00", "02:30")
    first, second = at("2026-10-25T02:30+02:00"), at("2026-10-25T02:30+01:00")
    assert end_of_quiet_hours(hours, "Europe/Berlin", at("2026-10-25T02:10+02:00")) == first
    assert end_of_quiet_hours(hours, "Europe/Berlin", at("2026-10-25T02:10+01:00")) == second


def test_by_day_it_is_not_quiet_and_without_hours_never() -> None:
    noon = at("2026-01-10T12:00+01:00")
    assert end_of_quiet_hours(quiet("22:00", "07:00"), "Europe/Berlin", noon) is None
    assert end_of_quiet_hours(None, "Europe/Berlin", noon) is None
    # The same instant is night elsewhere.
    assert end_of_quiet_hours(quiet("22:00", "07:00"), "America/Los_Angeles", noon) is not None
