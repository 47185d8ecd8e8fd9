"""When a person's quiet hours end, in their time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from zebros_auth.domain.user import QuietHours

_MINUTE = timedelta(minutes=1)


def end_of_quiet_hours(quiet: QuietHours | None, time_zone: str, now: datetime) -> datetime | None:
    """Return the first instant at which it is no longer quiet, or None where it is not quiet now.

    Where clocks are put forward over the end, that is the moment of the change; where they are put back over it, the
    end comes twice, and the first one after `now` counts.
    """
    zone = ZoneInfo(time_zone)
    local = now.astimezone(zone)
    if quiet is None or not quiet.contains(local.time()):
        return None
    day = local.date()
    if quiet.ends < quiet.begins <= local.time():
        day += timedelta(days=1)
    wall = datetime.combine(day, quiet.ends, tzinfo=zone)
    first, second = wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
    if second < first:
        # The clocks jump over it. Read with the offset of afterwards it is still before the jump.
        return _jump_after(second, zone)
    return first if first > now else second


def _jump_after(instant: datetime, zone: ZoneInfo) -> datetime:
    """The change of offset that comes next: offsets change at whole minutes."""
    before = instant.astimezone(zone).utcoffset()
    instant = instant.replace(second=0, microsecond=0)
    while instant.astimezone(zone).utcoffset() == before:
        instant += _MINUTE
    return instant
