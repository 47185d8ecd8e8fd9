"""Rules of RFC 5545: what they give, and which are refused, however long they would take to follow."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from zebros_activities.domain.recurrence import MAX_OCCURRENCES, occurrences
from zebros_core.errors import ValidationError

MONDAY = datetime(2026, 3, 23, 8, 0, tzinfo=UTC)
"""Nine o'clock in Berlin, a week before summer time."""


def refusal(rule: str, start: datetime = MONDAY, zone: str = "Europe/Berlin") -> tuple[str, str]:
    with pytest.raises(ValidationError) as refused:
        occurrences(rule, start, zone)
    fault = refused.value.fields[0]
    return fault.field, fault.code


def test_the_time_on_the_clock_stays_when_the_clock_changes() -> None:
    found = occurrences("FREQ=WEEKLY;COUNT=3", MONDAY, "Europe/Berlin")
    assert [at.isoformat() for at in found] == [
        "2026-03-23T08:00:00+00:00",
        "2026-03-30T07:00:00+00:00",
        "2026-04-06T07:00:00+00:00",
    ]
    assert {at.astimezone(ZoneInfo("Europe/Berlin")).hour for at in found} == {9}
    assert {at.hour for at in occurrences("FREQ=WEEKLY;COUNT=3", MONDAY, "UTC")} == {8}


def test_a_time_that_is_skipped_is_an_hour_later_and_of_one_that_comes_twice_the_first_is_taken() -> None:
    before = datetime(2026, 3, 28, 1, 30, tzinfo=UTC)  # half past two in Berlin, the day before summer time
    found = occurrences("FREQ=DAILY;COUNT=3", before, "Europe/Berlin")
    assert [at.astimezone(ZoneInfo("Europe/Berlin")).strftime("%d %H:%M") for at in found] == [
        "28 02:30",
        "29 03:30",
        "30 02:30",
    ]
    autumn = datetime(2026, 10, 24, 0, 30, tzinfo=UTC)
    found = occurrences("FREQ=DAILY;COUNT=2", autumn, "Europe/Berlin")
    assert found[1] == datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "still in summer time"


def test_until_is_an_instant_and_counts() -> None:
    assert len(occurrences("FREQ=DAILY;UNTIL=20260325T080000Z", MONDAY, "Europe/Berlin")) == 3
    assert len(occurrences("FREQ=DAILY;UNTIL=20260325T075959Z", MONDAY, "Europe/Berlin")) == 2


