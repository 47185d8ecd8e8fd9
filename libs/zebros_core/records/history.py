"""The history of records: one entry a version, kept from the events of their tables.

An entry says who changed which field when, before and after. Events come late and twice: an entry is a row of its
version, so that a repeated one changes nothing and late ones find their place.

What a job wrote is found by a further row below the job, which names record and version. Those rows are spread over a
fixed number of partitions by the record's id: an import of a million records writes to all of them at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple, cast

from zebros_core.dynamodb.cursor import CursorBinding
from zebros_core.dynamodb.keys import SEPARATOR, escape_part
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.mapping import shard_of
from zebros_core.dynamodb.paging import Page
from zebros_core.dynamodb.store import TenantStore
from zebros_core.values import Value

__all__ = [
    "ERASED_OPERATION",
    "JOB_TTL_SECONDS",
    "FieldChange",
    "HistoryEntry",
    "HistoryRepository",
    "JobChange",
]

ERASED_OPERATION: Final = "erased"
"""Of a row that only keeps the place of a version, so that its late event adds nothing: see `privacy.history`."""

JOB_TTL_SECONDS: Final = 90 * 24 * 3600
"""How long it can be listed what a job wrote: for as long as it can be undone."""

_SHARDS: Final = 16
_COUNTED_AT_ONCE: Final = 50_000
"""Rows after which a count is handed back, to be gone on with: a few seconds of work."""
_ENTRIES_AT_ONCE: Final = 100
_PAGE_BYTES: Final = 3 * 1024 * 1024
"""Values of a page as JSON, after which it is given short: an answer of a function has six megabytes."""
_LOOK_BACK: Final = 50
_AFTER_ALL: Final = "~"


class FieldChange(Value):
    """A field before and after, as JSON has it; null where the field had no value."""

    before: Any = None
    after: Any = None


class HistoryEntry(Value):
    """What one version changed, by whom, when, and in which job where one did it."""

    version: int
    operation: str
    at: datetime
    actor: str
    job: str | None = None
    changes: dict[str, FieldChange]


class JobChange(Value):
    """A version of a record that a job wrote. `changes` are empty where the history of the record was erased since."""

    entity: str
    id: str
    version: int
    operation: str
    at: datetime
    changes: dict[str, FieldChange]


class _Place(NamedTuple):
    entity: str
    id: str
    version: int

    @property
    def key(self) -> tuple[tuple[str, str, str], str]:
        """Where the entry is."""
        return ("history", self.entity, self.id), f"{self.version:010d}"

    @property
    def sort_key(self) -> str:
        """What it is called among the rows of a job: the versions of a record are neighbours, the lowest first."""
        return SEPARATOR.join((self.entity, self.id, f"{self.version:010d}"))

    @classmethod
    def of(cls, sort_key: str) -> _Place:
        entity, id, version = sort_key.split(SEPARATOR)
        return cls(entity, id, int(version))


class HistoryRepository:
    """One tenant's history in a service's lookup table: one row a version, below the record."""

    def __init__(self, store: TenantStore, lookup_table: str) -> None:
        self._store = store
        self._lookup = LookupTable(store, lookup_table)

    def append(self, entity: str, id: str, entry: HistoryEntry, *, former_unknown: bool = False) -> bool:
        """Store the entry of a version; False where that version has one, so a repeated event changes nothing.

        `former_unknown`: the event does not say what was there before, such as that of a move to another key. Then it
        is taken from the entries before this one, when it is read.
        """
        row = entry.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"version"})
        row["changes"] = _storable(row["changes"])
        if former_unknown:
            row["formerUnknown"] = True
        place = _Place(entity, id, entry.version)
        stored = self._lookup.put(*place.key, row, condition="absent")
        if entry.job is not None:
            # Behind the entry, and again with each repetition: what is counted as the job's has its entry.
            self._lookup.put(
                _job_parts(entry.job, shard_of(id, _SHARDS)),
                place.sort_key,
                {"operation": entry.operation, "at": row["at"]},
                ttl_seconds=JOB_TTL_SECONDS,
            )
        return stored

    def page(self, entity: str, id: str, *, limit: int, cursor: str | None) -> Page[HistoryEntry]:
        """Return a page of a record's history, newest first."""
        page = self._lookup.query(("history", entity, id), limit=limit, cursor=cursor, descending=True)
        entries = [
            HistoryEntry.model_validate(
                {
                    **{name: value for name, value in row.items() if name not in {"sk", "formerUnknown"}},
                    "version": int(row["sk"]),
                    "changes": self._changes(_Place(entity, id, int(row["sk"])), row),
                }
            )
            for row in page.items
            if row["operation"] != ERASED_OPERATION
        ]
        return Page(entries, page.next_cursor)

    def newest_version(self, entity: str, id: str) -> int:
        """Return the highest version of which there is an entry, also of a record that is gone; 0 for none."""
        rows = self._lookup.query(("history", entity, id), limit=1, descending=True).items
        return int(rows[0]["sk"]) if rows else 0

    # -- what a job wrote --------------------------------------------------------------------------------------

    def page_of_job(self, job: str, *, limit: int, cursor: str | None) -> Page[JobChange]:
        """Return a page of what a job wrote, always in the same order; it may be short before the end.

        The versions of a record are neighbours, the lowest first.
        """
        binding = CursorBinding(self._store.tenant_id, "job-changes", {"job": job})
        shard, after = (0, "") if cursor is None else self._store.access.cursors.decode(cursor, binding)
        found: list[JobChange] = []
        size = 0
        while shard < _SHARDS:
            rows = self._job_rows(job, shard, after, limit - len(found))
            for start in range(0, len(rows), _ENTRIES_AT_ONCE):
                for change in self._job_changes(rows[start : start + _ENTRIES_AT_ONCE]):
                    found.append(change)
                    after = _Place(change.entity, change.id, change.version).sort_key
                    size += len(json.dumps(change.model_dump(mode="json")))
                    if len(found) == limit or size > _PAGE_BYTES:
                        return Page(found, self._store.access.cursors.encode([shard, after], binding))
            shard, after = shard + 1, ""
        return Page(found, None)

    def count_of_job(self, job: str, *, cursor: str | None) -> tuple[int, str | None]:
        """Return how many versions of records a job wrote, as far as they are known by now.

        It reads all rows of the job, so a large one is counted in parts: add up until there is no cursor.
        """
        binding = CursorBinding(self._store.tenant_id, "job-count", {"job": job})
        shard, after = (0, None) if cursor is None else self._store.access.cursors.decode(cursor, binding)
        counted = 0
        while shard < _SHARDS:
            number, after = self._lookup.count(_job_parts(job, shard), after=after)
            counted += number
            shard = shard if after else shard + 1
            if counted >= _COUNTED_AT_ONCE and shard < _SHARDS:
                return counted, self._store.access.cursors.encode([shard, after], binding)
        return counted, None

    def _job_rows(self, job: str, shard: int, after: str, limit: int) -> list[Mapping[str, Any]]:
        """Return up to `limit` rows of a shard behind `after`."""
        # Nothing sorts between a version and what begins with it and goes on.
        between = (f"{after}{SEPARATOR}", _AFTER_ALL) if after else None
        found: list[Mapping[str, Any]] = []
        cursor: str | None = None
        while len(found) < limit:
            page = self._lookup.query(
                _job_parts(job, shard), sk_between=between, limit=limit - len(found), cursor=cursor
            )
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        return found

    def _job_changes(self, rows: Sequence[Mapping[str, Any]]) -> list[JobChange]:
        places = [_Place.of(row["sk"]) for row in rows]
        entries = self._lookup.batch_get(place.key for place in places)
        return [
            JobChange(
                **place._asdict(),
                operation=row["operation"],
                at=row["at"],
                changes=self._changes(place, entries[place.key]) if place.key in entries else {},
            )
            for row, place in zip(rows, places, strict=True)
        ]

    # -- entries -----------------------------------------------------------------------------------------------

    def _changes(self, place: _Place, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return what an entry says was changed; where it does not say what was there before, that is looked up."""
        changes: dict[str, Any] = _as_json(row["changes"])
        if row.get("formerUnknown"):
            former = self._former(place, changes.keys())
            return {
                name: {**change, "before": former.get(name)}
                for name, change in changes.items()
                if former.get(name) != change.get("after")
            }
        return changes

    def _former(self, place: _Place, names: Collection[str]) -> dict[str, Any]:
        """Return the values that fields had before a version, by the entries of the versions before."""
        found: dict[str, Any] = {}
        cursor: str | None = None
        while True:
            page = self._lookup.query(
                place.key[0],
                sk_between=("0", f"{place.version - 1:010d}"),
                limit=_LOOK_BACK,
                descending=True,
                cursor=cursor,
            )
            for row in page.items:
                for name in names:
                    if name in row["changes"]:
                        found.setdefault(name, _as_json(row["changes"][name]).get("after"))
            cursor = page.next_cursor
            if cursor is None or len(found) == len(names):
                return found


def _job_parts(job: str, shard: int) -> tuple[str, str, str]:
    return "job", escape_part(job), f"{shard:x}"


def _storable(value: Any) -> Any:
    """Return a JSON value with decimals in place of floats, which carry our numbers of 15 digits without loss."""
    if isinstance(value, float):
        return Decimal(str(value))
    return _each(value, _storable)


def _as_json(value: Any) -> Any:
    """Return a stored value as JSON has it."""
    if isinstance(value, Decimal):
        return float(value)
    return _each(value, _as_json)


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {name: change(member) for name, member in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [change(member) for member in cast("list[Any]", value)]
    return value
