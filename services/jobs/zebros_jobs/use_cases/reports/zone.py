"""Where a tenant's days are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

__all__ = ["time_zone", "today_in"]

DEFAULT_ZONE: Final = "UTC"


def time_zone(settings: Mapping[str, Any]) -> str:
    """Return the time zone of a tenant's settings."""
    return str(settings.get("timeZone", DEFAULT_ZONE))


def today_in(settings: Mapping[str, Any], now: datetime) -> date:
    """Return which day it is where the tenant is."""
    return now.astimezone(ZoneInfo(time_zone(settings))).date()
