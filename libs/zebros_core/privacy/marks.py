"""Erasure marks: that somebody's record was erased, kept for ever under a hash that holds no value.

They are asked by what must not bring a record back (a restored backup, a reinstated or restored record), and by what
tells people of it (notifications). Copies of records elsewhere need none: see ADR 91.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from zebros_core.dynamodb.codec import instant_text
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.store import TenantStore
from zebros_core.errors import NotFoundError
from zebros_core.privacy.subject import Subject

__all__ = ["ERASED_VERSION", "ErasureMarks", "mark_of"]

ERASED_VERSION: Final = 2**53
"""The version of what a consumer keeps of an erased record, where it keeps that of the newest version: no event has a
higher one, so none of them, however late, puts anything in its place.
"""

_KIND: Final = "erased"
_SORT_KEY: Final = "-"


def mark_of(tenant_id: str, entity: str, id: str) -> str:
    """Return the hash that stands for a record; other tenants' records have others."""
    parts = [part.encode() for part in (tenant_id, entity, id)]
    return hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).hexdigest()


class ErasureMarks:
    """One tenant's marks in a service's lookup table."""

    def __init__(self, store: TenantStore, lookup_table: str) -> None:
        self._tenant_id = store.tenant_id
        self._lookup = LookupTable(store, lookup_table)

    def put(self, subject: Subject, request_id: str, at: datetime) -> int:
        """Mark the person's records; return how many of them were not marked before. The first mark stays."""
        row = {"requestId": request_id, "at": instant_text(at)}
        return sum(
            self._lookup.put((_KIND, self._hash(entity, id)), _SORT_KEY, row, condition="absent")
            for entity, ids in subject.record_ids.items()
            for id in ids
        )

    def has(self, entity: str, id: str) -> bool:
        """Tell whether a record was erased. One strongly consistent read."""
        return self._lookup.get((_KIND, self._hash(entity, id)), _SORT_KEY) is not None

    def prefetch(self, entity: str, ids: Iterable[str]) -> None:
        """Read the marks of these records at once, where many records are put back together."""
        self._lookup.prefetch(((_KIND, self._hash(entity, id)), _SORT_KEY) for id in ids)

    def erased_among(self, entity: str, ids: Iterable[str]) -> set[str]:
        """Return those of these records that were erased. One call for a hundred."""
        wanted = {(_KIND, self._hash(entity, id)): id for id in ids}
        found = self._lookup.batch_get((parts, _SORT_KEY) for parts in wanted)
        return {wanted[_KIND, parts[1]] for parts, _ in found}

    def ensure_not_erased(self, entity: str, id: str) -> None:
        """Raise NotFoundError for a record that was erased: nothing brings it back."""
        if self.has(entity, id):
            raise NotFoundError(entity, id)

    def _hash(self, entity: str, id: str) -> str:
        return mark_of(self._tenant_id, entity, id)
