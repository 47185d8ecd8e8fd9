"""Wishes that the audit log forget from where somebody acted: asked for by a bulk door, which may not write the log.

Whoever serves requests can only read the log. What recurs may write it, finds the wish within a minute and says when it
is done; then the wish is taken back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from zebros_auth.repositories.keys import LOOKUP_TABLE
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.store import TenantStore

_PARTITION: Final = ("audit-erasures",)
_LIMIT: Final = 20


@dataclass(frozen=True, slots=True)
class AuditErasure:
    """A wish: whose addresses are to go, and how many entries had one, once that is known."""

    request_id: str
    user_ids: tuple[str, ...]
    redacted: int | None


class AuditErasures:
    """One tenant's wishes, by the request that they are of."""

    def __init__(self, store: TenantStore) -> None:
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def ask(self, request_id: str, user_ids: Iterable[str]) -> None:
        """Wish it; one that is there stays."""
        row = {"userIds": sorted(user_ids)}
        self._lookup.put(_PARTITION, request_id, row, condition="absent")

    def find(self, request_id: str) -> AuditErasure | None:
        """Return a wish, or None."""
        row = self._lookup.get(_PARTITION, request_id)
        return None if row is None else _wish(request_id, row)

    def waiting(self) -> list[AuditErasure]:
        """Return wishes that nobody has carried out yet, at most 20 at a time."""
        rows = self._lookup.query(_PARTITION, limit=_LIMIT).items
        wishes = [_wish(row["sk"], row) for row in rows]
        return [wish for wish in wishes if wish.redacted is None]

    def done(self, wish: AuditErasure, redacted: int) -> None:
        """Note that a wish was carried out."""
        row = {"userIds": list(wish.user_ids), "redacted": redacted}
        self._lookup.put(_PARTITION, wish.request_id, row)

    def take_back(self, request_id: str) -> None:
        """Forget a wish; none there is no error."""
        self._lookup.delete(_PARTITION, request_id)


def _wish(request_id: str, row: dict[str, object]) -> AuditErasure:
    user_ids = row["userIds"]
    assert isinstance(user_ids, list)  # noqa: S101 - as `ask` writes it
    redacted = row.get("redacted")
    return AuditErasure(
        request_id, tuple(map(str, user_ids)), None if redacted is None else int(str(redacted))
    )
