"""Which schedule there is for an activity's reminder: a row each, as of a version of the activity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from zebros_activities.repositories.keys import LOOKUP_TABLE
from zebros_core.dynamodb.codec import instant_text
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.store import TenantStore

_SORT_KEY: Final = "-"
_SETTLED_TTL_SECONDS: Final = 30 * 24 * 3600
"""How long it is remembered that there is none: longer than any event that would make one is kept."""


@dataclass(frozen=True, slots=True)
class KeptReminder:
    """The instant of the schedule that there is, or None, by which version of the activity."""

    version: int
    at: datetime | None


class ReminderRepository:
    """One tenant's reminders."""

    def __init__(self, store: TenantStore) -> None:
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def find(self, activity_id: str) -> KeptReminder | None:
        """Return what is kept, or None where nothing ever was."""
        row = self._lookup.get(("reminder", activity_id), _SORT_KEY)
        if row is None:
            return None
        at = row.get("at")
        return KeptReminder(row["version"], None if at is None else datetime.fromisoformat(at))

    def keep(self, activity_id: str, reminder: KeptReminder, *, previous: KeptReminder | None) -> bool:
        """Store it over what was read; False where somebody else was faster."""
        at = {} if reminder.at is None else {"at": instant_text(reminder.at)}
        return self._lookup.put(
            ("reminder", activity_id),
            _SORT_KEY,
            {"version": reminder.version, **at},
            condition={"version": previous.version} if previous else "absent",
            ttl_seconds=_SETTLED_TTL_SECONDS if reminder.at is None else None,
        )
