"""The cache as a request sees it: three verbs, and the values that pass through them.

A request does `enter` once, before anything else that is slow: it pays the tenant's rate limit and looks the
response up, in one round trip. Its answer is one of

* `Hit`: a ready response body. Nothing else needs reading, but the caller still decides whether the user
  may see it (`owner_id`, `team_id`) and whether the client already has it (`version` is the ETag).
* `Miss`: this caller, and only this one for a while, is asked to read the record and to `fill`.
* `Off`: go on without the cache, and fill nothing.

After a write has committed, `written` raises the record's floor and the generations of the lists that may
have changed. No verb raises for trouble of the cache itself: a cache that is slow, down or talking nonsense
answers `Off`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class EntityKey:
    """One record's response. `entity` names the layer whose times apply, up to a `/`."""

    entity: str
    id: str


@dataclass(frozen=True, slots=True)
class ListKey:
    """One page of a list.

    `list_name` is the unit of invalidation: every page under it falls together when the list's generation is
    raised. The part before a `/` names the layer, so `widgets` and `widgets/01J…` (the widgets of one parent)
    may share times and still be raised apart. `scope` says whose eyes the page is for (`all`, `team:{id}`,
    `own:{user}`); `query_hash` stands for filters, sort, limit and cursor: hexadecimal, or any text of
    `[A-Za-z0-9_-]`.
    """

    list_name: str
    scope: str
    query_hash: str


CacheKey: TypeAlias = EntityKey | ListKey


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A response that is ready to be sent.

    `version` is the record's (None for a list or a missing record). `missing` caches the fact that there is
    no such record; its body is not used.
    """

    body: bytes
    version: int | None = None
    owner_id: str | None = None
    team_id: str | None = None
    missing: bool = False


MISSING = CacheEntry(body=b"", missing=True)
"""The entry for an id that does not exist (or was deleted)."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A token bucket: `burst` tokens when full, refilled at `per_second`; a request takes `cost`.

    `bucket` tells apart several limits of one tenant.
    """

    per_second: float
    burst: int
    cost: int = 1
    bucket: str = "requests"

    def __post_init__(self) -> None:
        if not 0 < self.per_second <= 1_000_000:
            raise ValueError("per_second must be above 0 and at most 1,000,000")
        if not 1 <= self.cost <= self.burst:
            raise ValueError("cost must be at least 1 and at most burst")


@dataclass(frozen=True, slots=True)
class RateDecision:
    """What the bucket said. `reset_seconds`: until it is full; `retry_after_seconds`: 0 when allowed."""

    allowed: bool
    limit: int
    remaining: int
    reset_seconds: float
    retry_after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Hit:
    """`stale`: past its time, served because another caller is reading it anew at this moment."""

    entry: CacheEntry
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Miss:
    """The right to fill, for as long as nobody writes the record and the lock lives. Opaque: hand it to
    `fill`.
    """

    tenant_id: str
    key: CacheKey
    token: str
    generation: str = ""


class OffReason(StrEnum):
    DISABLED = "disabled"
    """No cache configured, or no key asked for."""
    NOT_CACHED = "not_cached"
    """No layer has this key's name, or the key is too long to be one of ours."""
    UNAVAILABLE = "unavailable"
    """The cache failed, or is being left alone after failures."""
    BUSY = "busy"
    """Another caller is filling it and took longer than we wait."""
    RATE_LIMITED = "rate_limited"
    """Nothing was looked up because the request is refused."""


@dataclass(frozen=True, slots=True)
class Off:
    reason: OffReason


Lookup: TypeAlias = Hit | Miss | Off


@dataclass(frozen=True, slots=True)
class Entered:
    """`rate` is None when no limit was asked for or the cache is off: the request is allowed."""

    rate: RateDecision | None
    lookup: Lookup


class FillOutcome(StrEnum):
    STORED = "stored"
    BELOW_FLOOR = "below_floor"
    """A newer version was written since; the entry would have been stale."""
    OTHER_GENERATION = "other_generation"
    """The list may have changed since it was looked up."""
    LOST_LOCK = "lost_lock"
    """The record was written, or the lock expired and went to somebody else."""
    OFF = "off"
    """Not stored: too large for its layer, or the cache is unavailable."""


@dataclass(frozen=True, slots=True)
class Written:
    """One committed write.

    `entry` None raises the floor without a body (the next reader fills); `MISSING` after a delete.
    `committed_at`, where known, keeps an entry from being stored when the write is so old that its floor may
    have been forgotten: pass it when the write is reported by an event.
    """

    entity: str
    id: str
    version: int
    entry: CacheEntry | None = None
    committed_at: datetime | None = None


class SharedDocuments(Protocol):
    """Documents of the platform that containers share, by name; of no tenant, and nobody's alone."""

    def document(self, name: str) -> bytes | None:
        """The document; None when there is none, or the cache is off. One round trip."""
        ...

    def keep_document(self, name: str, document: bytes, ttl_seconds: float) -> bool:
        """Keep a document for so long, or not: False. One round trip."""
        ...


class ResponseCache(SharedDocuments, Protocol):
    """The port. `RedisCache`, `InMemoryCache` and `NullCache` are held to it by one contract test."""

    def enter(self, tenant_id: str, rate: RateLimit | None, key: CacheKey | None) -> Entered:
        """Take from the rate limit and look `key` up: one round trip. A refused request looks nothing up.

        When another caller is already filling the key this waits shortly for its result (tens of
        milliseconds).
        """
        ...

    def fill(self, miss: Miss, entry: CacheEntry) -> FillOutcome:
        """Store what was read after `miss` was handed out. One round trip."""
        ...

    def abandon(self, miss: Miss) -> None:
        """Give the right to fill back, after a read that failed, so that others need not wait for it."""
        ...

    def written(
        self,
        tenant_id: str,
        entity: str,
        id: str,
        version: int,
        entry: CacheEntry | None,
        lists: Sequence[str] = (),
    ) -> bool:
        """Report one committed write: floor, new entry and list generations in one round trip.

        Late, repeated and reordered calls are harmless. False when it could not be recorded: a request goes
        on (the event will say it again), an event consumer must raise, so that its queue repeats it.
        """
        ...

    def written_many(self, tenant_id: str, writes: Sequence[Written], lists: Sequence[str] = ()) -> bool:
        """`written` for many records of a tenant: a round trip for each 100."""
        ...
