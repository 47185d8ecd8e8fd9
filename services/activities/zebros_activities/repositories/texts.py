"""Long descriptions: a row for each version that wrote one, beside the record, in the same transaction.

A reader that holds a version finds that version's text, or learns that there is a newer version. A row that was
replaced stays for the two weeks in which the event of the change may still have to be read, for the history.
"""

from __future__ import annotations

from typing import Final

from zebros_activities.repositories.keys import LOOKUP_TABLE
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.operations import WriteOp, write
from zebros_core.dynamodb.store import TenantStore

REPLACED_TTL_SECONDS: Final = 15 * 24 * 3600
"""A day longer than a queue keeps an event."""


class TextRepository:
    """One tenant's long descriptions."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def find(self, activity_id: str, version: int) -> str | None:
        """Return the text that a version wrote, or None."""
        row = self._lookup.get(("text", activity_id), _sort_key(version))
        return None if row is None else str(row["text"])

    def put(self, activity_id: str, version: int, text: str, *, ttl_seconds: int | None = None) -> WriteOp:
        """Return the write of a text, to be part of its record's transaction; with an end, of its replacement."""
        return self._lookup.put_op(
            ("text", activity_id), _sort_key(version), {"text": text}, ttl_seconds=ttl_seconds
        )

    def end(self, activity_id: str, version: int, ttl_seconds: int | None) -> WriteOp:
        """Return the write that gives a text another end, or none. A ConflictError where there is no such text."""
        return self._lookup.end_op(("text", activity_id), _sort_key(version), ttl_seconds)

    def all(self, activity_id: str) -> dict[int, str]:
        """Return every text of an activity that is still kept, by the version that wrote it."""
        found: dict[int, str] = {}
        cursor: str | None = None
        while True:
            page = self._lookup.query(("text", activity_id), cursor=cursor)
            found |= {int(row["sk"]): str(row["text"]) for row in page.items}
            cursor = page.next_cursor
            if cursor is None:
                return found

    def rewrite(self, activity_id: str, version: int, text: str, *, former: str) -> None:
        """Put another text in the place of one, which ends when that would. Raises ConflictError for a lost race."""
        op = self._lookup.add_op(
            ("text", activity_id), _sort_key(version), {}, sets={"text": text}, condition={"text": former}
        )
        write(self._store, [op])

    def delete(self, activity_id: str, version: int) -> None:
        """Delete a text; none there is no error."""
        self._lookup.delete(("text", activity_id), _sort_key(version))


def _sort_key(version: int) -> str:
    return f"{version:010d}"
