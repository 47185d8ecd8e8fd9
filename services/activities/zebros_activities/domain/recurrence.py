"""Recurrence: rules of RFC 5545 checked, and turned into instants.

The rule is walked through by python-dateutil. It keeps the time on the clock: a meeting at nine is at nine before and
after a change to summer time, in the series' own time zone. A time that the clock skips is taken an hour later, of a
time that comes twice the first one (RFC 5545, section 3.3.5).
"""

# python-dateutil ships no types: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from types import MappingProxyType
from typing import Any, Final, NoReturn
from zoneinfo import ZoneInfo

from zebros_core.errors import ValidationError

MAX_OCCURRENCES: Final = 90
"""Occurrences of a series: all of them and the guards of the first are written in one transaction, which has room for
a hundred writes."""

_MAX_PERIODS: Final = MappingProxyType({"DAILY": 4000, "WEEKLY": 600, "MONTHLY": 240, "YEARLY": 100})
"""Days, weeks, months or years that a rule is followed for; some rules never match, and would be for ever."""

_LAST: Final = datetime(2199, 12, 30)
"""No activity is later; the day after it is one still."""

_WEEKDAY: Final = "(?:MO|TU|WE|TH|FR|SA|SU)"
_PARTS: Final = MappingProxyType(
    {
        "FREQ": re.compile("DAILY|WEEKLY|MONTHLY|YEARLY"),
        "INTERVAL": re.compile(r"[1-9]\d{0,2}"),
        "COUNT": re.compile(r"[1-9]\d{0,3}"),
        "UNTIL": re.compile(r"\d{8}T\d{6}Z"),
        "WKST": re.compile(_WEEKDAY),
        "BYDAY": re.compile(rf"[+-]?(?:[1-9]\d?)?{_WEEKDAY}(?:,[+-]?(?:[1-9]\d?)?{_WEEKDAY})*"),
    }
)
_NUMBERS: Final = MappingProxyType(
    {"BYMONTH": (1, 12), "BYMONTHDAY": (-31, 31), "BYYEARDAY": (-366, 366), "BYWEEKNO": (-53, 53)}
    | {"BYSETPOS": (-366, 366)}
)
_NOT_WITH: Final = MappingProxyType(
    {
        "BYWEEKNO": {"DAILY", "WEEKLY", "MONTHLY"},
        "BYYEARDAY": {"DAILY", "WEEKLY", "MONTHLY"},
        "BYMONTHDAY": {"WEEKLY"},
    }
)
"""RFC 5545, section 3.3.10: parts that a frequency does not take."""


def occurrences(rule: str, start: datetime, zone: str, *, at_most: int = MAX_OCCURRENCES) -> list[datetime]:
    """Return the instants of a series that begins at `start`, which is the first of them.

    Raises ValidationError for `/recurrence` that is not a rule, does not end, or has more occurrences than `at_most`
    or fewer than it counts, and for `/scheduledAt` that the rule does not contain.
    """
    parts = _parts(rule)
    where = ZoneInfo(zone)
    local = start.astimezone(where).replace(tzinfo=None, fold=0)
    count = int(parts.pop("COUNT", "0"))
    until = _until(parts.pop("UNTIL", None))
    if count > at_most:
        _refuse("too_many_occurrences", f"a series has at most {at_most} occurrences here")
    last = min(_LAST if until is None else until.astimezone(where).replace(tzinfo=None), _LAST)
    last += timedelta(days=1)  # behind a change of the clock the order of times on it is not that of instants
    wanted = count or at_most + 1
    found: list[datetime] = []
    for moment in islice(_moments(parts, local, last), wanted):
        at = start if moment == local else moment.replace(tzinfo=where).astimezone(UTC)
        if until is not None and at > until:
            break
        found.append(at)
    if not found or found[0] != start:
        message = "scheduledAt is not a time of its recurrence; it is the first one"
        raise ValidationError.for_field("/scheduledAt", "not_in_recurrence", message)
    if len(found) > at_most:
        _refuse("too_many_occurrences", f"a series has at most {at_most} occurrences here")
    if len(found) < count:
        _refuse("too_few_occurrences", f"the rule matches only {len(found)} times")
    return found


