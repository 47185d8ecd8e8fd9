"""What sync works with, in memory: a log behind the repository's port, devices' memory, and owners of records.

The owners keep records as the services do: a version a write, the version that last changed each field, a hybrid
logical clock, a trash, and receipts by which a mutation that comes again is known. What they write is published as
events, which a test delivers as it likes: late, twice, in another order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from zebros_core.clock import FixedClock, HybridLogicalClock
from zebros_core.messaging import EntityChanged, Operation
from zebros_sync.domain.conflict import Conflict
from zebros_sync.domain.log import EMPTY_HEAD, STATE_SHARDS, Head, Key, Segment, State, shard_of
from zebros_sync.domain.ports import OwnerOutcome
from zebros_sync.domain.push import KeptOutcome

CODES = {
    "na": "name",
    "cn": "companyName",
    "no": "note",
    "ci": "contactInfo",
    "tg": "tags",
    "ow": "ownerId",
    "te": "teamId",
}
CODE_OF = {name: code for code, name in CODES.items()}


class InMemoryLog:
    """One tenant's log and states; see `ChangeLog`. `trim` forgets old segments, as their time to live does."""

    def __init__(self) -> None:
        self._head = EMPTY_HEAD
        self._segments: list[Segment] = []
        self._states: dict[Key, State] = {}
        self.appends = 0
        self.before_append: Any = lambda: None

    def head(self) -> Head:
        return self._head

    def append(self, expected: Head, segment: Segment, states: Sequence[State]) -> bool:
        self.before_append()
        if expected != self._head:
            return False
        assert segment.first == self._head.sequence + 1
        self._head = Head(segment.last)
        self._segments.append(segment)
        self._states |= {state.key: state for state in states}
        self.appends += 1
        return True

    def segments(self, first: int, *, most: int) -> list[Segment]:
        found = [segment for segment in self._segments if segment.first >= first][:most]
        return found if found and found[0].first == first else []

    def states(self, keys: Iterable[Key]) -> dict[Key, State]:
        return {key: self._states[key] for key in keys if key in self._states}

    def state_page(self, shard: int, after: str, *, most_bytes: int) -> tuple[list[State], str | None]:
        rows = (
            sorted(
                (f"{entity}#{id}", state)
                for (entity, id), state in self._states.items()
                if shard_of(entity, id) == shard and f"{entity}#{id}" > after
            )
            if shard < STATE_SHARDS
            else []
        )
        page: list[State] = []
        size = 0
        for row, state in rows:
            page.append(state)
            size += state.size_bytes
            if size >= most_bytes and row != rows[-1][0]:
                return page, row
        return page, None

    def kept(self) -> list[Segment]:
        """The segments that are there, in their order."""
        return list(self._segments)

    def trim(self, before: int) -> None:
        self._segments = [segment for segment in self._segments if segment.last >= before]


