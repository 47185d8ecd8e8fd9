"""What an undo does to a record, by what the history says the import did and what the record is now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, cast

from zebros_core.values import Value

__all__ = ["UndoOutcome", "UndoParameters", "Undoing", "WrittenRecord", "undoing_of", "written_records"]

_NOBODYS: Final = frozenset(
    {
        "version",
        "schemaVersion",
        "tenantId",
        "createdAt",
        "createdBy",
        "updatedAt",
        "updatedBy",
        "fieldVersions",
        "hlc",
        "jobId",
        "createFingerprint",
        "deletedAt",
        "deletedBy",
        "lines",
        "lineCount",
    }
)
"""Fields that say who wrote a record when, and those that are beside it: no edit of anybody is told by them."""


class UndoParameters(Value):
    """Which import is undone."""

    import_id: str
    entity: str


class UndoOutcome(StrEnum):
    """What became of a record that an import had written."""

    REMOVED = "removed"
    RESTORED = "restored"
    UNCHANGED = "unchanged"
    """It is as it was before the import, or is gone, already."""
    KEPT = "kept"


@dataclass(slots=True)
class WrittenRecord:
    """A record that an import wrote: whether it created it, its version then, and each field before and after."""

    entity: str
    id: str
    version: int
    created: bool
    before: dict[str, Any] = field(default_factory=dict[str, Any])
    after: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True)
class Undoing:
    """What to do about a record. `patch` is a merge patch to its former values, `kept` names fields edited since.

    Of one that is kept for being `in_use`, `kept` has the kinds of records that name it.
    """

    outcome: UndoOutcome
    patch: dict[str, Any] = field(default_factory=dict[str, Any])
    kept: list[str] = field(default_factory=list[str])
    in_use: bool = False

    @property
    def why_kept(self) -> str:
        """The reason for which a record, or some of its fields, stay as they are."""
        if self.in_use:
            return "in-use"
        return "edited since" if self.outcome is UndoOutcome.KEPT else "partly edited since"


def written_records(changes: Iterable[Mapping[str, Any]]) -> list[WrittenRecord]:
    """Return what a job wrote record by record, from its changes as doors give them: versions of one are neighbours."""
    records: list[WrittenRecord] = []
    for change in changes:
        last = records[-1] if records else None
        if last is None or (last.entity, last.id) != (change["entity"], change["id"]):
            created = change["operation"] in {"created", "restored"}
            last = WrittenRecord(change["entity"], change["id"], change["version"], created)
            records.append(last)
        last.version = change["version"]
        for name, values in change["changes"].items():
            last.before.setdefault(name, values.get("before"))
            last.after[name] = values.get("after")
    return records


def undoing_of(
    record: WrittenRecord, present: Mapping[str, Any] | None, id_field: str, upkeep: Collection[str]
) -> Undoing:
    """Return what to do about a record. `present` is the record as it is now, None for one that is gone.

    `upkeep` are fields that our own machinery changes, such as when a contact was last spoken to.
    """
    if present is None:
        return Undoing(UndoOutcome.UNCHANGED)
    ignored = _NOBODYS | {id_field} | set(upkeep)
    if record.created:
        if present["version"] == record.version:
            return Undoing(UndoOutcome.REMOVED)
        edited = sorted(
            name
            for name in (present.keys() | record.after.keys()) - ignored
            if _plain(present.get(name)) != _plain(record.after.get(name))
        )
        return Undoing(UndoOutcome.KEPT, kept=edited) if edited else Undoing(UndoOutcome.REMOVED)
    undoing = Undoing(UndoOutcome.UNCHANGED)
    for name in sorted(record.after.keys() - ignored):
        _undo_field(
            undoing,
            (name,),
            record.before.get(name),
            record.after.get(name),
            present.get(name),
            undoing.patch,
        )
    if undoing.patch:
        undoing.outcome = UndoOutcome.RESTORED
    elif undoing.kept:
        undoing.outcome = UndoOutcome.KEPT
    return undoing


def _undo_field(
    undoing: Undoing, path: tuple[str, ...], before: Any, after: Any, present: Any, patch: dict[str, Any]
) -> None:
    """Put a field's former value into the patch, if the import's still stands; members of objects one by one."""
    name = path[-1]
    if any(isinstance(value, Mapping) for value in (before, after, present)):
        olds, news, nows = (_members(value) for value in (before, after, present))
        inner: dict[str, Any] = {}
        for member in sorted(olds.keys() | news.keys()):
            _undo_field(undoing, (*path, member), olds.get(member), news.get(member), nows.get(member), inner)
        if inner:
            patch[name] = inner
        return
    old, new, now = _plain(before), _plain(after), _plain(present)
    if old == new or now == old:
        return
    if path == ("tags",):
        # Tags of others stay; only the import's own come off, and what it took away is put back.
        wanted = (set(now or ()) - (set(new or ()) - set(old or ()))) | (set(old or ()) - set(new or ()))
        if wanted != set(now or ()):
            patch[name] = sorted(wanted)
    elif now == new:
        patch[name] = before
    else:
        undoing.kept.append(".".join(path))


def _members(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _plain(value: Any) -> Any:
    """Return a value in the one form in which it is compared: without members that are nothing, lists in order."""
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        plain = {name: _plain(member) for name, member in members.items()}
        return {name: member for name, member in plain.items() if member is not None} or None
    if isinstance(value, list):
        items = [_plain(item) for item in cast("list[Any]", value)]
        return (sorted(items) if all(isinstance(item, str) for item in items) else items) or None
    return value
