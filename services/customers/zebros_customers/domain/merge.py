"""The merge of two customers: the winner stays, the loser becomes a tombstone that names the winner."""

from datetime import datetime
from enum import StrEnum

from zebros_core.values import Value

INLINE_CHILDREN = 40
"""Contacts and documents that the request itself moves; the rest follows in the background."""


class MergeStatus(StrEnum):
    """`running` while records of the loser still have to follow."""

    RUNNING = "running"
    DONE = "done"


class Merge(Value):
    """A merge as it is kept; `moved` counts the contacts and documents that have followed so far."""

    merge_id: str
    winner_id: str
    loser_id: str
    status: MergeStatus = MergeStatus.RUNNING
    moved: int = 0
    started_at: datetime
    started_by: str
    finished_at: datetime | None = None
