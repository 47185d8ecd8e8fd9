"""Ready responses beside the store: lookups and rate limits in one round trip, floors instead of deletes.

`ResponseCache` is the port; `create_cache` chooses its adapter. redis-py is imported at the first use of
`RedisCache`.
"""

from zebros_core.cache.breaker import CircuitBreaker
from zebros_core.cache.factory import create_cache
from zebros_core.cache.in_memory import InMemoryCache
from zebros_core.cache.layers import CacheTimes, Layer
from zebros_core.cache.null import NullCache
from zebros_core.cache.port import (
    MISSING,
    CacheEntry,
    CacheKey,
    Entered,
    EntityKey,
    FillOutcome,
    Hit,
    ListKey,
    Lookup,
    Miss,
    Off,
    OffReason,
    RateDecision,
    RateLimit,
    ResponseCache,
    Written,
)
from zebros_core.cache.redis_cache import RedisCache

__all__ = [
    "MISSING",
    "CacheEntry",
    "CacheKey",
    "CacheTimes",
    "CircuitBreaker",
    "Entered",
    "EntityKey",
    "FillOutcome",
    "Hit",
    "InMemoryCache",
    "Layer",
    "ListKey",
    "Lookup",
    "Miss",
    "NullCache",
    "Off",
    "OffReason",
    "RateDecision",
    "RateLimit",
    "RedisCache",
    "ResponseCache",
    "Written",
    "create_cache",
]
