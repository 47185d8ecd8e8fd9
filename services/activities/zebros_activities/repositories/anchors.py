"""Cursors of lists that depend on a moment, or go over several partitions: what the first page began with stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zebros_core.dynamodb.cursor import CursorBinding
from zebros_core.dynamodb.store import TenantStore


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a list goes on: what its first page was anchored at, and the cursor within it."""

    at: str
    cursor: str | None


class AnchoredCursors:
    """The cursors of one list, with its arguments but the anchor."""

    def __init__(self, store: TenantStore, query_name: str, arguments: Mapping[str, Any], scope: str) -> None:
        self._cursors = store.access.cursors
        self._binding = CursorBinding(store.tenant_id, f"anchored:{query_name}", arguments, scope)

    def begin(self, cursor: str | None, at: str) -> Anchor:
        """Return where to go on, or `at` for the first page. Raises BadRequestError for a foreign cursor."""
        if cursor is None:
            return Anchor(at, None)
        anchored, within = self._cursors.decode(cursor, self._binding)
        return Anchor(anchored, within)

    def go_on(self, at: str, within: str | None) -> str:
        """Return the cursor of the next page."""
        return self._cursors.encode([at, within], self._binding)