class InMemoryDevices:
    """What is remembered of devices; see `Devices`."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], KeptOutcome] = {}
        self.versions: dict[tuple[str, Key], Mapping[int, datetime]] = {}
        self.conflicts: dict[str, Conflict] = {}

    def outcomes(self, client_id: str, mutation_ids: Iterable[str]) -> dict[str, KeptOutcome]:
        return {id: self.kept[client_id, id] for id in mutation_ids if (client_id, id) in self.kept}

    def keep_outcome(self, client_id: str, mutation_id: str, outcome: KeptOutcome) -> None:
        self.kept[client_id, mutation_id] = outcome

    def produced(self, client_id: str, keys: Iterable[Key]) -> dict[Key, Mapping[int, datetime]]:
        return {key: self.versions[client_id, key] for key in keys if (client_id, key) in self.versions}

    def note_produced(self, client_id: str, key: Key, version: int, others_wrote_at: datetime) -> None:
        self.versions[client_id, key] = {**self.versions.get((client_id, key), {}), version: others_wrote_at}

    def keep_conflict(self, conflict: Conflict) -> None:
        self.conflicts.setdefault(conflict.id, conflict)

    def erased(self, keys: Iterable[Key]) -> set[Key]:
        del keys
        return set()


@dataclass
class InMemoryOwners:
    """The owners of one tenant's records, as a user who may do everything sees them; see `Owners`.

    `published` are the events of all writes, in their order. `before` and `after` may raise what a test wants to go
    wrong on the way to an owner and back.
    """

    clock: FixedClock = field(default_factory=FixedClock)
    tenant_id: str = "aurora"
    actor: str = "ada"
    records: dict[Key, dict[str, Any]] = field(default_factory=dict[Key, dict[str, Any]])
    receipts: dict[str, OwnerOutcome] = field(default_factory=dict[str, OwnerOutcome])
    published: list[EntityChanged] = field(default_factory=list[EntityChanged])
    before: Any = lambda: None
    after: Any = lambda: None
    overwrites: list[tuple[str, Key, dict[str, Any], dict[str, Any]]] = field(
        default_factory=list[tuple[str, Key, dict[str, Any], dict[str, Any]]]
    )
    """Of each write by a mutation: its id, the record, its values before and after."""

    def __post_init__(self) -> None:
        self.hlc = HybridLogicalClock(self.clock, "server")
        self._writing: str | None = None

    def codes(self, entity: str) -> Mapping[str, str]:
        del entity
        return CODE_OF

    def read(self, keys: Iterable[Key]) -> dict[Key, Mapping[str, Any]]:
        return {
            key: json.loads(json.dumps(self.records[key]))
            for key in keys
            if key in self.records and not self.records[key].get("deletedAt")
        }

    def apply(self, mutations: Sequence[Mapping[str, Any]]) -> list[OwnerOutcome]:
        self.before()
        outcomes = [self._apply(json.loads(json.dumps(mutation))) for mutation in mutations]
        self.after()
        return outcomes

    def write(self, key: Key, changes: Mapping[str, Any], *, actor: str = "web") -> int:
        """Write a record as somebody does who is online; create it when there is none."""
        record = self.records.get(key)
        former = self.actor
        self.actor = actor
        try:
            if record is None:
                outcome = self._create(key, dict(changes))
            elif record.get("deletedAt"):
                self._restore(key)
                outcome = self._update(key, None, dict(changes))
            else:
                outcome = self._update(key, None, dict(changes))
        finally:
            self.actor = former
        return int(outcome.version or 0)

    def delete(self, key: Key, *, actor: str = "web") -> None:
        """Delete a record as somebody does who is online."""
        former, self.actor = self.actor, actor
        self._delete(key, None)
        self.actor = former

    # ------------------------------------------------------------------------------------------------------------

    def _apply(self, mutation: Mapping[str, Any]) -> OwnerOutcome:
        mutation_id = mutation["mutationId"]
        if mutation_id in self.receipts:
            return self.receipts[mutation_id]
        self._writing = mutation_id
        key = (mutation["entity"], mutation["id"])
        match mutation["operation"]:
            case "create":
                outcome = self._create(key, mutation["changes"])
            case "update":
                outcome = self._update(key, mutation.get("baseVersion"), mutation["changes"])
            case "delete":
                outcome = self._delete(key, mutation.get("baseVersion"))
            case _:
                outcome = self._restore(key)
        self._writing = None
        if outcome.kind not in {"conflict", "rejected"}:
            self.receipts[mutation_id] = outcome
        return outcome

    def _create(self, key: Key, changes: dict[str, Any]) -> OwnerOutcome:
        if key in self.records:
            return OwnerOutcome("conflict", key[1], None, {"type": "urn:already-exists", "status": 409})
        refusal = _refused(changes)
        if refusal is not None:
            return refusal
        record = {"id": key[1], "version": 1, "fieldVersions": {}, "tags": [], **changes}
        self._store(key, record, Operation.CREATED)
        return OwnerOutcome("created", key[1], 1)

    def _update(self, key: Key, base: int | None, changes: dict[str, Any]) -> OwnerOutcome:
        record = self.records.get(key)
        if record is None or record.get("deletedAt"):
            return OwnerOutcome("rejected", key[1], None, {"type": "urn:not-found", "status": 404})
        if base is not None and base != record["version"]:
            return OwnerOutcome("conflict", key[1], None, {"type": "urn:version-mismatch", "status": 412})
        merged = _patched(record, changes)
        refusal = _refused(merged)
        if refusal is not None:
            return refusal
        changed = [name for name in CODES.values() if merged.get(name) != record.get(name)]
        if not changed:
            return OwnerOutcome("unchanged", key[1], record["version"])
        version = record["version"] + 1
        versions = {**record["fieldVersions"], **{CODE_OF[name]: version for name in changed}}
        self._store(key, {**merged, "version": version, "fieldVersions": versions}, Operation.UPDATED)
        return OwnerOutcome("updated", key[1], version)

    def _delete(self, key: Key, base: int | None) -> OwnerOutcome:
        record = self.records.get(key)
        if record is None or record.get("deletedAt"):
            return OwnerOutcome("rejected", key[1], None, {"type": "urn:not-found", "status": 404})
        if base is not None and base != record["version"]:
            return OwnerOutcome("conflict", key[1], None, {"type": "urn:version-mismatch", "status": 412})
        version = record["version"] + 1
        self._store(key, {**record, "version": version, "deletedAt": "now"}, Operation.DELETED)
        return OwnerOutcome("deleted", key[1], version)

    def _restore(self, key: Key) -> OwnerOutcome:
        record = self.records.get(key)
        if record is None:
            return OwnerOutcome("rejected", key[1], None, {"type": "urn:not-found", "status": 404})
        if not record.get("deletedAt"):
            return OwnerOutcome("unchanged", key[1], record["version"])
        version = record["version"] + 1
        self._store(key, {**record, "version": version, "deletedAt": None}, Operation.RESTORED)
        return OwnerOutcome("restored", key[1], version)

    def _store(self, key: Key, record: dict[str, Any], operation: Operation) -> None:
        self.clock.advance(milliseconds=1)
        record["hlc"] = self.hlc.tick()
        record["updatedAt"] = self.clock.now().isoformat()
        former = self.records.get(key)
        if former is not None and self._writing is not None:
            self.overwrites.append((self._writing, key, former, record))
        self.records[key] = record
        self.published.append(
            EntityChanged(
                event_id=f"{key[1]}-{record['version']}",
                tenant_id=self.tenant_id,
                entity=key[0],
                id=key[1],
                version=record["version"],
                operation=operation,
                actor=self.actor,
                occurred_at=self.clock.now(),
                snapshot=json.loads(json.dumps(record)),
            )
        )


def _refused(record: Mapping[str, Any]) -> OwnerOutcome | None:
    if record.get("name") == "":
        return OwnerOutcome(
            "rejected", None, None, {"type": "urn:validation", "status": 422, "detail": "no name"}
        )
    unknown = (
        set(record)
        - set(CODES.values())
        - {
            "id",
            "version",
            "fieldVersions",
            "hlc",
            "updatedAt",
            "deletedAt",
        }
    )
    if unknown:
        return OwnerOutcome(
            "rejected", None, None, {"type": "urn:validation", "status": 422, "detail": "unknown"}
        )
    return None


def _patched(record: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The record after a merge patch (RFC 7396), one level deep as far as it matters here."""
    merged = dict(record)
    for name, value in changes.items():
        present = merged.get(name)
        if isinstance(value, dict) and isinstance(present, dict):
            inner = {**present, **value}
            merged[name] = {key: each for key, each in inner.items() if each is not None}
        elif value is None:
            merged.pop(name, None)
        else:
            merged[name] = value
    return merged
