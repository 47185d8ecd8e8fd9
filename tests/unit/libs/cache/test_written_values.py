"""What a written record said before is not only out of reach: it is out of the store, and outdated lists end."""

from __future__ import annotations

import redis

from zebros_core.cache import CacheEntry, EntityKey, Layer, ListKey, Miss, RedisCache, Written
from zebros_core.clock import SystemClock
from zebros_core.privacy.door import lists_end_after

LAYERS = {"widget": Layer(300, stale_seconds=30), "widgets": Layer(60, stale_seconds=10)}
NAME = b"of Jane Doe"


def test_a_write_takes_the_former_answer_out_of_redis_and_lists_end_in_the_time_that_is_waited(
    valkey_url: str,
) -> None:
    cache = RedisCache.from_url(valkey_url, LAYERS, SystemClock())
    with redis.Redis.from_url(valkey_url) as client:
        client.flushall()
        for key in (EntityKey("widget", "W1"), ListKey("widgets", "all", "abc")):
            miss = cache.enter("aurora", None, key).lookup
            assert isinstance(miss, Miss)
            cache.fill(miss, CacheEntry(NAME, 1, "owner-1", None))
        cache.written_many("aurora", [Written("widget", "W1", 2)], ["widgets"])
        holding = {
            key.decode()
            for key in client.scan_iter()
            if client.type(key) == b"hash" and NAME in client.hvals(key)
        }
        assert holding == {"{aurora}:l:widgets:all:abc"}
        waited = lists_end_after(LAYERS, {"widget": ("widgets",)})["widget"]
        assert client.pttl("{aurora}:l:widgets:all:abc") <= waited * 1000 == 70_000
