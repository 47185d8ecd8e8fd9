"""Where a device is in its pull: in a full sync at a row of the states, or in the log at a sequence number."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["DeltaCursor", "FullCursor", "PullCursor", "ResetReason", "cursor_of"]


class ResetReason(StrEnum):
    """Why a device has to start anew: what it has cannot be brought up to date by changes alone."""

    LOG_TRIMMED = "logTrimmed"
    VISIBILITY_CHANGED = "visibilityChanged"
    AHEAD_OF_LOG = "aheadOfLog"
    SCHEMA_CHANGED = "schemaChanged"


@dataclass(frozen=True, slots=True)
class FullCursor:
    """In a full sync that noted the head `sequence` at its beginning: after row `after` of partition `shard`."""

    fingerprint: str
    schema: int
    sequence: int
    shard: int = 0
    after: str = ""

    def to_json(self) -> list[Any]:
        """Return the position as it is sealed."""
        return ["f", self.fingerprint, self.schema, self.sequence, self.shard, self.after]


@dataclass(frozen=True, slots=True)
class DeltaCursor:
    """In the log: what is up to `sequence`, the end of a segment, has been seen, and `seen` entries of the next one."""

    fingerprint: str
    schema: int
    sequence: int
    seen: int = 0

    def to_json(self) -> list[Any]:
        """Return the position as it is sealed."""
        position = ["d", self.fingerprint, self.schema, self.sequence]
        return [*position, self.seen] if self.seen else position


PullCursor = FullCursor | DeltaCursor


def cursor_of(position: list[Any]) -> PullCursor:
    """Return the cursor of a position that was sealed by us. Raises ValueError for one of another kind."""
    match position:
        case ["f", fingerprint, schema, sequence, shard, after]:
            return FullCursor(fingerprint, schema, sequence, shard, after)
        case ["d", fingerprint, schema, sequence]:
            return DeltaCursor(fingerprint, schema, sequence)
        case ["d", fingerprint, schema, sequence, seen]:
            return DeltaCursor(fingerprint, schema, sequence, seen)
        case _:
            raise ValueError("not a position of a pull")