def _parts(rule: str) -> dict[str, str]:
    """Return the parts of a rule by name, each well-formed by itself and fitting the others."""
    parts: dict[str, str] = {}
    for part in rule.split(";"):
        name, separator, value = part.partition("=")
        if not separator or not value:
            _refuse("invalid_rule", "a recurrence is NAME=VALUE parts as in FREQ=WEEKLY;COUNT=10 (RFC 5545)")
        if name in parts:
            _refuse("invalid_rule", f"{name} is given twice")
        parts[name] = value
    for name, value in parts.items():
        _check(name, value)
    frequency = parts.get("FREQ")
    if frequency is None:
        _refuse("invalid_rule", "FREQ is missing")
    if "COUNT" not in parts and "UNTIL" not in parts:
        _refuse("endless", "a recurrence must end: give COUNT or UNTIL")
    if "COUNT" in parts and "UNTIL" in parts:
        _refuse("invalid_rule", "COUNT and UNTIL exclude each other")
    _check_together(parts, frequency)
    return parts


def _check(name: str, value: str) -> None:
    if name in {"BYHOUR", "BYMINUTE", "BYSECOND"}:
        _refuse("unsupported_part", f"{name} is not taken: the time of day is that of scheduledAt")
    if name == "FREQ" and value in {"SECONDLY", "MINUTELY", "HOURLY"}:
        _refuse("unsupported_frequency", "at most one occurrence a day")
    if name == "UNTIL" and not _PARTS[name].fullmatch(value):
        _refuse("invalid_rule", "UNTIL is an instant in UTC such as 20261231T235959Z")
    pattern = _PARTS.get(name)
    if pattern is not None and not pattern.fullmatch(value):
        _refuse("invalid_rule", f"{name} has a value that RFC 5545 does not know here")
    bounds = _NUMBERS.get(name)
    if bounds is not None and not all(_is_number(text, *bounds) for text in value.split(",")):
        _refuse("invalid_rule", f"{name} is numbers from {bounds[0]} to {bounds[1]} without 0")
    if pattern is None and bounds is None:
        _refuse("invalid_rule", "a part that RFC 5545 does not know")


def _is_number(text: str, low: int, high: int) -> bool:
    return bool(re.fullmatch(r"[+-]?\d{1,3}", text, re.ASCII)) and low <= int(text) <= high and int(text) != 0


def _check_together(parts: Mapping[str, str], frequency: str) -> None:
    for name, frequencies in _NOT_WITH.items():
        if name in parts and frequency in frequencies:
            _refuse("invalid_rule", f"{name} does not go with FREQ={frequency}")
    numbered = re.search(r"\d", parts.get("BYDAY", "")) is not None
    if numbered and (frequency not in {"MONTHLY", "YEARLY"} or "BYWEEKNO" in parts):
        _refuse("invalid_rule", f"BYDAY takes no numbers with FREQ={frequency}")
    if "BYSETPOS" in parts and not any(name.startswith("BY") for name in parts if name != "BYSETPOS"):
        _refuse("invalid_rule", "BYSETPOS goes with another BY part")


def _until(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        until = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        # The last days of the calendar have no time on the clock in every zone.
        return min(until, datetime(9999, 1, 1, tzinfo=UTC))
    except ValueError:
        _refuse("invalid_rule", "UNTIL is an instant in UTC such as 20261231T235959Z")


class _TooFarError(Exception):
    """The rule was followed for as long as it is."""


class _Interval(int):
    """The interval of a rule, which ends the walk after so many periods.

    A rule that never matches, such as one of the 30th of February, is followed to the year 9999 in a loop inside the
    library, in which it gives nothing: of what it takes from outside, the interval alone is used in every round.
    """

    periods_left: list[int]

    def __radd__(self, other: int) -> int:
        self.periods_left[0] -= 1
        if self.periods_left[0] < 0:
            raise _TooFarError
        return other + int(self)

    def __mul__(self, other: int) -> _Interval:  # a week is seven days
        return _interval(int(self) * other, self.periods_left)


def _interval(value: int, periods_left: list[int]) -> _Interval:
    made = _Interval(value)
    made.periods_left = periods_left
    return made


def _moments(parts: Mapping[str, str], start: datetime, last: datetime) -> Iterator[datetime]:
    """Give the times on the clock of a rule that does not end by itself, up to `last`."""
    from dateutil.rrule import rrulestr

    text = ";".join(f"{name}={value}" for name, value in parts.items())
    interval = _interval(int(parts.get("INTERVAL", "1")), [_MAX_PERIODS[parts["FREQ"]]])
    try:
        rule: Any = rrulestr(text, dtstart=start)
        for moment in rule.replace(interval=interval):
            if moment > last:
                return
            yield moment
    except _TooFarError:
        return
    except ValueError:
        _refuse("invalid_rule", "a rule that RFC 5545 does not know")


def _refuse(code: str, message: str) -> NoReturn:
    raise ValidationError.for_field("/recurrence", code, message)
