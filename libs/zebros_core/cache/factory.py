"""Which cache a deployment has."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from zebros_core.cache.layers import CacheTimes, Layer
from zebros_core.cache.null import NullCache
from zebros_core.cache.port import ResponseCache
from zebros_core.cache.redis_cache import RedisCache
from zebros_core.clock import Clock


def create_cache(
    redis_url: str,
    layers: Mapping[str, Layer],
    clock: Clock,
    *,
    times: CacheTimes | None = None,
    password: Callable[[], str] | None = None,
    on_trouble: Callable[[str], None] = lambda _: None,
) -> ResponseCache:
    """The cache behind `redis_url`, or none when it is empty. Nothing is imported, opened or sent before the
    first use; `password` is read then.
    """
    if not redis_url:
        return NullCache()
    return RedisCache.from_url(
        redis_url, layers, clock, times=times, password=password, on_trouble=on_trouble
    )
