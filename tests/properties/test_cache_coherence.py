"""However requests, writes and their reports interleave, no reader is shown what a reported write has replaced.

The store is the truth: one version for each record, and a list that shows all of them. A reader takes three
steps (enter, read, fill), a writer two (commit, report); reports are repeated and arrive in any order. The
machine takes the steps in any order, on two clients of one cache.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)

from zebros_core.cache import (
    MISSING,
    CacheEntry,
    CacheTimes,
    EntityKey,
    Hit,
    InMemoryCache,
    Layer,
    ListKey,
    Miss,
    RedisCache,
    ResponseCache,
)
from zebros_core.clock import FixedClock, SystemClock

TENANTS = ("aurora", "borealis")
ID = "W1"
LAYERS = {"widget": Layer(3600, stale_seconds=3600), "widgets": Layer(3600, stale_seconds=3600)}
TIMES = CacheTimes(waits_seconds=(), lock_seconds=3600)
PAGE = ListKey("widgets", "all", "abc")

Record = tuple[str, str]


class CacheCoherence(RuleBasedStateMachine):
    """`make` gives an empty cache's clients."""

    make: Any

    @initialize()
    def start(self) -> None:
        self.clients: tuple[ResponseCache, ...] = self.make()
        # (tenant, id) -> (version, deleted); absent: never written.
        self.store: dict[Record, tuple[int, bool]] = {}
        self.history: dict[Record, dict[int, bool]] = {}
        self.reported: dict[Record, int] = {}
        self.unreported: set[tuple[str, str, int]] = set()

    misses = Bundle("misses")
    reads = Bundle("reads")
    reports = Bundle("reports")
    tenants = st.sampled_from(TENANTS)
    keys = st.sampled_from([EntityKey("widget", ID), PAGE])
    client = st.sampled_from((0, 1))

    def truth(self, tenant: str, key: EntityKey | ListKey) -> CacheEntry:
        """What the store answers now."""
        if isinstance(key, ListKey):
            shown = {id: v for (t, id), (v, gone) in self.store.items() if t == tenant and not gone}
            return CacheEntry(json.dumps([tenant, shown]).encode())
        version, gone = self.store.get((tenant, key.id), (0, True))
        if gone:
            return MISSING
        return CacheEntry(json.dumps([tenant, key.id, version]).encode(), version)

    def check(self, tenant: str, key: EntityKey | ListKey, entry: CacheEntry) -> None:
        """An entry on show: this tenant's, and as new as the newest write that was reported."""
        if isinstance(key, ListKey):
            owner, shown = json.loads(entry.body)
            assert owner == tenant
            for (t, id), version in self.reported.items():
                if t == tenant and id in shown:
                    assert shown[id] >= version
                elif t == tenant:
                    assert self.was_gone_since(t, id, version)
            return
        floor = self.reported.get((tenant, key.id), 0)
        if entry.missing:
            assert self.was_gone_since(tenant, key.id, floor)
        else:
            owner, id, version = json.loads(entry.body)
            assert (owner, id) == (tenant, key.id)
            assert version == entry.version
            assert version >= floor

    def was_gone_since(self, tenant: str, id: str, version: int) -> bool:
        return version == 0 or any(
            gone and v >= version for v, gone in self.history.get((tenant, id), {}).items()
        )

    @rule(target=misses, tenant=tenants, key=keys, client=client)
    def enter(self, tenant: str, key: EntityKey | ListKey, client: int) -> Any:
        lookup = self.clients[client].enter(tenant, None, key).lookup
        if isinstance(lookup, Hit):
            self.check(tenant, key, lookup.entry)
            if not any(t == tenant for t, _, _ in self.unreported):
                assert lookup.entry == self.truth(tenant, key), (
                    "with every write reported, a hit is the truth"
                )
        return lookup if isinstance(lookup, Miss) else multiple()

    @rule(target=reads, miss=consumes(misses))
    def read(self, miss: Miss) -> tuple[Miss, CacheEntry]:
        return miss, self.truth(miss.tenant_id, miss.key)

    @rule(target=reads, miss=consumes(misses))
    def read_late(self, miss: Miss) -> Any:
        """A replica that lags: it still shows the version before the last."""
        if isinstance(miss.key, ListKey):
            return miss, self.truth(miss.tenant_id, miss.key)
        version = self.store.get((miss.tenant_id, ID), (0, True))[0] - 1
        if self.history.get((miss.tenant_id, ID), {}).get(version, True):
            return miss, self.truth(miss.tenant_id, miss.key)
        body = json.dumps([miss.tenant_id, ID, version]).encode()
        return miss, CacheEntry(body, version)

    @rule(read=consumes(reads), client=client)
    def fill(self, read: tuple[Miss, CacheEntry], client: int) -> None:
        self.clients[client].fill(*read)
        self.peek(read[0].tenant_id, read[0].key)

    @rule(miss=consumes(misses))
    def abandon(self, miss: Miss) -> None:
        self.clients[0].abandon(miss)

    @rule(target=reports, tenant=tenants, delete=st.booleans())
    def commit(self, tenant: str, delete: bool) -> Any:
        version, gone = self.store.get((tenant, ID), (0, True))
        gone = delete and not gone
        self.store[tenant, ID] = (version + 1, gone)
        self.history.setdefault((tenant, ID), {})[version + 1] = gone
        self.unreported.add((tenant, ID, version + 1))
        return tenant, ID, version + 1, self.truth(tenant, EntityKey("widget", ID))

    @rule(report=reports, client=client, with_body=st.booleans())
    def report(self, report: tuple[str, str, int, CacheEntry], client: int, with_body: bool) -> None:
        """The same report may come any number of times: from the request, from the event, and again."""
        tenant, id, version, entry = report
        self.clients[client].written(tenant, "widget", id, version, entry if with_body else None, ["widgets"])
        self.unreported.discard((tenant, id, version))
        self.reported[tenant, id] = max(self.reported.get((tenant, id), 0), version)
        self.peek(tenant, EntityKey("widget", id))
        self.peek(tenant, PAGE)

    def peek(self, tenant: str, key: EntityKey | ListKey) -> None:
        """Look without leaving a trace: a right to fill that is handed out here is given back."""
        lookup = self.clients[0].enter(tenant, None, key).lookup
        if isinstance(lookup, Hit):
            self.check(tenant, key, lookup.entry)
        elif isinstance(lookup, Miss):
            self.clients[0].abandon(lookup)


def run(make: Any, examples: int, steps: int) -> None:
    machine = type("Machine", (CacheCoherence,), {"make": staticmethod(make)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


@pytest.mark.properties
def test_in_memory_no_interleaving_shows_what_was_replaced() -> None:
    def make() -> tuple[ResponseCache, ...]:
        cache = InMemoryCache(LAYERS, FixedClock(SystemClock().now()), times=TIMES)
        return cache, cache

    run(make, examples=500, steps=30)


@pytest.fixture
def empty(valkey_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(valkey_url) as client:
        yield client.flushall


@pytest.mark.properties
def test_in_redis_no_interleaving_shows_what_was_replaced(valkey_url: str, empty: Any) -> None:
    clients = tuple(
        RedisCache.from_url(valkey_url, LAYERS, SystemClock(), times=TIMES, read_timeout_seconds=5)
        for _ in range(2)
    )

    def make() -> tuple[ResponseCache, ...]:
        empty()
        return clients

    run(make, examples=200, steps=30)
