"""The cache in Redis or Valkey: `port` has its promises, `scripts` its rules, `keys` its keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any
from uuid import uuid4

from zebros_core.cache.breaker import CircuitBreaker
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
from zebros_core.cache.redis_cluster import RedirectedConnections
from zebros_core.cache.redis_connection import CachePassword, RedisTransport, SingleConnection
from zebros_core.cache.scripts import ABANDON, DOCUMENT, ENTER, FILL, KEEP_DOCUMENT, WRITTEN, Script
from zebros_core.cache.single_flight import wait_for_fill
from zebros_core.clock import Clock

_OFF = {reason: Off(reason) for reason in OffReason}
_UNAVAILABLE = Entered(rate=None, lookup=_OFF[OffReason.UNAVAILABLE])
_WRITES_PER_CALL = 100
_OUTCOMES = {
    b"S": FillOutcome.STORED,
    b"F": FillOutcome.BELOW_FLOOR,
    b"G": FillOutcome.OTHER_GENERATION,
    b"L": FillOutcome.LOST_LOCK,
}

Argument = str | bytes | int


class _GarbageError(Exception):
    """An answer that is not one to our question."""


class RedisCache:
    """A `ResponseCache` whose every verb is one script.

    Trouble with Redis never surfaces: a call that times out (tens of milliseconds), fails or is answered with
    nonsense counts against the circuit breaker and turns into `Off`.
    """

    def __init__(
        self,
        transport: RedisTransport,
        layers: Mapping[str, Layer],
        clock: Clock,
        *,
        times: CacheTimes | None = None,
        breaker: CircuitBreaker | None = None,
        sleep: Callable[[float], None] = time.sleep,
        on_trouble: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`on_trouble` gets the kind of each failure (an exception's name): for a metric, never for a
        message.
        """
        self._transport = transport
        self._layers = dict(layers)
        self._clock = clock
        self._times = times or CacheTimes()
        self._breaker = breaker or CircuitBreaker()
        self._sleep = sleep
        self._on_trouble = on_trouble
        self._lock_ms = _ms(self._times.lock_seconds)
        self._generation_ms = _ms(self._times.generation_seconds)
        self._nonce_prefix = ""
        self._nonces = count()

    @classmethod
    def from_url(
        cls,
        url: str,
        layers: Mapping[str, Layer],
        clock: Clock,
        *,
        connect_timeout_seconds: float = 0.1,
        read_timeout_seconds: float = 0.05,
        times: CacheTimes | None = None,
        password: Callable[[], str] | None = None,
        on_trouble: Callable[[str], None] = lambda _: None,
    ) -> RedisCache:
        """Over one connection to `redis://` or `rediss://` (TLS), opened at the first call, and one to each node
        that a cluster redirects to. `password`: reads the one that is not in the URL; raises OSError if it
        cannot.
        """
        secret = None if password is None else CachePassword(password)

        def connect(node: str) -> SingleConnection:
            return SingleConnection(
                node,
                connect_timeout_seconds=connect_timeout_seconds,
                read_timeout_seconds=read_timeout_seconds,
                password=secret,
            )

        transport = RedirectedConnections(url, connect)
        return cls(transport, layers, clock, times=times, on_trouble=on_trouble)

    def enter(self, tenant_id: str, rate: RateLimit | None, key: CacheKey | None) -> Entered:
        keys: list[str] = []
        kind, off = "n", OffReason.DISABLED
        if key is not None:
            try:
                entry_name = entry_key(tenant_id, key)
                if layer_of(self._layers, key) is None:
                    off = OffReason.NOT_CACHED
                elif isinstance(key, EntityKey):
                    kind, keys = "e", [entry_name]
                else:
                    kind, keys = "l", [entry_name, generation_key(tenant_id, key.list_name)]
            except UncacheableKeyError:
                off = OffReason.NOT_CACHED
        if kind == "n" and rate is None:
            return Entered(None, _OFF[off])
        arguments: tuple[Argument, ...] = (kind, self._lock_ms, self._generation_ms)
        if rate is None:
            limit: tuple[Argument, ...] = (0, 0, 0)
        else:
            limit = (repr(1_000_000 / rate.per_second), rate.burst, rate.cost)
        entered_keys = keys if rate is None else [*keys, rate_key(tenant_id, rate.bucket)]
        answer = self._run(ENTER, entered_keys, (*arguments, *limit))
        if answer is None:
            return _UNAVAILABLE
        decision = None if rate is None else _decision(rate, answer)
        if decision is not None and not decision.allowed:
            return Entered(decision, _OFF[OffReason.RATE_LIMITED])
        if key is None or kind == "n":
            return Entered(decision, _OFF[off])
        found = _lookup(tenant_id, key, answer)
        if found is None:

            def poll() -> Lookup | None:
                again = self._run(ENTER, keys, (*arguments, 0, 0, 0))
                return _OFF[OffReason.UNAVAILABLE] if again is None else _lookup(tenant_id, key, again)

            found = wait_for_fill(poll, self._times.waits_seconds, self._sleep)
        return Entered(decision, found)

    def fill(self, miss: Miss, entry: CacheEntry) -> FillOutcome:
        layer = layer_of(self._layers, miss.key)
        if layer is None or len(entry.body) > layer.max_body_bytes:
            self.abandon(miss)
            return FillOutcome.OFF
        keys, kind = [entry_key(miss.tenant_id, miss.key)], "e"
        if isinstance(miss.key, ListKey):
            keys.append(generation_key(miss.tenant_id, miss.key.list_name))
            kind = "l"
        arguments = (miss.token, kind, miss.generation, *_times_ms(layer, entry), *_fields(entry))
        answer = self._run(FILL, keys, arguments)
        return FillOutcome.OFF if answer is None else _OUTCOMES[answer[1]]

    def abandon(self, miss: Miss) -> None:
        self._run(ABANDON, [entry_key(miss.tenant_id, miss.key)], (miss.token,))

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
        names = [
            generation_key(tenant_id, name) for name in lists if layer_named(self._layers, name) is not None
        ]
        now = self._clock.now()
        keys: list[str] = []
        fields: list[tuple[Argument, ...]] = []
        for write in writes:
            layer = layer_named(self._layers, write.entity)
            if layer is None:
                continue
            try:
                keys.append(entry_key(tenant_id, EntityKey(write.entity, write.id)))
            except UncacheableKeyError:
                continue
            entry = storable(write, layer, self._times, now)
            if entry is None:
                fields.append((write.version, 0, 0, 0, "", "", "", "", 0))
            else:
                fields.append((write.version, 1, *_times_ms(layer, entry), *_fields(entry)))
        floor_ms = _ms(self._times.floor_seconds)
        recorded = True
        for start in range(0, max(len(keys), 1 if names else 0), _WRITES_PER_CALL):
            chunk = keys[start : start + _WRITES_PER_CALL]
            last = start + _WRITES_PER_CALL >= len(keys)  # Lists are raised when every record has its floor.
            arguments = [argument for row in fields[start : start + _WRITES_PER_CALL] for argument in row]
            answer = self._run(
                WRITTEN,
                [*chunk, *names] if last else chunk,
                (len(chunk), floor_ms, self._generation_ms, *arguments),
            )
            recorded = recorded and answer is not None
        return recorded

    def document(self, name: str) -> bytes | None:
        answer = self._run(DOCUMENT, [document_key(name)], ())
        return bytes(answer[1]) or None if answer is not None else None

    def keep_document(self, name: str, document: bytes, ttl_seconds: float) -> bool:
        arguments = (document, _ms(ttl_seconds))
        return self._run(KEEP_DOCUMENT, [document_key(name)], arguments) is not None

    def _run(self, script: Script, keys: Sequence[str], arguments: Sequence[Argument]) -> list[Any] | None:
        """The script's answer, or None when Redis gave none that can be used."""
        if not self._breaker.allows():
            return None
        from redis.exceptions import NoScriptError, RedisError

        nonce = self._nonce()
        tail = (len(keys), *keys, nonce, *arguments)
        try:
            try:
                answer = self._transport.call("EVALSHA", script.digest, *tail)
            except NoScriptError:
                answer = self._transport.call("EVAL", script.source, *tail)
            if not isinstance(answer, list) or len(answer) < 2 or answer[0] != nonce.encode():  # pyright: ignore[reportUnknownArgumentType]
                raise _GarbageError
        except (RedisError, OSError, ValueError, _GarbageError) as trouble:
            self._transport.close()  # It may be out of step, or lead to a node that is no longer the primary.
            self._breaker.failed()
            self._on_trouble(type(trouble).__name__)
            return None
        self._breaker.succeeded()
        return answer  # pyright: ignore[reportUnknownVariableType]

    def _nonce(self) -> str:
        """Unique over all containers. The random part is drawn at the first call, never at init: see
        SnapStart.
        """
        if not self._nonce_prefix:
            self._nonce_prefix = uuid4().hex[:16]
        return f"{self._nonce_prefix}{next(self._nonces):x}"


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _times_ms(layer: Layer, entry: CacheEntry) -> tuple[int, int]:
    fresh, stale = times_of(layer, entry)
    return _ms(fresh), _ms(stale)


def _fields(entry: CacheEntry) -> tuple[Argument, ...]:
    version = "" if entry.version is None else entry.version
    return entry.body, version, entry.owner_id or "", entry.team_id or "", int(entry.missing)


def _decision(rate: RateLimit, answer: list[Any]) -> RateDecision:
    allowed, remaining, retry_after_us, full_in_us = answer[1:5]
    return RateDecision(bool(allowed), rate.burst, remaining, full_in_us / 1e6, retry_after_us / 1e6)


def _lookup(tenant_id: str, key: CacheKey, answer: list[Any]) -> Lookup | None:
    """A hit, the right to fill, or None while another caller has it."""
    status = answer[5]
    if status == b"H":
        body, version, owner, team, missing, stale = answer[6:12]
        entry = CacheEntry(
            body=body,
            version=int(version) if version else None,
            owner_id=owner.decode() if owner else None,
            team_id=team.decode() if team else None,
            missing=missing == b"1",
        )
        return Hit(entry, stale == b"1")
    if status == b"M":
        return Miss(tenant_id, key, answer[0].decode(), answer[6].decode())
    return None
