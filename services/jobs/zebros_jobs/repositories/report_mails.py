"""Which reports were handed over to the mail service for whom, so that none goes out twice."""

from __future__ import annotations

from typing import Final

from zebros_core.clock import Clock
from zebros_core.dynamodb.lookup import LookupTable

__all__ = ["ReportMails"]

MARK_SECONDS: Final = 30 * 24 * 3600
"""Longer than anything asks for a job's last step again."""


class ReportMails:
    """One tenant's marks, by job and user."""

    def __init__(self, lookup: LookupTable, clock: Clock) -> None:
        self._lookup = lookup
        self._clock = clock

    def claim(self, job_id: str, user_id: str) -> bool:
        """Put the mark; False when it is there. Whoever got True sends, and nobody else ever does."""
        row = {"at": self._clock.now().isoformat()}
        return self._lookup.put(
            ("reportmail", job_id), user_id, row, condition="absent", ttl_seconds=MARK_SECONDS
        )

    def taken(self, job_id: str, user_id: str, message_id: str) -> None:
        """Note that the mail service has taken the mail."""
        row = {"at": self._clock.now().isoformat(), "messageId": message_id}
        self._lookup.put(("reportmail", job_id), user_id, row, ttl_seconds=MARK_SECONDS)

    def release(self, job_id: str, user_id: str) -> None:
        """Take the mark back of a mail that was certainly not taken."""
        self._lookup.delete(("reportmail", job_id), user_id)
