"""Local days as instants in UTC: that of a date, and that around an instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = ["bounds", "local_date", "local_day"]

_SECOND = timedelta(seconds=1)
_EARLY, _LATE = date(1, 1, 2), date(9999, 12, 30)


def bounds(first: date, last: date, zone: str) -> tuple[datetime, datetime]:
    """Return the first instant of a day in `zone`, and the first instant after the last one of the same or a later day.

    At the calendar's ends they are the calendar's own in UTC.
    """
    where = ZoneInfo(zone)
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC)
    begin = begin if first <= _EARLY else _first(first, where)
    return begin, end if last >= _LATE else _end(last, where)


def local_day(now: datetime, zone: str) -> tuple[datetime, datetime]:
    """Return the first instant of the day that it is in `zone`, and the first instant after its last one.

    The day holds every instant whose local date it is: 23 or 25 hours where the clock changes, and `now` always. Where
    a clock goes back over midnight, as in Newfoundland until 2011, the minutes in between, which the next day's date
    is on as well, are part of both days. A date that a zone skipped, as Samoa did 30 December 2011, is never today's.
    """
    where = ZoneInfo(zone)
    today = now.astimezone(where).date()
    return _first(today, where), _end(today, where)


def local_date(now: datetime, zone: str) -> date:
    """Return the date that it is in `zone`."""
    return now.astimezone(ZoneInfo(zone)).date()


def _first(day: date, where: ZoneInfo) -> datetime:
    """Return the first instant of a day: midnight, the earlier one of two, or where there is none the clock's jump."""
    earlier, later = _midnights(day, where)
    return _jump(later, earlier, where) if later < earlier else earlier


def _end(day: date, where: ZoneInfo) -> datetime:
    """Return the instant after the last one of a day: the next midnight, or the jump over it.

    Of two midnights the later one, if the clock had gone back behind it, and not just to it.
    """
    earlier, later = _midnights(day + timedelta(days=1), where)
    if later < earlier:
        return _jump(later, earlier, where)
    return later if (later - _SECOND).astimezone(where).date() == day else earlier


def _midnights(day: date, where: ZoneInfo) -> tuple[datetime, datetime]:
    """Return midnight by the offset before and by the offset after a change of the clock: equal where there is none.

    The first is the later one where midnight is skipped (PEP 495).
    """
    midnight = datetime(day.year, day.month, day.day, tzinfo=where)
    return midnight.astimezone(UTC), midnight.replace(fold=1).astimezone(UTC)


def _jump(low: datetime, high: datetime, where: ZoneInfo) -> datetime:
    """Return the instant, after `low` and not after `high`, at which the clock goes forward, to the second."""
    before = (low - _SECOND).astimezone(where).utcoffset()
    low -= _SECOND
    while high - low > _SECOND:
        middle = low + (high - low) // 2
        middle -= timedelta(microseconds=middle.microsecond)
        if middle.astimezone(where).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
