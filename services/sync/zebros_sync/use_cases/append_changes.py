"""Append what changed to the tenant's log, and keep each record's latest state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from zebros_core.errors import UnavailableError
from zebros_core.messaging import EntityChanged, Operation
from zebros_sync.domain.log import MAX_ENTRIES, Head, Segment, State, document_of, newest
from zebros_sync.domain.ports import ChangeLog

__all__ = ["append_changes", "append_states", "state_of", "state_of_record"]

MAX_BYTES: Final = 3 * 1024 * 1024
"""Of the states of one append: a transaction takes 4 MB."""
_TRIES: Final = 30


def state_of(change: EntityChanged) -> State | None:
    """Return the state that a change leads to; None for the removal of an old row, whose record has a newer event."""
    if change.operation is Operation.REMOVED:
        return None
    snapshot = change.snapshot or {}
    gone = change.operation is Operation.DELETED
    return State(
        change.entity,
        change.id,
        change.version,
        gone,
        snapshot.get("ownerId"),
        snapshot.get("teamId"),
        "" if gone else document_of(snapshot),
    )


def state_of_record(entity: str, id: str, record: Mapping[str, Any]) -> State:
    """Return the state of a record as its owner has it now."""
    return State(
        entity,
        id,
        int(record["version"]),
        False,
        record.get("ownerId"),
        record.get("teamId"),
        document_of(record),
    )


def append_changes(log: ChangeLog, changes: Iterable[EntityChanged]) -> int:
    """Append changes in whichever order they came, twice or late; return how many were new."""
    return append_states(log, [state for change in changes if (state := state_of(change)) is not None])


def append_states(log: ChangeLog, states: Iterable[State], *, corrects: bool = False) -> int:
    """Append those states that are newer than what is known; return how many. With `corrects`, those, too, that say
    something else of the same version.

    Raises UnavailableError when others append at every moment at which this one tries: the queue brings it again.
    """
    waiting = list(newest(states).values())
    appended = failures = 0
    while failures < _TRIES:
        # In this order: whoever appends after the head was read is noticed by the condition on it.
        head = log.head()
        known = log.states([state.key for state in waiting])
        waiting = [state for state in waiting if _is_news(state, known.get(state.key), corrects=corrects)]
        done = 0
        for portion in _portions(waiting):
            segment = Segment(head.sequence + 1, tuple(state.entry() for state in portion))
            if not log.append(head, segment, portion):
                break
            # What was read still holds: the head is where this very append has left it.
            head = Head(segment.last)
            done += len(portion)
        appended += done
        waiting = waiting[done:]
        if not waiting:
            return appended
        failures = 1 if done else failures + 1
    raise UnavailableError(detail="The change log is too busy at this moment.")


def _is_news(state: State, former: State | None, *, corrects: bool) -> bool:
    if former is None or state.version > former.version:
        return True
    return corrects and state.version == former.version and state != former


def _portions(states: Sequence[State]) -> Iterable[list[State]]:
    """Cut into what one transaction takes."""
    portion: list[State] = []
    size = 0
    for state in states:
        if portion and (len(portion) == MAX_ENTRIES or size + state.size_bytes > MAX_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(state)
        size += state.size_bytes
    if portion:
        yield portion
