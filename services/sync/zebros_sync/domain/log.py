"""The change log of a tenant: dense sequence numbers, and pointers to what changed. No personal data is in it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

__all__ = [
    "BUCKET_SEGMENTS",
    "EMPTY_HEAD",
    "KEPT_DAYS",
    "MAX_ENTRIES",
    "STATE_SHARDS",
    "Entry",
    "Head",
    "Key",
    "Segment",
    "State",
    "document_of",
    "shard_of",
]

KEPT_DAYS: Final = 90
"""How long segments and tombstones are kept: a device that was away longer starts anew."""
MAX_ENTRIES: Final = 98
"""Entries of a segment: each is a state that is written in the segment's transaction, beside it and the head."""
BUCKET_SEGMENTS: Final = 10_000
"""So many sequence numbers share a partition of the log."""
STATE_SHARDS: Final = 16
"""Over so many partitions the states of a tenant are spread, by id. Fixed: cursors of full syncs depend on it."""

_SET: Final = "tags"
_NOT_KEPT: Final = frozenset({"tenantId", "createFingerprint"})

Key = tuple[str, str]
"""Entity and id of a record."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One change in the log: which record, at which version, whose it is then; `gone` when readers see no record."""

    entity: str
    id: str
    version: int
    gone: bool
    owner_id: str | None
    team_id: str | None

    @property
    def key(self) -> Key:
        """Entity and id."""
        return self.entity, self.id

    def to_json(self) -> list[Any]:
        """Return the entry as it is stored."""
        return [self.entity, self.id, self.version, self.gone, self.owner_id, self.team_id]

    @classmethod
    def of_json(cls, value: list[Any]) -> Entry:
        """Return the entry that was stored."""
        entity, id, version, gone, owner_id, team_id = value
        return cls(entity, id, version, gone, owner_id, team_id)


@dataclass(frozen=True, slots=True)
class Head:
    """How far a log goes: the highest sequence number, and when it was given. Every append moves it by a condition."""

    sequence: int
    at: datetime | None = None


EMPTY_HEAD: Final = Head(0)


@dataclass(frozen=True, slots=True)
class Segment:
    """What one append wrote: entries of the sequence numbers `first` to `last`."""

    first: int
    entries: tuple[Entry, ...]

    @property
    def last(self) -> int:
        """The highest of its numbers."""
        return self.first + len(self.entries) - 1

    @property
    def bucket(self) -> int:
        """The partition of the log that it is in."""
        return self.first // BUCKET_SEGMENTS

    def entries_json(self) -> str:
        """Return the entries as they are stored."""
        return json.dumps([entry.to_json() for entry in self.entries], separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class State:
    """A record at its latest version that came here, or its tombstone. `document` is its JSON text; empty for a
    tombstone."""

    entity: str
    id: str
    version: int
    gone: bool
    owner_id: str | None
    team_id: str | None
    document: str = ""

    @property
    def key(self) -> Key:
        """Entity and id."""
        return self.entity, self.id

    @property
    def size_bytes(self) -> int:
        """About what it takes on the wire and in a row."""
        characters = len(self.document)
        return 100 + (characters if self.document.isascii() else len(self.document.encode()))

    def entry(self) -> Entry:
        """Return the entry of the log that points to it."""
        return Entry(self.entity, self.id, self.version, self.gone, self.owner_id, self.team_id)

    def record(self) -> Mapping[str, Any]:
        """Return the record by wire names."""
        return json.loads(self.document) if self.document else {}


def document_of(record: Mapping[str, Any]) -> str:
    """Return a record as a state keeps it: one text for one record, whichever way it came; what is null is left out."""
    shown = {
        name: sorted(value) if name == _SET else _without_nulls(value)
        for name, value in record.items()
        if value is not None and name not in _NOT_KEPT
    }
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        return {name: _without_nulls(member) for name, member in members.items() if member is not None}
    return value


def shard_of(entity: str, id: str) -> int:
    """Return the partition of a record's state: evenly spread, the same for ever."""
    return zlib.crc32(f"{entity}#{id}".encode()) % STATE_SHARDS


def newest(states: Iterable[State]) -> dict[Key, State]:
    """Return the newest state of each record, in the order in which the records first appear."""
    found: dict[Key, State] = {}
    for state in states:
        known = found.get(state.key)
        if known is None or state.version > known.version:
            found[state.key] = state
    return found
