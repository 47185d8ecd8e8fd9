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

__all__ = [
    "NEVER",
    "WHOLE_RECORD",
    "MergePlan",
    "ServerRecord",
    "plan_delete",
    "plan_update",
    "with_whole_tags",
]

WHOLE_RECORD: Final = "*"
"""The field of a conflict between a deletion and edits."""
NEVER: Final = datetime.fromtimestamp(0, UTC)
"""When others wrote a record that nobody else has written."""
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
    produced: Mapping[int, datetime]
    """The versions of it that the device's own mutations made: for each, when others had last written it before."""

    @property
    def version(self) -> int:
        """Its present version."""
        return int(self.values["version"])

    @property
    def others_wrote_at(self) -> datetime:
        """When somebody else last wrote it, by the hybrid logical clock of that writer: what the device wrote since
        does not make its other edits any later or earlier.
        """
        if self.version in self.produced:
            return self.produced[self.version]
        stamp = str(self.values.get("hlc") or "")
        try:
            return datetime.fromtimestamp(int(stamp[:12], 16) / 1000, UTC)
        except ValueError:
            return datetime.fromisoformat(str(self.values["updatedAt"]))

    def is_foreign(self, name: str, base_version: int) -> bool:
        """Tell whether somebody else changed this field since the version that the user saw."""
        return any(
            version > base_version and version not in self.produced for version in self._versions_of(name)
        )

    def is_own(self, name: str, base_version: int) -> bool:
        """Tell whether it was this device alone that changed this field since the version that the user saw."""
        is_changed = any(version > base_version for version in self._versions_of(name))
        return is_changed and not self.is_foreign(name, base_version)

    def has_foreign_edits(self, base_version: int) -> bool:
        """Tell whether somebody else changed any field since the version that the user saw."""
        return any(
            int(version) > base_version and int(version) not in self.produced
            for version in self._versions.values()
        )

    def _versions_of(self, name: str) -> list[int]:
        names = (name, _WHOLE_AT[name]) if name in _WHOLE_AT else (name,)
        return [int(self._versions.get(self.codes.get(each, each), _CREATED)) for each in names]

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
    later = device_at > server.others_wrote_at
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
                foreign = met_others and not server.is_own(name, base_version)
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
    if strategy is Strategy.LAST_WRITER_WINS and device_at > server.others_wrote_at:
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
    if name in _WHOLE_AT and server.values.get(_WHOLE_AT[name]) is not None:
        seen = _MISSING  # that the beginning is as it was seen says nothing of the rest
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
    present = _tags(server.values.get(_TAGS)) or frozenset()
    if isinstance(wanted, Mapping):
        told = cast("Mapping[str, Any]", wanted)
        added, removed = _tags(told.get("add", [])), _tags(told.get("remove", []))
    else:
        seen = _tags(mutation.base.get(_TAGS))
        seen = present if seen is None else seen
        whole = _tags([] if wanted is None else wanted)
        added, removed = (None, None) if whole is None else (whole - seen, seen - whole)
    if added is None or removed is None:
        changes[_TAGS] = wanted  # no tags at all: for the owner to refuse
        return
    merged = (present | added) - removed
    if merged != present:
        changes[_TAGS] = sorted(merged)


def with_whole_tags(changes: Mapping[str, Any], present: Mapping[str, Any]) -> dict[str, Any]:
    """Return a device's changes with the tags that a record has with them, in place of what was added and removed."""
    told = changes.get(_TAGS)
    if not isinstance(told, Mapping):
        return dict(changes)
    pair = cast("Mapping[str, Any]", told)
    added, removed = (_tags(pair.get(name, [])) or frozenset() for name in ("add", "remove"))
    return {**changes, _TAGS: sorted(((_tags(present.get(_TAGS)) or frozenset()) | added) - removed)}


def _tags(value: Any) -> frozenset[str] | None:
    """Return tags as a set; None for what are none."""
    if not isinstance(value, list | tuple | set | frozenset):
        return None
    members = cast("Collection[Any]", value)
    return frozenset(members) if all(isinstance(member, str) for member in members) else None
