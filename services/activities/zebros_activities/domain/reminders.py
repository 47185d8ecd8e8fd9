"""When somebody is to be reminded of an activity, and what brings the reminder there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, StringConstraints, TypeAdapter

from zebros_activities.domain.activity import Activity
from zebros_core.messaging.envelope import TenantId, Wire, parse_wire, wire_text

FORGOTTEN_AFTER: Final = timedelta(days=1)
"""Of an activity whose time is over for so long nobody is reminded any more."""


class ReminderDue(Wire):
    """What a schedule carries: of which activity somebody is to be reminded, and which instant it was made for."""

    schema_version: Literal[1] = 1
    tenant_id: TenantId
    activity_id: Annotated[str, StringConstraints(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
    at: AwareDatetime

    @property
    def key(self) -> tuple[str, str]:
        """What a queue's messages of one activity have in common."""
        return self.tenant_id, self.activity_id

    def to_wire(self) -> str:
        """Return the message as JSON text."""
        return wire_text(self, at=self.at)


_ADAPTER: Final = TypeAdapter(ReminderDue)


def parse_reminder(message: str | bytes | Mapping[str, Any]) -> ReminderDue:
    """Read a message that arrived, trusting nothing. Raises PoisonError."""
    return parse_wire(_ADAPTER, message)


def reminder_wanted(activity: Activity | None, now: datetime) -> datetime | None:
    """Return when somebody is still to be reminded of an activity, perhaps at once; None for never.

    Never of one that is gone, done or cancelled, that was reminded of already, or whose time is over for a day.
    """
    if activity is None or activity.is_deleted or not activity.is_open or activity.reminded_at is not None:
        return None
    at, scheduled_at = activity.reminder_at, activity.scheduled_at
    if at is None or scheduled_at is None or now - scheduled_at > FORGOTTEN_AFTER:
        return None
    return at
