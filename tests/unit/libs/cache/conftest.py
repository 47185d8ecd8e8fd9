"""The adapters of the cache, each with a way to let time pass."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import redis

from zebros_core.cache import CacheTimes, InMemoryCache, Layer, RedisCache, ResponseCache
from zebros_core.clock import FixedClock, SystemClock

Make = Callable[[Mapping[str, Layer], CacheTimes], ResponseCache]


@dataclass
class Rig:
    """`cache(...)` makes the cache under test; `container()` another client of the same store."""

    name: str
    cache: Callable[..., ResponseCache]
    container: Callable[..., ResponseCache]
    wait: Callable[[float], None]


def in_memory_rig() -> Rig:
    clock = FixedClock(datetime(2026, 3, 1, tzinfo=UTC))
    made: list[InMemoryCache] = []

    def cache(layers: Mapping[str, Layer], times: CacheTimes | None = None) -> ResponseCache:
        made.append(InMemoryCache(layers, clock, times=times, sleep=lambda _: None))
        return made[-1]

    return Rig(
        "in-memory",
        cache,
        container=lambda *_: made[-1],
        wait=lambda seconds: clock.advance(seconds) and None,
    )


def redis_rig(url: str) -> Rig:
    def cache(layers: Mapping[str, Layer], times: CacheTimes | None = None) -> ResponseCache:
        return RedisCache.from_url(url, layers, SystemClock(), times=times, read_timeout_seconds=2.0)

    return Rig("redis", cache, container=cache, wait=time.sleep)


@pytest.fixture(params=["in-memory", "redis"])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """InMemoryCache and RedisCache in turn, empty."""
    if request.param == "in-memory":
        yield in_memory_rig()
        return
    url = request.getfixturevalue("valkey_url")
    with redis.Redis.from_url(url) as client:
        client.flushall()
    yield redis_rig(url)
