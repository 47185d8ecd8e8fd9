"""Merging what a device wrote into what the server has by now: field by field, by what each side knew.

A field of the server conflicts with a device's change of it only if its version is above the one that the user saw and
was not made by this very device: so two edits of one device, both offline, never conflict. Which version changed a
field last is in the record's `fieldVersions`. See architecture/sync.md for why this loses nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, cast

from zebros_sync.domain.conflict import FieldConflict, Side, Strategy
from zebros_sync.domain.push import Mutation

__all__ = ["WHOLE_RECORD", "MergePlan", "ServerRecord", "plan_delete", "plan_update"]

WHOLE_RECORD: Final = "*"
"""The field of a conflict between a deletion and edits."""
_CREATED: Final = 1
_TAGS: Final = "tags"
_MISSING: Final = object()
_WHOLE_AT: Final = {"description": "descriptionAt"}
"""A long text, of which a record has the beginning: whoever changes the rest of it moves the other field alone."""


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """A record as the server has it, and which fields which of its versions changed."""

    values: Mapping[str, Any]
    codes: Mapping[str, str]
    produced: frozenset[int]
    """The versions of it that the device's own mutations made."""

    @property
    def version(self) -> int:
        """Its present version."""
        return int(self.values["version"])

    @property
    def written_at(self) -> datetime:
        """When it was last written, by the hybrid logical clock of its writer."""
        stamp = str(self.values.get("hlc") or "")
        try:
            return datetime.fromtimestamp(int(stamp[:12], 16) / 1000, UTC)
        except ValueError:
            return datetime.fromisoformat(str(self.values["updatedAt"]))

    def is_foreign(self, name: str, base_version: int) -> bool:
        """Tell whether somebody else changed this field since the version that the user saw."""
        names = (name, _WHOLE_AT[name]) if name in _WHOLE_AT else (name,)
        versions = [int(self._versions.get(self.codes.get(each, each), _CREATED)) for each in names]
        return any(version > base_version and version not in self.produced for version in versions)

    def has_foreign_edits(self, base_version: int) -> bool:
        """Tell whether somebody else changed any field since the version that the user saw."""
        return any(
            int(version) > base_version and int(version) not in self.produced
            for version in self._versions.values()
        )

    @property
    def _versions(self) -> Mapping[str, Any]:
        return cast("Mapping[str, Any]", self.values.get("fieldVersions") or {})


@dataclass(frozen=True, slots=True)
class MergePlan:
    """What to write over the server's record, and which conflicts that settles or leaves open.

    `changes` is a merge patch; empty when there is nothing to write. `deletes` tells to delete the record instead.
    """

    changes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    conflicts: Mapping[str, FieldConflict] = field(default_factory=dict[str, FieldConflict])
    met_others: bool = False
    """Whether others wrote the record since the user saw it, in whichever field."""
    deletes: bool = False

    @property
    def is_open(self) -> bool:
        """Whether somebody has to decide."""
        return any(each.kept is None for each in self.conflicts.values())

    @property
    def lost(self) -> tuple[str, ...]:
        """The device's fields that were overridden or wait for a decision."""
        return tuple(name for name, each in self.conflicts.items() if each.kept is not Side.DEVICE)


def plan_update(
    server: ServerRecord, mutation: Mutation, strategy: Strategy, device_at: datetime
) -> MergePlan:
    """Merge a device's changes into the server's record. `device_at` is when they were made, by our clock."""
    base_version = mutation.base_version or 0
    met_others = server.has_foreign_edits(base_version)
    later = device_at > server.written_at
    changes: dict[str, Any] = {}
    conflicts: dict[str, FieldConflict] = {}
    for name, wanted in mutation.changes.items():
        if name == _TAGS:
            _merge_tags(server, mutation, wanted, changes)
            continue
        for path, value, present, seen in _parts(server, mutation, name, wanted):
            if value == present:
                continue
            if strategy is Strategy.LAST_WRITER_WINS:
                foreign = met_others
            else:
                foreign = server.is_foreign(name, base_version) and (seen is _MISSING or seen != present)
            kept = _winner(strategy, later) if foreign else Side.DEVICE
            if foreign:
                conflicts[".".join(path)] = FieldConflict(value, present, kept)
            if kept is Side.DEVICE:
                _put(changes, path, value)
    return MergePlan(changes, conflicts, met_others)


def plan_delete(
    server: ServerRecord, mutation: Mutation, strategy: Strategy, device_at: datetime
) -> MergePlan:
    """Decide about a deletion of a record that others may have edited: an edit that nobody saw is not deleted."""
    if not server.has_foreign_edits(mutation.base_version or 0):
        return MergePlan(deletes=True)
    kept: Side | None = Side.SERVER
    if strategy is Strategy.LAST_WRITER_WINS and device_at > server.written_at:
        kept = Side.DEVICE
    elif strategy is Strategy.MANUAL:
        kept = None
    conflict = FieldConflict("deleted", "edited", kept)
    return MergePlan({}, {WHOLE_RECORD: conflict}, met_others=True, deletes=kept is Side.DEVICE)


def _winner(strategy: Strategy, device_is_later: bool) -> Side | None:
    match strategy:
        case Strategy.MANUAL:
            return None
        case Strategy.SERVER_WINS:
            return Side.SERVER
        case _:
            return Side.DEVICE if device_is_later else Side.SERVER


def _parts(
    server: ServerRecord, mutation: Mutation, name: str, wanted: Any
) -> list[tuple[tuple[str, ...], Any, Any, Any]]:
    """Return path, wanted value, present value and seen value of what a change touches: an object's keys each alone."""
    present = server.values.get(name)
    seen = mutation.base.get(name, _MISSING)
    if not (isinstance(wanted, Mapping) and isinstance(present, Mapping)):
        return [((name,), wanted, present, seen)]
    inner_wanted = cast("Mapping[str, Any]", wanted)
    inner_present = cast("Mapping[str, Any]", present)
    inner_seen: Mapping[str, Any] | None = (
        cast("Mapping[str, Any]", seen) if isinstance(seen, Mapping) else None
    )
    return [
        (
            (name, key),
            value,
            inner_present.get(key),
            _MISSING if inner_seen is None else inner_seen.get(key),
        )
        for key, value in inner_wanted.items()
    ]


def _put(changes: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    inner = changes
    for step in path[:-1]:
        inner = inner.setdefault(step, {})
    inner[path[-1]] = value


def _merge_tags(server: ServerRecord, mutation: Mutation, wanted: Any, changes: dict[str, Any]) -> None:
    """Tags are a set: what each side added is in it, what each side removed is not, and nothing conflicts."""
    present = _tags(server.values.get(_TAGS))
    if isinstance(wanted, Mapping):
        told = cast("Mapping[str, Any]", wanted)
        added, removed = _tags(told.get("add")), _tags(told.get("remove"))
    else:
        seen = _tags(mutation.base.get(_TAGS)) if _TAGS in mutation.base else present
        added, removed = _tags(wanted) - seen, seen - _tags(wanted)
    merged = (present | added) - removed
    if merged != present:
        changes[_TAGS] = sorted(merged)


def _tags(value: Any) -> frozenset[str]:
    return (
        frozenset(cast("Collection[str]", value))
        if isinstance(value, list | tuple | set | frozenset)
        else frozenset()
    )
