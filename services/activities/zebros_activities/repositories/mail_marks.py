"""What was handed over to the mail service, so that no mail goes out twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from zebros_activities.repositories.keys import LOOKUP_TABLE
from zebros_core.clock import Clock
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.store import TenantStore

MARK_SECONDS: Final = 30 * 24 * 3600
"""How long a mail is known to have been handed over: twice as long as a queue keeps the wish to send it."""

_SORT_KEY: Final = "-"


@dataclass(frozen=True, slots=True)
class MailMark:
    """An attempt: when it began, and the mail service's id once that has taken the mail."""

    at: datetime
    message_id: str | None


class MailMarks:
    """One tenant's marks, by the id of the mail's activity."""

    def __init__(self, store: TenantStore, clock: Clock) -> None:
        self._lookup = LookupTable(store, LOOKUP_TABLE)
        self._clock = clock

    def claim(self, activity_id: str) -> bool:
        """Put the mark; False when it is there. Whoever got True sends, and nobody else ever does."""
        row = {"at": self._clock.now().isoformat()}
        return self._lookup.put(
            ("mail", activity_id), _SORT_KEY, row, condition="absent", ttl_seconds=MARK_SECONDS
        )

    def find(self, activity_id: str) -> MailMark | None:
        """Return the mark, strongly consistent, or None."""
        row = self._lookup.get(("mail", activity_id), _SORT_KEY)
        return None if row is None else MailMark(datetime.fromisoformat(row["at"]), row.get("messageId"))

    def taken(self, activity_id: str, message_id: str) -> None:
        """Note that the mail service has taken the mail."""
        row = {"at": self._clock.now().isoformat(), "messageId": message_id}
        self._lookup.put(("mail", activity_id), _SORT_KEY, row, ttl_seconds=MARK_SECONDS)

    def release(self, activity_id: str) -> None:
        """Take the mark back of a mail that was certainly not taken."""
        self._lookup.delete(("mail", activity_id), _SORT_KEY)
