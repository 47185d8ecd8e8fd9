"""The history of records: one entry a version, kept from the events of their tables.

An entry says who changed which field when, before and after. Events come late and twice: an entry is a row of its
version, so that a repeated one changes nothing and late ones find their place.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.paging import Page
from zebros_core.dynamodb.store import TenantStore
from zebros_core.values import Value

__all__ = ["FieldChange", "HistoryEntry", "HistoryRepository"]


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


class HistoryRepository:
    """One tenant's history in a service's lookup table: one row a version, below the record."""

    def __init__(self, store: TenantStore, lookup_table: str) -> None:
        self._lookup = LookupTable(store, lookup_table)

    def append(self, entity: str, id: str, entry: HistoryEntry) -> bool:
        """Store the entry of a version; False where that version has one, so a repeated event changes nothing."""
        row = entry.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"version"})
        row["changes"] = _storable(row["changes"])
        return self._lookup.put(("history", entity, id), f"{entry.version:010d}", row, condition="absent")

    def page(self, entity: str, id: str, *, limit: int, cursor: str | None) -> Page[HistoryEntry]:
        """Return a page of a record's history, newest first."""
        page = self._lookup.query(("history", entity, id), limit=limit, cursor=cursor, descending=True)
        entries = [
            HistoryEntry.model_validate(
                {"version": int(row.pop("sk")), **row, "changes": _as_json(row["changes"])}
            )
            for row in page.items
        ]
        return Page(entries, page.next_cursor)


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
