"""Legal holds: rows below one key, of which a tenant has few."""

from __future__ import annotations

from typing import Final

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.errors import NotFoundError
from zebros_jobs.domain.privacy import LegalHold

__all__ = ["LegalHolds"]

_KEY: Final = ("holds",)
_PAGE: Final = 100


class LegalHolds:
    """One tenant's holds."""

    def __init__(self, lookup: LookupTable) -> None:
        self._lookup = lookup

    def add(self, hold: LegalHold) -> LegalHold:
        """Keep a hold; return the one that is there under its id already."""
        if self._lookup.put(_KEY, hold.id, _row(hold), condition="absent"):
            return hold
        return self.get(hold.id)

    def get(self, hold_id: str) -> LegalHold:
        """Return a hold. Raises NotFoundError."""
        row = self._lookup.get(_KEY, hold_id)
        if row is None:
            raise NotFoundError("legal hold", hold_id)
        return LegalHold.model_validate_json(row["hold"])

    def replace(self, hold: LegalHold) -> None:
        """Store a changed hold."""
        self._lookup.put(_KEY, hold.id, _row(hold))

    def remove(self, hold_id: str) -> None:
        """Forget a hold; none there is as good."""
        self._lookup.delete(_KEY, hold_id)

    def all(self) -> list[LegalHold]:
        """Return all holds, the oldest first."""
        found: list[LegalHold] = []
        cursor: str | None = None
        while True:
            page = self._lookup.query(_KEY, limit=_PAGE, cursor=cursor)
            found += [LegalHold.model_validate_json(row["hold"]) for row in page.items]
            cursor = page.next_cursor
            if cursor is None:
                return found


def _row(hold: LegalHold) -> dict[str, str]:
    return {"hold": hold.model_dump_json(by_alias=True)}
