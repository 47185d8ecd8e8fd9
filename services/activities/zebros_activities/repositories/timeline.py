"""Timelines: an entry for each record that a change concerns, and one row for what is shown of each record.

The key of an entry is made of the change alone, so that a repeated one is the same row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from zebros_activities.domain.timeline import Entry, Subject
from zebros_activities.repositories.keys import LOOKUP_TABLE
from zebros_core.dynamodb.codec import instant_text
from zebros_core.dynamodb.cursor import CursorBinding
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.paging import Page
from zebros_core.dynamodb.store import TenantStore
from zebros_core.privacy.marks import ERASED_VERSION

Record = tuple[str, str]
"""Entity and id."""

_SORT_KEY: Final = "-"
_BEFORE_ALL: Final = "0"


class TimelineRepository:
    """One tenant's timelines."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def add(self, record: Record, entry: Entry) -> None:
        """Put an entry on a record's timeline; the same one again changes nothing."""
        row = entry.model_dump(
            mode="json",
            by_alias=True,
            exclude_defaults=True,
            include={"kind", "operation", "actor", "changed"},
        )
        self._lookup.put(("timeline", *record), _sort_key(entry), row)

    def page(self, records: Sequence[Record], *, limit: int, cursor: str | None) -> Page[Entry]:
        """Return a page of the entries on the timelines of these records together, newest first.

        One Query for each record.
        """
        binding = CursorBinding(
            self._store.tenant_id, "timeline", {"records": [list(one) for one in records[:1]]}
        )
        before = None if cursor is None else str(self._store.access.cursors.decode(cursor, binding))
        rows: dict[str, dict[str, object]] = {}
        for record in records:
            # The last one of the page before is read again, and left out: a range holds its ends.
            found = self._lookup.query(
                ("timeline", *record),
                sk_between=(_BEFORE_ALL, before) if before is not None else None,
                limit=limit + 2,
                descending=True,
            )
            rows |= {row["sk"]: row for row in found.items if row["sk"] != before}
        ordered = sorted(rows, reverse=True)
        shown = ordered[:limit]
        more = len(ordered) > limit
        return Page(
            [_entry(sk, rows[sk]) for sk in shown],
            self._store.access.cursors.encode(shown[-1], binding) if more and shown else None,
        )

    def keep_subject(self, subject: Subject) -> bool:
        """Store what is shown of a record as of a version; False where a newer one is known."""
        row = subject.model_dump(
            mode="json", by_alias=True, exclude_none=True, exclude={"entity", "id"}, exclude_defaults=True
        )
        partition = ("subject", subject.entity, subject.id)
        while True:
            known = self._lookup.get(partition, _SORT_KEY)
            if known is not None and known["version"] > subject.version:
                return False
            condition = {"version": known["version"]} if known else "absent"
            if self._lookup.put(partition, _SORT_KEY, row, condition=condition):
                return True

    def erase_subject(self, entity: str, id: str) -> None:
        """Show nothing of a record any more: no event is newer than what is kept from then on, which is nothing."""
        row = {"version": ERASED_VERSION, "deleted": True}
        self._lookup.put(("subject", entity, id), _SORT_KEY, row)

    def subjects(self, records: Iterable[Record]) -> dict[Record, Subject]:
        """Return what is shown of these records, of those that are known. One call for a hundred."""
        rows = self._lookup.batch_get((("subject", *record), _SORT_KEY) for record in dict.fromkeys(records))
        return {
            (parts[1], parts[2]): Subject.model_validate({"entity": parts[1], "id": parts[2], **row})
            for (parts, _), row in rows.items()
        }


def _sort_key(entry: Entry) -> str:
    return f"{instant_text(entry.at)}#{entry.entity}#{entry.id}#{entry.version:010d}"


def _entry(sk: str, row: dict[str, object]) -> Entry:
    at, entity, id, version = sk.split("#")
    facts = {name: value for name, value in row.items() if name != "sk"}
    return Entry.model_validate({"at": at, "entity": entity, "id": id, "version": int(version), **facts})
