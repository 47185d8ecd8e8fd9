"""What every adapter of the cache promises, and what the null one does instead."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from zebros_core.cache import (
    MISSING,
    CacheEntry,
    CacheTimes,
    EntityKey,
    FillOutcome,
    Hit,
    Layer,
    ListKey,
    Miss,
    NullCache,
    Off,
    OffReason,
    RateLimit,
    ResponseCache,
    Written,
    create_cache,
)
from zebros_core.clock import SystemClock

LAYERS = {"widget": Layer(60, stale_seconds=30), "widgets": Layer(60, stale_seconds=30)}
SHORT = {
    "widget": Layer(0.1, stale_seconds=30, missing_seconds=0.05),
    "widgets": Layer(0.1, stale_seconds=30),
}
QUICK = CacheTimes(lock_seconds=0.1, waits_seconds=(0.001,))
AURORA, BOREALIS = "aurora", "borealis"
W1 = EntityKey("widget", "W1")
PAGE = ListKey("widgets", "all", "abc123")


def entry(version: int, body: bytes | None = None) -> CacheEntry:
    return CacheEntry(body or b'{"version":%d}' % version, version, "owner-1", "north")


def missed(cache: ResponseCache, key: Any = W1, tenant: str = AURORA) -> Miss:
    lookup = cache.enter(tenant, None, key).lookup
    assert isinstance(lookup, Miss)
    return lookup


def body(cache: ResponseCache, key: Any = W1, tenant: str = AURORA) -> bytes | None:
    """What a reader is shown; None when it has to read for itself."""
    lookup = cache.enter(tenant, None, key).lookup
    return lookup.entry.body if isinstance(lookup, Hit) else None


class TestRecords:
    def test_what_is_filled_is_found_whole(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        stored = CacheEntry(bytes(range(256)), 7, "owner-1", None)
        assert cache.fill(missed(cache), stored) is FillOutcome.STORED
        assert cache.enter(AURORA, None, W1).lookup == Hit(stored)
        assert rig.container(LAYERS).enter(AURORA, None, W1).lookup == Hit(stored)

    def test_a_tenant_never_finds_anothers_entry(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        cache.fill(missed(cache), entry(1))
        assert isinstance(cache.enter(BOREALIS, None, W1).lookup, Miss)
        cache.written(BOREALIS, "widget", "W1", 9, None, ["widgets"])
        assert body(cache) == entry(1).body

    def test_a_fill_below_the_floor_is_refused(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        cache.written(AURORA, "widget", "W1", 5, None)
        assert cache.fill(missed(cache), entry(4)) is FillOutcome.BELOW_FLOOR
        assert body(cache) is None

    def test_a_fill_that_was_overtaken_by_a_write_is_refused(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        miss = missed(cache)
        cache.written(AURORA, "widget", "W1", 2, None)
        assert cache.fill(miss, entry(1)) is FillOutcome.LOST_LOCK
        assert body(cache) is None

    def test_a_write_shows_its_own_body_at_once(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        cache.fill(missed(cache), entry(1))
        assert cache.written(AURORA, "widget", "W1", 2, entry(2))
        assert body(cache) == entry(2).body

    def test_a_write_without_a_body_hides_the_older_one(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        cache.fill(missed(cache), entry(1))
        cache.written(AURORA, "widget", "W1", 2, None)
        assert isinstance(cache.enter(AURORA, None, W1).lookup, Miss)

    @pytest.mark.parametrize("late", [entry(2), None, MISSING])
    def test_a_late_write_changes_nothing(self, rig: Any, late: CacheEntry | None) -> None:
        cache = rig.cache(LAYERS)
        cache.written(AURORA, "widget", "W1", 3, entry(3))
        cache.written(AURORA, "widget", "W1", 2, late)
        assert body(cache) == entry(3).body

    def test_a_repeated_write_keeps_the_body_and_the_right_to_fill(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        cache.written(AURORA, "widget", "W1", 3, None)
        miss = missed(cache)
        cache.written(AURORA, "widget", "W1", 3, None)
        assert cache.fill(miss, entry(3)) is FillOutcome.STORED
        cache.written(AURORA, "widget", "W1", 3, None)
        assert body(cache) == entry(3).body

    def test_a_fill_raises_the_floor(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        cache.fill(missed(cache), entry(4))
        cache.written(AURORA, "widget", "W1", 3, entry(3))
        assert body(cache) == entry(4).body

    def test_a_missing_record_is_believed_shortly(self, rig: Any) -> None:
        cache = rig.cache(SHORT, QUICK)
        cache.fill(missed(cache), MISSING)
        assert cache.enter(AURORA, None, W1).lookup == Hit(MISSING)
        rig.wait(0.06)
        assert isinstance(cache.enter(AURORA, None, W1).lookup, Miss)

    def test_a_created_record_is_not_missing_any_more(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        reader = missed(cache)
        cache.written(AURORA, "widget", "W1", 1, entry(1))
        assert cache.fill(reader, MISSING) is FillOutcome.LOST_LOCK
        assert body(cache) == entry(1).body

    def test_a_deleted_record_is_missing_until_it_is_restored(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        cache.written(AURORA, "widget", "W1", 1, entry(1))
        cache.written(AURORA, "widget", "W1", 2, MISSING)
        assert cache.enter(AURORA, None, W1).lookup == Hit(MISSING)
        cache.written(AURORA, "widget", "W1", 3, entry(3))
        assert body(cache) == entry(3).body

    def test_an_event_older_than_the_floors_memory_plants_nothing(self, rig: Any) -> None:
        cache = rig.cache(LAYERS, CacheTimes(floor_seconds=0.1))
        now = SystemClock().now() - timedelta(days=3650)
        assert cache.written_many(AURORA, [Written("widget", "W1", 2, entry(2), committed_at=now)])
        assert body(cache) is None

    def test_many_writes_at_once_each_have_their_floor(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        writes = [Written("widget", f"W{n}", n, entry(n)) for n in range(1, 251)]
        page = missed(cache, PAGE)
        assert cache.written_many(AURORA, writes, ["widgets"])
        assert [body(cache, EntityKey("widget", f"W{n}")) for n in (1, 100, 101, 250)] == [
            entry(n).body for n in (1, 100, 101, 250)
        ]
        assert cache.fill(page, CacheEntry(b"[]")) is FillOutcome.OTHER_GENERATION


class TestLists:
    def test_a_page_is_found_until_its_list_is_raised(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        cache.fill(missed(cache, PAGE), CacheEntry(b"[1]"))
        assert body(cache, PAGE) == b"[1]"
        cache.written(AURORA, "widget", "W1", 1, None, ["widgets"])
        assert isinstance(cache.enter(AURORA, None, PAGE).lookup, Miss)

    def test_a_page_read_before_a_write_is_refused_after_it(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        miss = missed(cache, PAGE)
        cache.written(AURORA, "widget", "W1", 1, None, ["widgets"])
        assert cache.fill(miss, CacheEntry(b"[old]")) is FillOutcome.OTHER_GENERATION
        assert body(cache, PAGE) is None

    def test_a_write_frees_those_who_would_wait_for_the_older_page(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        missed(cache, PAGE)
        cache.written(AURORA, "widget", "W1", 1, None, ["widgets"])
        assert isinstance(cache.enter(AURORA, None, PAGE).lookup, Miss)

    def test_scopes_and_queries_are_apart(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        cache.fill(missed(cache, PAGE), CacheEntry(b"[all]"))
        for other in (
            ListKey("widgets", "own:user-1", "abc123"),
            ListKey("widgets", "team:north", "abc123"),
            ListKey("widgets", "all", "def456"),
            ListKey("widgets/P1", "all", "abc123"),
        ):
            assert isinstance(cache.enter(AURORA, None, other).lookup, Miss)

    def test_a_list_of_one_parent_is_raised_alone(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        first, second = (ListKey(f"widgets/P{n}", "all", "abc") for n in (1, 2))
        for key in (first, second):
            cache.fill(missed(cache, key), CacheEntry(b"[]"))
        cache.written(AURORA, "widget", "W1", 1, None, ["widgets/P1"])
        assert (body(cache, first), body(cache, second)) == (None, b"[]")

    def test_raising_a_list_of_one_tenant_leaves_anothers(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        cache.fill(missed(cache, PAGE, BOREALIS), CacheEntry(b"[b]"))
        cache.written(AURORA, "widget", "W1", 1, None, ["widgets"])
        assert body(cache, PAGE, BOREALIS) == b"[b]"


class TestSingleFlight:
    def test_of_many_readers_one_is_asked_to_fill(self, rig: Any) -> None:
        cache = rig.cache(LAYERS, QUICK)
        missed(cache)
        for _ in range(3):
            assert rig.container(LAYERS, QUICK).enter(AURORA, None, W1).lookup == Off(OffReason.BUSY)

    def test_a_fill_that_never_comes_is_given_to_another(self, rig: Any) -> None:
        cache = rig.cache(LAYERS, QUICK)
        late = missed(cache)
        rig.wait(0.15)
        second = missed(cache)
        assert cache.fill(late, entry(1)) is FillOutcome.LOST_LOCK
        assert cache.fill(second, entry(1)) is FillOutcome.STORED

    def test_giving_the_right_back_frees_the_next(self, rig: Any) -> None:
        cache = rig.cache(LAYERS, QUICK)
        cache.abandon(missed(cache))
        missed(cache)

    def test_others_see_the_stale_entry_while_one_reads_anew(self, rig: Any) -> None:
        cache = rig.cache(SHORT, CacheTimes(lock_seconds=5, waits_seconds=(0.001,)))
        cache.fill(missed(cache), entry(1))
        rig.wait(0.12)
        refill = missed(cache)
        assert cache.enter(AURORA, None, W1).lookup == Hit(entry(1), stale=True)
        assert cache.fill(refill, entry(1, b"again")) is FillOutcome.STORED
        assert body(cache) == b"again"

    def test_nobody_sees_a_stale_entry_after_a_write(self, rig: Any) -> None:
        cache = rig.cache(SHORT, QUICK)
        cache.fill(missed(cache), entry(1))
        rig.wait(0.12)
        missed(cache)
        cache.written(AURORA, "widget", "W1", 2, None)
        missed(cache)
        assert cache.enter(AURORA, None, W1).lookup == Off(OffReason.BUSY)


class TestRateLimit:
    LIMIT = RateLimit(per_second=20, burst=3)

    def test_a_burst_is_allowed_and_what_is_over_is_told_when_to_come_back(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        left = [cache.enter(AURORA, self.LIMIT, None).rate.remaining for _ in range(3)]
        assert left == [2, 1, 0]
        refused = cache.enter(AURORA, self.LIMIT, W1)
        assert refused.lookup == Off(OffReason.RATE_LIMITED)
        assert not refused.rate.allowed
        assert 0 < refused.rate.retry_after_seconds <= 0.05
        assert refused.rate.limit == 3
        assert refused.rate.reset_seconds == pytest.approx(0.15, abs=0.04)

    def test_it_refills_with_time(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        for _ in range(4):
            cache.enter(AURORA, self.LIMIT, None)
        rig.wait(0.06)
        assert cache.enter(AURORA, self.LIMIT, None).rate.allowed

    def test_tenants_and_buckets_are_apart(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        for _ in range(4):
            cache.enter(AURORA, self.LIMIT, None)
        assert cache.enter(BOREALIS, self.LIMIT, None).rate.allowed
        assert cache.enter(AURORA, RateLimit(20, 3, bucket="exports"), None).rate.allowed

    def test_a_cost_counts_as_that_many(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        assert cache.enter(AURORA, RateLimit(20, 3, cost=3), None).rate.remaining == 0
        assert not cache.enter(AURORA, self.LIMIT, None).rate.allowed

    @pytest.mark.parametrize("wrong", [(0, 1, 1), (1, 0, 1), (1, 1, 2), (1, 1, 0)])
    def test_a_limit_that_could_never_allow_is_refused(self, wrong: tuple[float, int, int]) -> None:
        with pytest.raises(ValueError):
            RateLimit(*wrong)


class TestWhatIsNotCached:
    @pytest.mark.parametrize(
        "key",
        [
            EntityKey("gadget", "G1"),
            EntityKey("widget", "x" * 257),
            EntityKey("widget", ""),
            ListKey("widgets", "all", "not a hash"),
            ListKey("widgets", "", "abc"),
        ],
    )
    def test_a_key_that_is_not_ours_goes_on_without(self, rig: Any, key: Any) -> None:
        cache = rig.cache(LAYERS)
        assert cache.enter(AURORA, None, key).lookup == Off(OffReason.NOT_CACHED)
        limited = cache.enter(AURORA, RateLimit(10, 10), key)
        assert limited.rate is not None and limited.rate.allowed
        assert limited.lookup == Off(OffReason.NOT_CACHED)

    def test_writes_of_what_is_not_cached_are_accepted(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        assert cache.written(AURORA, "gadget", "G1", 1, entry(1), ["gadgets"])
        assert cache.written(AURORA, "widget", "x" * 300, 1, entry(1))

    def test_a_body_over_the_layers_limit_is_not_kept(self, rig: Any) -> None:
        cache = rig.cache({"widget": Layer(60, max_body_bytes=10)}, QUICK)
        assert cache.fill(missed(cache), entry(1, b"x" * 11)) is FillOutcome.OFF
        cache.written(AURORA, "widget", "W1", 2, entry(2, b"x" * 11))
        missed(cache)

    @pytest.mark.parametrize("tenant", ["", "Aurora", "au}rora", "aurora:e", "ünder"])
    def test_what_is_no_tenant_is_a_defect(self, rig: Any, tenant: str) -> None:
        with pytest.raises(ValueError):
            rig.cache(LAYERS).enter(tenant, RateLimit(1, 1), W1)


class TestNull:
    def test_every_request_goes_on(self) -> None:
        cache = create_cache("", LAYERS, SystemClock())
        assert isinstance(cache, NullCache)
        entered = cache.enter(AURORA, RateLimit(1, 1), W1)
        assert (entered.rate, entered.lookup) == (None, Off(OffReason.DISABLED))
        miss = Miss(AURORA, W1, "token")
        assert cache.fill(miss, entry(1)) is FillOutcome.OFF
        assert cache.written(AURORA, "widget", "W1", 1, None) and cache.written_many(AURORA, [])
        assert cache.abandon(miss) is None


class TestDocuments:
    def test_a_document_is_shared_by_name_and_apart_from_every_tenants_keys(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        assert cache.document("jwks/1") is None
        assert cache.keep_document("jwks/1", bytes(range(256)), 60)
        assert cache.keep_document("jwks/2", b"another", 60)
        assert rig.container(LAYERS).document("jwks/1") == bytes(range(256))
        assert isinstance(cache.enter(AURORA, None, EntityKey("widget", "jwks/1")).lookup, Miss)

    def test_a_later_document_replaces_it_and_its_time_ends(self, rig: Any) -> None:
        cache = rig.cache(LAYERS)
        cache.keep_document("jwks/1", b"old", 60)
        cache.keep_document("jwks/1", b"new", 0.05)
        assert cache.document("jwks/1") == b"new"
        rig.wait(0.06)
        assert cache.document("jwks/1") is None

    def test_without_a_cache_nothing_is_kept(self) -> None:
        cache = NullCache()
        assert not cache.keep_document("jwks/1", b"new", 60)
        assert cache.document("jwks/1") is None

    def test_a_name_that_could_be_another_key_is_refused(self, rig: Any) -> None:
        with pytest.raises(ValueError, match="name"):
            rig.cache(LAYERS).document("a:b")