@pytest.mark.parametrize(
    ("rule", "last"),
    [
        ("FREQ=MONTHLY;BYDAY=4MO;COUNT=3", "2026-05-25"),
        ("FREQ=MONTHLY;BYMONTHDAY=23;COUNT=4", "2026-06-23"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-7;COUNT=2", "2026-04-22"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=MO;BYWEEKNO=13;COUNT=2", "2027-03-29"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;WKST=MO;COUNT=4", "2026-04-08"),
    ],
)
def test_rules_of_calendars(rule: str, last: str) -> None:
    assert occurrences(rule, MONDAY, "Europe/Berlin")[-1].date().isoformat() == last


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("FREQ=DAILY", "endless"),
        ("FREQ=WEEKLY;INTERVAL=2", "endless"),
        (f"FREQ=DAILY;COUNT={MAX_OCCURRENCES + 1}", "too_many_occurrences"),
        ("FREQ=DAILY;COUNT=9999", "too_many_occurrences"),
        ("FREQ=DAILY;UNTIL=99991231T235959Z", "too_many_occurrences"),
        ("FREQ=HOURLY;COUNT=2", "unsupported_frequency"),
        ("FREQ=MINUTELY;COUNT=2", "unsupported_frequency"),
        ("FREQ=SECONDLY;COUNT=2", "unsupported_frequency"),
        ("FREQ=DAILY;BYHOUR=9,10;COUNT=2", "unsupported_part"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270101T000000Z", "invalid_rule"),
        ("FREQ=DAILY;UNTIL=20270101", "invalid_rule"),
        ("FREQ=DAILY;UNTIL=20270101T000000", "invalid_rule"),
        ("FREQ=DAILY;UNTIL=20261345T000000Z", "invalid_rule"),
        ("FREQ=DAILY;COUNT=0", "invalid_rule"),
        ("FREQ=DAILY;COUNT=-1", "invalid_rule"),
        ("FREQ=DAILY;COUNT=2;COUNT=3", "invalid_rule"),
        ("FREQ=DAILY;COUNT=٣", "invalid_rule"),
        ("FREQ=DAILY;COUNT=3;", "invalid_rule"),
        ("FREQ=daily;COUNT=3", "invalid_rule"),
        ("COUNT=3", "invalid_rule"),
        ("every day", "invalid_rule"),
        ("RRULE:FREQ=DAILY;COUNT=3", "invalid_rule"),
        ("DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY;COUNT=3", "invalid_rule"),
        ("FREQ=DAILY;X-MINE=1;COUNT=3", "invalid_rule"),
        ("FREQ=DAILY;INTERVAL=0;COUNT=3", "invalid_rule"),
        ("FREQ=DAILY;INTERVAL=1000000000;COUNT=3", "invalid_rule"),
        ("FREQ=YEARLY;BYMONTH=13;COUNT=3", "invalid_rule"),
        ("FREQ=MONTHLY;BYMONTHDAY=0;COUNT=3", "invalid_rule"),
        ("FREQ=MONTHLY;BYMONTHDAY=32;COUNT=3", "invalid_rule"),
        ("FREQ=WEEKLY;BYDAY=XX;COUNT=3", "invalid_rule"),
        ("FREQ=WEEKLY;BYDAY=1MO;COUNT=3", "invalid_rule"),
        ("FREQ=WEEKLY;BYMONTHDAY=1;COUNT=3", "invalid_rule"),
        ("FREQ=DAILY;BYYEARDAY=1;COUNT=3", "invalid_rule"),
        ("FREQ=MONTHLY;BYWEEKNO=1;COUNT=3", "invalid_rule"),
        ("FREQ=DAILY;BYSETPOS=1;COUNT=3", "invalid_rule"),
        ("FREQ=DAILY;BYEASTER=1;COUNT=3", "invalid_rule"),
        ("FREQ=YEARLY;INTERVAL=999;COUNT=9", "too_few_occurrences"),
    ],
)
def test_a_rule_that_is_refused(rule: str, code: str) -> None:
    assert refusal(rule) == ("/recurrence", code)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=WEEKLY;BYDAY=TU;COUNT=2",
        "FREQ=DAILY;UNTIL=20200101T000000Z",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=2",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30;COUNT=2",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=2",
        "FREQ=DAILY;INTERVAL=999;BYMONTH=2;BYMONTHDAY=30;UNTIL=99991231T235959Z",
        "FREQ=WEEKLY;BYMONTH=2;BYDAY=MO;BYSETPOS=5;COUNT=3",
        "FREQ=YEARLY;BYWEEKNO=53;BYYEARDAY=100;COUNT=90",
        "FREQ=DAILY;BYDAY=MO;BYSETPOS=2;COUNT=2",
    ],
)
def test_a_rule_that_its_start_does_not_fit_is_refused_in_no_time(rule: str) -> None:
    began = time.perf_counter()
    assert refusal(rule) == ("/scheduledAt", "not_in_recurrence")
    assert time.perf_counter() - began < 0.5, "a rule that never matches is not followed to the year 9999"


def test_rare_rules_end_in_no_time() -> None:
    leap = datetime(2028, 2, 29, 12, tzinfo=UTC)
    began = time.perf_counter()
    assert len(occurrences("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=20", leap, "UTC")) == 20
    assert refusal("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=90", leap) == (
        "/recurrence",
        "too_few_occurrences",
    )
    assert refusal("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;COUNT=90", leap) == (
        "/recurrence",
        "too_few_occurrences",
    )
    assert time.perf_counter() - began < 1


def test_as_many_as_fit_one_transaction() -> None:
    found = occurrences(f"FREQ=DAILY;COUNT={MAX_OCCURRENCES}", MONDAY, "UTC")
    assert found[-1] - found[0] == timedelta(days=MAX_OCCURRENCES - 1)
