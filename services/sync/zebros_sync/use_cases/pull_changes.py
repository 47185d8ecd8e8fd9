"""Give a device what it does not have yet: everything once, and from then on what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from zebros_sync.domain.cursor import DeltaCursor, FullCursor, PullCursor, ResetReason
from zebros_sync.domain.log import STATE_SHARDS, Entry, Key, State
from zebros_sync.domain.ports import ChangeLog
from zebros_sync.domain.sight import Sight

__all__ = ["PulledPage", "pull_changes"]

MAX_EXAMINED_BYTES: Final = 8 * 1024 * 1024
"""What a pull reads at most; a page of a user who sees little of it may be empty, with a cursor that has moved."""
_SEGMENTS: Final = 10
_REMOVAL_BYTES: Final = 80


@dataclass(frozen=True, slots=True)
class PulledPage:
    """A page of changes: records to keep, ids of records to remove, and where to go on.

    `more` tells whether to ask again at once. `reset` says why the device has to start anew; then there is nothing
    else. `done` and `total` are the partitions of a full sync, for a progress bar.
    """

    cursor: PullCursor | None
    records: tuple[State, ...] = ()
    removed: tuple[tuple[Key, int], ...] = ()
    more: bool = False
    reset: ResetReason | None = None
    is_full: bool = False
    done: int = 0
    total: int = 0
    examined_bytes: int = field(default=0)


def pull_changes(
    log: ChangeLog,
    sight: Sight,
    cursor: PullCursor | None,
    *,
    schema: int,
    most_bytes: int,
) -> PulledPage:
    """Return the page after a cursor; without one, the beginning of everything.

    A cursor that was made under another reach of its user, under another schema, or that the log does not go back to
    (or not yet up to) is answered with the reason for which the device starts anew. `most_bytes` bounds the page's
    records.
    """
    if cursor is None:
        cursor = FullCursor(sight.fingerprint, schema, log.head().sequence)
    elif cursor.schema != schema:
        return PulledPage(None, reset=ResetReason.SCHEMA_CHANGED)
    elif cursor.fingerprint != sight.fingerprint:
        return PulledPage(None, reset=ResetReason.VISIBILITY_CHANGED)
    if isinstance(cursor, FullCursor):
        return _full(log, sight, cursor, most_bytes)
    return _delta(log, sight, cursor, most_bytes)


def _full(log: ChangeLog, sight: Sight, cursor: FullCursor, most_bytes: int) -> PulledPage:
    records: list[State] = []
    size = examined = 0
    shard, after = cursor.shard, cursor.after
    # The last little room of a page is not worth another call.
    enough = most_bytes - most_bytes // 16
    while shard < STATE_SHARDS and size < enough and examined < MAX_EXAMINED_BYTES:
        left = min(most_bytes - size, MAX_EXAMINED_BYTES - examined)
        states, row = log.state_page(shard, after, most_bytes=left)
        for state in states:
            examined += state.size_bytes
            if not state.gone and sight.sees(state.entity, state.owner_id, state.team_id):
                records.append(state)
                size += state.size_bytes
        shard, after = (shard + 1, "") if row is None else (shard, row)
    if shard < STATE_SHARDS:
        position: PullCursor = FullCursor(cursor.fingerprint, cursor.schema, cursor.sequence, shard, after)
    else:
        position = DeltaCursor(cursor.fingerprint, cursor.schema, cursor.sequence)
    return PulledPage(
        position,
        tuple(records),
        more=True,  # at least the changes since the beginning are still to come
        is_full=True,
        done=shard,
        total=STATE_SHARDS,
        examined_bytes=examined,
    )


def _delta(log: ChangeLog, sight: Sight, cursor: DeltaCursor, most_bytes: int) -> PulledPage:
    head = log.head().sequence
    if cursor.sequence > head:
        return PulledPage(None, reset=ResetReason.AHEAD_OF_LOG)
    records: list[State] = []
    removed: dict[Key, int] = {}
    sent: set[Key] = set()
    sequence, seen = cursor.sequence, cursor.seen
    size = examined = 0

    def is_full() -> bool:
        return size >= most_bytes or examined >= MAX_EXAMINED_BYTES

    while sequence < head and not is_full():
        segments = log.segments(sequence + 1, most=_SEGMENTS)
        if not segments:
            return PulledPage(None, reset=ResetReason.LOG_TRIMMED)
        for segment in segments:
            entries = segment.entries[seen:]
            states = log.states(_wanted(entries, sight, sent))
            for entry in entries:
                if is_full():
                    # Its records may have grown since it was written: all of them may be more than an answer takes.
                    break
                seen += 1
                if entry.key in sent or not sight.knows(entry.entity):
                    continue
                sent.add(entry.key)
                state = states.get(entry.key)
                if (
                    state is not None
                    and not state.gone
                    and sight.sees(state.entity, state.owner_id, state.team_id)
                ):
                    records.append(state)
                    size += state.size_bytes
                else:
                    removed[entry.key] = state.version if state is not None else entry.version
                    size += _REMOVAL_BYTES
                examined += state.size_bytes if state is not None else _REMOVAL_BYTES
            if seen == len(segment.entries):
                sequence, seen = segment.last, 0
            if is_full():
                break
    return PulledPage(
        DeltaCursor(cursor.fingerprint, cursor.schema, sequence, seen),
        tuple(records),
        tuple(removed.items()),
        more=sequence < head,
        examined_bytes=examined,
    )


def _wanted(entries: Sequence[Entry], sight: Sight, sent: set[Key]) -> list[Key]:
    """Return which states to read: each record once a page."""
    return [
        key
        for key in dict.fromkeys(entry.key for entry in entries)
        if key not in sent and sight.knows(key[0])
    ]
