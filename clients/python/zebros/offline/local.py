"""Records as the user of a device sees and edits them, with or without a network."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from zebros.errors import NotOnDeviceError, OfflineError
from zebros.offline.ids import new_record_id

if TYPE_CHECKING:
    from zebros.offline.store import OfflineStore

__all__ = ["LocalRecord", "LocalRecords", "overlaid"]

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "customer": ("companyName",),
    "contact": ("lastName", "firstName"),
    "lead": ("lastName", "firstName"),
    "product": ("name",),
    "opportunity": ("title",),
    "activity": ("scheduledAt", "subject"),
    "user": ("name",),
}
"""By which fields lists are in order."""
_TAGS: Final = "tags"


@dataclass(frozen=True, slots=True)
class LocalRecord:
    """A record on the device. `version` is the server's, 0 of one made here; `pending` counts queued changes."""

    entity: str
    id: str
    version: int
    values: Mapping[str, Any]
    pending: int = 0

    @property
    def name(self) -> str:
        """What it is called in lists."""
        return " ".join(str(self.values.get(name, "")) for name in _NAMES.get(self.entity, ())).strip()


class LocalRecords:
    """The records of one entity on a device."""

    def __init__(self, store: OfflineStore, entity: str) -> None:
        self._store = store
        self._entity = entity

    def get(self, id: str) -> LocalRecord:
        """Return a record. Raises NotOnDeviceError."""
        row = self._store.connection.execute(
            f"{_SELECT} WHERE r.entity = ? AND r.id = ? AND NOT r.hidden",
            (self._entity, id),
        ).fetchone()
        if row is None:
            raise NotOnDeviceError(f"there is no {self._entity} {id} on this device")
        return self._record(row)

    def page(
        self, *, limit: int = 50, after: LocalRecord | None = None, search: str = ""
    ) -> list[LocalRecord]:
        """Return records in the order of their names, from the one behind `after` on.

        `search` keeps those whose name has this text. In an encrypted store the order is that of ids, and searching
        reads every record.
        """
        if self._store.sealer.hides:
            return self._page_hidden(limit, after, search)
        condition, values = "entity = ? AND hidden = 0", [self._entity]
        if search:
            condition += " AND instr(sort_key, ?) > 0"
            values.append(search.casefold())
        if after is not None:
            condition += " AND (sort_key, id) > (?, ?)"
            values += [sort_key(after.entity, after.values), after.id]
        # Which records, the index alone tells; only those are read that are on the page.
        rows = self._store.connection.execute(
            f"{_SELECT} WHERE (r.entity, r.id) IN (SELECT entity, id FROM records WHERE {condition}"  # noqa: S608
            " ORDER BY sort_key, id LIMIT ?) ORDER BY r.sort_key, r.id",
            (*values, limit),
        )
        return [self._record(row) for row in rows.fetchall()]

    def _page_hidden(self, limit: int, after: LocalRecord | None, search: str) -> list[LocalRecord]:
        rows = self._store.connection.execute(
            f"{_SELECT} WHERE r.entity = ? AND r.hidden = 0 AND r.id > ? ORDER BY r.id",
            (self._entity, after.id if after is not None else ""),
        )
        found: list[LocalRecord] = []
        for row in rows:
            record = self._record(row)
            if search.casefold() in record.name.casefold():
                found.append(record)
            if len(found) == limit:
                break
        return found

    def all(self, *, search: str = "") -> Iterator[LocalRecord]:
        """Give every record in order; memory is constant in their number."""
        after: LocalRecord | None = None
        while True:
            page = self.page(limit=200, after=after, search=search)
            yield from page
            if len(page) < 200:
                return
            after = page[-1]

    def count(self) -> int:
        """Return how many there are."""
        row = self._store.connection.execute(
            "SELECT count(*) FROM records WHERE entity = ? AND hidden = 0", (self._entity,)
        ).fetchone()
        return int(row[0])

    # -- edits -------------------------------------------------------------------------------------------------

    def create(self, values: Mapping[str, Any], *, id: str | None = None) -> LocalRecord:
        """Make a record on the device; it is sent with the next sync, under the id that it has now.

        Raises OfflineError for the id of a record that is here, and for values that no request can carry.
        """
        id = id or new_record_id()
        with self._store.transaction() as connection:
            generation = int(self._store.meta("generation") or 1)
            there = connection.execute(
                "SELECT 1 FROM records WHERE entity = ? AND id = ?", (self._entity, id)
            ).fetchone()
            if there is not None:
                raise OfflineError(f"there is a {self._entity} {id} on this device already; edit it")
            connection.execute(
                "INSERT INTO records (entity, id, version, generation) VALUES (?, ?, 0, ?)",
                (self._entity, id, generation),
            )
            self._store.queue.add(self._entity, id, "create", None, values, {})
            self.refresh(id)
        return self.get(id)

    def edit(self, id: str, changes: Mapping[str, Any]) -> LocalRecord:
        """Change a record on the device, by a merge patch. `tags` may be `{"add": […], "remove": […]}`.

        Raises NotOnDeviceError, and OfflineError for values that no request can carry.
        """
        with self._store.transaction():
            before = self.get(id)
            seen = {name: before.values[name] for name in changes if name in before.values}
            self._store.queue.add(self._entity, id, "update", before.version, changes, seen)
            self.refresh(id)
        return self.get(id)

    def delete(self, id: str) -> None:
        """Delete a record on the device. Raises NotOnDeviceError."""
        with self._store.transaction():
            before = self.get(id)
            self._store.queue.add(self._entity, id, "delete", before.version, {}, {})
            self.refresh(id)

    def refresh(self, id: str) -> None:
        """Lay what is queued over the server's record anew, within the caller's transaction."""
        store = self._store
        row = store.connection.execute(
            "SELECT document FROM records WHERE entity = ? AND id = ?", (self._entity, id)
        ).fetchone()
        if row is None:
            return
        base = None if row[0] is None else cast("dict[str, Any]", store.sealer.open(row[0]))
        pending = store.queue.of_record(self._entity, id)
        if base is None and not pending:
            # It was made here, and is gone: refused by the server and given up, or deleted before it was sent.
            store.connection.execute("DELETE FROM records WHERE entity = ? AND id = ?", (self._entity, id))
            return
        shown: dict[str, Any] = dict(base or {})
        hidden = False
        for change in pending:
            hidden = change.operation == "delete"
            shown = overlaid(shown, change.changes)
        local = store.sealer.seal(shown) if pending else None
        key = "" if store.sealer.hides else sort_key(self._entity, shown)
        store.connection.execute(
            "UPDATE records SET local = ?, hidden = ?, sort_key = ? WHERE entity = ? AND id = ?",
            (local, hidden, key, self._entity, id),
        )

    def _record(self, row: tuple[Any, ...]) -> LocalRecord:
        id, version, document, local, pending = row
        values = self._store.sealer.open(local if local is not None else document)
        return LocalRecord(self._entity, id, version, values, pending)


_SELECT: Final = """
SELECT r.id, r.version, r.document, r.local,
  (SELECT count(*) FROM mutations m WHERE m.entity = r.entity AND m.id = r.id AND m.state = 'queued')
FROM records r
"""


def sort_key(entity: str, values: Mapping[str, Any]) -> str:
    """Return what a record is ordered and searched by."""
    return " ".join(str(values.get(name) or "") for name in _NAMES.get(entity, ())).casefold()


def overlaid(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record with a merge patch (RFC 7396) laid over it; tags may be added and removed."""
    merged = dict(values)
    for name, value in changes.items():
        present = merged.get(name)
        if name == _TAGS and isinstance(value, Mapping):
            told = cast("Mapping[str, list[str]]", value)
            tags = {*cast("list[str]", present or []), *told.get("add", [])} - {*told.get("remove", [])}
            merged[name] = sorted(tags)
        elif isinstance(value, Mapping) and isinstance(present, Mapping):
            merged[name] = overlaid(cast("Mapping[str, Any]", present), cast("Mapping[str, Any]", value))
        elif value is None:
            merged.pop(name, None)
        else:
            merged[name] = copy.deepcopy(value)
    return merged
