"""No cache: every request goes on, nothing is limited."""

from __future__ import annotations

from collections.abc import Sequence

from zebros_core.cache.port import (
    CacheEntry,
    CacheKey,
    Entered,
    FillOutcome,
    Miss,
    Off,
    OffReason,
    RateLimit,
    Written,
)

_ENTERED = Entered(rate=None, lookup=Off(OffReason.DISABLED))


class NullCache:
    """The `ResponseCache` of a deployment without Redis."""

    def enter(self, tenant_id: str, rate: RateLimit | None, key: CacheKey | None) -> Entered:
        return _ENTERED

    def fill(self, miss: Miss, entry: CacheEntry) -> FillOutcome:
        return FillOutcome.OFF

    def abandon(self, miss: Miss) -> None:
        return None

    def written(
        self,
        tenant_id: str,
        entity: str,
        id: str,
        version: int,
        entry: CacheEntry | None,
        lists: Sequence[str] = (),
    ) -> bool:
        """True: there is nothing that could be stale."""
        return True

    def document(self, name: str) -> bytes | None:
        return None

    def keep_document(self, name: str, document: bytes, ttl_seconds: float) -> bool:
        return False

    def written_many(self, tenant_id: str, writes: Sequence[Written], lists: Sequence[str] = ()) -> bool:
        return True
