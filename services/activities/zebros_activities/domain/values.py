"""Value types of activities: instants as they come over the wire, time zones, long text."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Final
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    PlainSerializer,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from zebros_core.clock import to_instant

MAX_DESCRIPTION: Final = 10_000
"""Characters of a description."""

_INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})")
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2199
_WHITE: Final = frozenset("\n\r\t")


def _read_instant(value: object) -> object:
    # pydantic alone would take other forms of ISO 8601, too, and bare digits.
    if not isinstance(value, str):
        return value
    try:
        if _INSTANT.fullmatch(value):
            return datetime.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticCustomError("instant", "must be an instant with a zone, as in 2026-01-31T09:30:00Z")


def _within_reach(value: datetime) -> datetime:
    # Time zones and calendars are known for these years; beyond them is a typing error.
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise PydanticCustomError(
            "year", "must be within the years {first} to {last}", {"first": _FIRST_YEAR, "last": _LAST_YEAR}
        )
    return to_instant(value.astimezone(UTC))


def _write_instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_read_instant),
    AfterValidator(_within_reach),
    PlainSerializer(_write_instant, return_type=str, when_used="json"),
]
"""An instant: with a zone on the wire, in UTC and whole milliseconds in Python, within the years 1900 to 2199."""

_time_zones = cache(available_timezones)  # it reads a folder of some hundred files


def is_time_zone(name: str) -> bool:
    """Tell whether this is the name of a time zone."""
    return name in _time_zones()


def _time_zone(name: str) -> str:
    if not is_time_zone(name):
        raise PydanticCustomError("time_zone", "not a time zone such as Europe/Berlin")
    return name


TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_time_zone)]
"""The name of a time zone of the IANA database."""


def multiline(text: str) -> str:
    """Return composed text. Raises PydanticCustomError for control characters other than line ends and tabs."""
    if any(unicodedata.category(char) in {"Cc", "Cs"} and char not in _WHITE for char in text):
        raise PydanticCustomError("control_character", "control characters are not allowed")
    return unicodedata.normalize("NFC", text)


LongText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_DESCRIPTION),
    AfterValidator(multiline),
]
"""Text of several lines, at most 10,000 characters."""
