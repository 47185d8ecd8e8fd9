"""The history of records without a person's values, and with no room for late events that would bring them back.

An entry of the history is a row of its version, and the events that make entries come late and twice: one that is
handled after an erasure would bring back what it erased. So the erasure leaves no version without a row: where there is
none yet it puts an empty one, of the operation `erased`, which nobody sees. The consumer's own condition, that a row is
written only where there is none, then holds for each event of a former version, at whatever moment it arrives.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeAlias, cast

from zebros_core.dynamodb.codec import instant_text
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.store import TenantStore
from zebros_core.records.history import ERASED_OPERATION

__all__ = ["HistoryErasure", "Rewrite"]

_PAGE: Final = 100

Rewrite: TypeAlias = Callable[[str, Any], Any]
"""Gives what is kept of a value of a field, by the field's stored name."""


class HistoryErasure:
    """One tenant's history in a service's lookup table, to be rewritten."""

    def __init__(self, store: TenantStore, lookup_table: str) -> None:
        self._lookup = LookupTable(store, lookup_table)
        self._actor = store.context.actor

    def entries(self, entity: str, id: str) -> list[dict[str, Any]]:
        """Return all rows of a record, the first version first, each with its `version`. One Query for a hundred."""
        rows: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = self._lookup.query(("history", entity, id), limit=_PAGE, cursor=cursor)
            rows += [{"version": int(row.pop("sk")), **row} for row in page.items]
            cursor = page.next_cursor
            if cursor is None:
                return rows

    def rewrite(self, entity: str, id: str, rewrite: Rewrite) -> tuple[int, set[int]]:
        """Rewrite every entry of a record; return how many differed, and the versions that there are."""
        rows = self.entries(entity, id)
        changed = sum(self._rewrite(entity, id, row, rewrite) for row in rows)
        return changed, {row["version"] for row in rows}

    def missing(self, entity: str, id: str, version: int) -> set[int]:
        """Return the versions up to this one whose entries may still come; a move to another key skips one."""
        rows = self.entries(entity, id)
        skipped = {row["version"] - 1 for row in rows if row.get("formerUnknown")}
        return set(range(1, version + 1)) - {row["version"] for row in rows} - skipped

    def close(self, entity: str, id: str, before: int, rewrite: Rewrite, at: datetime) -> int:
        """Rewrite the entries and leave no version below `before` without one; return how many entries changed.

        From then on no event of such a version adds anything.
        """
        changed, there = self.rewrite(entity, id, rewrite)
        for version in sorted(set(range(1, before)) - there):
            row: dict[str, Any] = {
                "operation": ERASED_OPERATION,
                "at": instant_text(at),
                "actor": self._actor,
                "changes": {},
            }
            if not self._lookup.put(("history", entity, id), _sort_key(version), row, condition="absent"):
                # Its event has arrived just now.
                found = self._lookup.get(("history", entity, id), _sort_key(version))
                changed += self._rewrite(entity, id, {"version": version, **(found or row)}, rewrite)
        return changed

    def _rewrite(self, entity: str, id: str, row: dict[str, Any], rewrite: Rewrite) -> bool:
        former = cast("dict[str, dict[str, Any]]", row["changes"])
        changes = {
            name: {side: rewrite(name, value) for side, value in change.items()}
            for name, change in former.items()
        }
        if changes == former:
            return False
        stored = {name: value for name, value in row.items() if name != "version"}
        self._lookup.put(("history", entity, id), _sort_key(row["version"]), {**stored, "changes": changes})
        return True


def _sort_key(version: int) -> str:
    return f"{version:010d}"
