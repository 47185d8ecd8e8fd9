"""The history of records: one row a version, below the record."""

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.paging import Page
from zebros_core.dynamodb.store import TenantStore
from zebros_customers.domain.history import HistoryEntry
from zebros_customers.repositories.keys import LOOKUP_TABLE


class HistoryRepository:
    """One tenant's history."""

    def __init__(self, store: TenantStore) -> None:
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def append(self, entity: str, id: str, entry: HistoryEntry) -> bool:
        """Store the entry of a version; False where that version has one, so a repeated event changes nothing."""
        row = entry.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"version"})
        return self._lookup.put(("history", entity, id), f"{entry.version:010d}", row, condition="absent")

    def page(self, entity: str, id: str, *, limit: int, cursor: str | None) -> Page[HistoryEntry]:
        """Return a page of a record's history, newest first."""
        page = self._lookup.query(("history", entity, id), limit=limit, cursor=cursor, descending=True)
        entries = [HistoryEntry.model_validate({"version": int(row.pop("sk")), **row}) for row in page.items]
        return Page(entries, page.next_cursor)
