"""What an erasure cannot reach at once, and when each of it ends: the limits that the templates set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

__all__ = ["UNREACHED", "Unreached", "last_day"]


@dataclass(frozen=True, slots=True)
class Unreached:
    """A store that keeps what was written before an erasure, for so many days after it."""

    store: str
    what: str
    days: int


UNREACHED: Final = (
    Unreached("table streams", "changes of records on their way to the event bus", 1),
    Unreached("cached answers", "answers about reports that are gone, for an hour", 1),
    Unreached("answers of repeated requests", "answers kept for requests with an idempotency key", 1),
    Unreached("queues and dead letters", "changes that a consumer has not handled, or could not", 14),
    Unreached("event archive", "changes of records, kept to be replayed; a replay changes no record", 30),
    Unreached(
        "continuous backups", "the state of every table at each moment, restored by operators only", 35
    ),
    Unreached("unfinished uploads", "parts of files whose upload was never completed", 7),
    Unreached("failed invocations", "changes that a function could not read, set aside to be looked at", 90),
    Unreached("logs", "ids of records and no content of any", 90),
    Unreached(
        "cold backups", "tables as they were, sealed in a vault; the ledger is asked before a restore", 2557
    ),
)
"""By what keeps it. Nobody who uses the product reaches any of this."""


def last_day(erased_at: datetime, days: int) -> date:
    """Return the day on which the last of it is gone."""
    return (erased_at + timedelta(days=days)).date() + timedelta(days=1)
