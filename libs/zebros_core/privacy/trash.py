"""Which records are in the trash: a row for each, kept from the events of their deletion.

No index shows a tombstone, so that no list does, and its values lie there for 180 days all the same. Who looks for a
person's records has to find those too. A row stays when its record is restored, and ends when a tombstone would.
"""

from __future__ import annotations

from typing import Final

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.paging import Page
from zebros_core.dynamodb.schema import BESIDE_TOMBSTONE_TTL_SECONDS
from zebros_core.dynamodb.store import TenantStore
from zebros_core.messaging.envelope import EntityChanged, Operation

__all__ = ["TrashIndex"]

_PARTITION: Final = "trash"


class TrashIndex:
    """One tenant's rows in a service's lookup table."""

    def __init__(self, store: TenantStore, lookup_table: str) -> None:
        self._lookup = LookupTable(store, lookup_table)

    def note(self, change: EntityChanged) -> None:
        """Keep the row of a record that was deleted; other changes say nothing. May come late and twice."""
        if change.operation is Operation.DELETED:
            self._lookup.put(
                (_PARTITION, change.entity), change.id, {}, ttl_seconds=BESIDE_TOMBSTONE_TTL_SECONDS
            )

    def page(self, entity: str, *, limit: int, cursor: str | None) -> Page[str]:
        """Return a page of the ids of records of an entity that are or were in the trash."""
        page = self._lookup.query((_PARTITION, entity), limit=limit, cursor=cursor)
        return Page([row["sk"] for row in page.items], page.next_cursor)
