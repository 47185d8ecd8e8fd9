"""The cache within one process: for tests, and for a laptop without Redis. The rules are those of
`scripts.py`.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor
from uuid import uuid4

from zebros_core.cache.keys import UncacheableKeyError, document_key, entry_key, generation_key, rate_key
from zebros_core.cache.layers import CacheTimes, Layer, layer_named, layer_of, storable, times_of
from zebros_core.cache.port import (
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
    Written,
)
from zebros_core.cache.single_flight import wait_for_fill
from zebros_core.clock import Clock


@dataclass(slots=True)
class _Slot:
    """One key: the response, and what guards it. Instants in seconds since the epoch."""

    entry: CacheEntry | None = None
    fresh_until: float = 0.0
    stale_until: float = 0.0
    generation: str = ""
    floor: int = 0
    token: str = ""
    token_until: float = 0.0
    token_generation: str = ""


@dataclass(slots=True)
class _State:
    slots: OrderedDict[str, _Slot] = field(default_factory=OrderedDict[str, _Slot])
    generations: dict[str, int] = field(default_factory=dict[str, int])
    full_at: dict[str, float] = field(default_factory=dict[str, float])
    last_generation: int = 0
    documents: dict[str, tuple[bytes, float]] = field(default_factory=dict[str, tuple[bytes, float]])


class InMemoryCache:
    """A `ResponseCache` for one process; safe for threads; the least recently used of `max_entries` goes
    first.
    """

    def __init__(
        self,
        layers: Mapping[str, Layer],
        clock: Clock,
        *,
        times: CacheTimes | None = None,
        max_entries: int = 10_000,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._layers = dict(layers)
        self._clock = clock
        self._times = times or CacheTimes()
        self._max_entries = max_entries
        self._sleep = sleep
        self._state = _State()
        self._lock = threading.Lock()

    def enter(self, tenant_id: str, rate: RateLimit | None, key: CacheKey | None) -> Entered:
        decision: RateDecision | None = None
        with self._lock:
            if rate is not None:
                decision = self._take(rate_key(tenant_id, rate.bucket), rate)
                if not decision.allowed:
                    return Entered(decision, Off(OffReason.RATE_LIMITED))
        if key is None:
            return Entered(decision, Off(OffReason.DISABLED))
        if layer_of(self._layers, key) is None:
            return Entered(decision, Off(OffReason.NOT_CACHED))
        try:
            name = entry_key(tenant_id, key)
        except UncacheableKeyError:
            return Entered(decision, Off(OffReason.NOT_CACHED))
        found = self._look(tenant_id, name, key)
        if found is None:
            found = wait_for_fill(
                lambda: self._look(tenant_id, name, key), self._times.waits_seconds, self._sleep
            )
        return Entered(decision, found)

    def fill(self, miss: Miss, entry: CacheEntry) -> FillOutcome:
        layer = layer_of(self._layers, miss.key)
        if layer is None or len(entry.body) > layer.max_body_bytes:
            self.abandon(miss)
            return FillOutcome.OFF
        with self._lock:
            now = self._now()
            slot = self._slot(entry_key(miss.tenant_id, miss.key))
            mine = slot.token == miss.token
            if isinstance(miss.key, ListKey):
                current = self._state.generations.get(generation_key(miss.tenant_id, miss.key.list_name))
                if str(current) != miss.generation:
                    slot.token = "" if mine else slot.token
                    return FillOutcome.OTHER_GENERATION
            else:
                if not mine:
                    return FillOutcome.LOST_LOCK
                if entry.version is not None:
                    if entry.version < slot.floor:
                        slot.token = ""
                        return FillOutcome.BELOW_FLOOR
                    slot.floor = entry.version
            self._store(slot, entry, layer, now, miss.generation)
            slot.token = "" if mine else slot.token
            return FillOutcome.STORED

    def abandon(self, miss: Miss) -> None:
        with self._lock:
            slot = self._slot(entry_key(miss.tenant_id, miss.key))
            if slot.token == miss.token:
                slot.token = ""

    def written(
        self,
        tenant_id: str,
        entity: str,
        id: str,
        version: int,
        entry: CacheEntry | None,
        lists: Sequence[str] = (),
    ) -> bool:
        return self.written_many(tenant_id, (Written(entity, id, version, entry),), lists)

    def written_many(self, tenant_id: str, writes: Sequence[Written], lists: Sequence[str] = ()) -> bool:
        with self._lock:
            now = self._now()
            for write in writes:
                layer = layer_named(self._layers, write.entity)
                if layer is None:
                    continue
                try:
                    slot = self._slot(entry_key(tenant_id, EntityKey(write.entity, write.id)))
                except UncacheableKeyError:
                    continue
                if write.version < slot.floor:
                    continue
                if write.version > slot.floor:
                    slot.floor = write.version
                    slot.token = ""
                    slot.entry, slot.fresh_until, slot.stale_until = None, 0.0, 0.0
                entry = storable(write, layer, self._times, self._clock.now())
                if entry is not None:
                    self._store(slot, entry, layer, now, "")
            for name in lists:
                if layer_named(self._layers, name) is not None:
                    self._raise_generation(generation_key(tenant_id, name))
        return True

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def document(self, name: str) -> bytes | None:
        with self._lock:
            document, until = self._state.documents.get(document_key(name), (None, 0.0))
            return document if until > self._now() else None

    def keep_document(self, name: str, document: bytes, ttl_seconds: float) -> bool:
        with self._lock:
            self._state.documents[document_key(name)] = document, self._now() + ttl_seconds
        return True

    def _slot(self, name: str) -> _Slot:
        slots = self._state.slots
        slot = slots.get(name)
        if slot is None:
            slot = slots[name] = _Slot()
            if len(slots) > self._max_entries:
                slots.popitem(last=False)
        else:
            slots.move_to_end(name)
        return slot

    def _look(self, tenant_id: str, name: str, key: CacheKey) -> Lookup | None:
        """A hit, the right to fill, or None while another caller has it."""
        with self._lock:
            now = self._now()
            generation = ""
            if isinstance(key, ListKey):
                generation = str(self._generation(generation_key(tenant_id, key.list_name)))
            slot = self._slot(name)
            valid = slot.entry is not None and slot.generation == generation
            if valid and slot.entry is not None and slot.fresh_until > now:
                return Hit(slot.entry)
            if slot.token and slot.token_until > now and slot.token_generation == generation:
                if valid and slot.entry is not None and slot.stale_until > now:
                    return Hit(slot.entry, stale=True)
                return None
            slot.token = uuid4().hex
            slot.token_until = now + self._times.lock_seconds
            slot.token_generation = generation
            return Miss(tenant_id, key, slot.token, generation)

    def _store(self, slot: _Slot, entry: CacheEntry, layer: Layer, now: float, generation: str) -> None:
        fresh, stale = times_of(layer, entry)
        slot.entry = entry
        slot.fresh_until = now + fresh
        slot.stale_until = now + fresh + stale
        slot.generation = generation

    def _generation(self, name: str) -> int:
        current = self._state.generations.get(name)
        return self._raise_generation(name) if current is None else current

    def _raise_generation(self, name: str) -> int:
        self._state.last_generation += 1
        self._state.generations[name] = self._state.last_generation
        return self._state.last_generation

    def _take(self, name: str, rate: RateLimit) -> RateDecision:
        """The generic cell rate algorithm: `full_at` stands for the bucket's level and the time it was last
        seen.
        """
        now, interval = self._now(), 1.0 / rate.per_second
        full_at = max(self._state.full_at.get(name, now), now)
        after = full_at + interval * rate.cost
        early = after - interval * rate.burst - now
        if early > 1e-6:
            remaining = floor(rate.burst - (full_at - now) / interval + 1e-6)
            return RateDecision(False, rate.burst, remaining, full_at - now, ceil(early * 1e6) / 1e6)
        self._state.full_at[name] = after
        remaining = max(floor(rate.burst - (after - now) / interval + 1e-6), 0)
        return RateDecision(True, rate.burst, remaining, after - now)
