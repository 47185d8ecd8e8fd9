"""Redis down, slow, or talking nonsense: requests go on without it, and soon stop asking."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis

from zebros_core.cache import (
    CacheEntry,
    CircuitBreaker,
    EntityKey,
    FillOutcome,
    Hit,
    Layer,
    Miss,
    Off,
    OffReason,
    RateLimit,
    RedisCache,
)
from zebros_core.cache.redis_connection import SingleConnection
from zebros_core.clock import SystemClock

LAYERS = {"widget": Layer(60)}
KEY = EntityKey("widget", "W1")
UNAVAILABLE = Off(OffReason.UNAVAILABLE)


class Scripted:
    """A transport that gives prepared answers: values, exceptions, or functions of the command."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.commands: list[tuple[Any, ...]] = []
        self.closed = 0

    def call(self, *command: Any) -> Any:
        self.commands.append(command)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(command) if callable(answer) else answer

    def close(self) -> None:
        self.closed += 1


def cache_over(transport: Any, **options: Any) -> RedisCache:
    return RedisCache(transport, LAYERS, SystemClock(), **options)


@contextmanager
def server(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """A TCP server that treats each connection in its own way."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    behave(connection)
                except OSError:
                    continue

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
    finally:
        listener.close()


def test_with_nobody_listening_every_verb_goes_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"redis://127.0.0.1:{taken.getsockname()[1]}/0"
    troubles: list[str] = []
    cache = RedisCache.from_url(url, LAYERS, SystemClock(), on_trouble=troubles.append)
    entered = cache.enter("aurora", RateLimit(1, 1), KEY)
    assert (entered.rate, entered.lookup) == (None, UNAVAILABLE)
    miss = Miss("aurora", KEY, "token")
    assert cache.fill(miss, CacheEntry(b"", 1)) is FillOutcome.OFF
    assert not cache.written("aurora", "widget", "W1", 2, None)
    cache.abandon(miss)
    assert troubles == ["ConnectionError"] * 3


def test_a_server_that_does_not_answer_costs_its_timeout_and_no_more() -> None:
    with server(lambda connection: time.sleep(2)) as url:
        cache = RedisCache.from_url(url, LAYERS, SystemClock(), read_timeout_seconds=0.03)
        started = time.monotonic()
        assert cache.enter("aurora", None, KEY).lookup == UNAVAILABLE
        assert time.monotonic() - started < 0.5
        for _ in range(2):
            cache.enter("aurora", None, KEY)
        started = time.monotonic()
        for _ in range(100):
            assert cache.enter("aurora", None, KEY).lookup == UNAVAILABLE
        assert time.monotonic() - started < 0.02


@pytest.mark.parametrize(
    "noise", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"+OK\r\n", b"$3\r\nabc\r\n", b"*1\r\n:1\r\n", b":1\r\n"]
)
def test_a_server_that_talks_nonsense_is_left_alone(noise: bytes) -> None:
    def answer(connection: socket.socket) -> None:
        while connection.recv(65536):
            connection.sendall(noise)

    with server(answer) as url:
        cache = RedisCache.from_url(url, LAYERS, SystemClock())
        assert cache.enter("aurora", RateLimit(1, 1), KEY).lookup == UNAVAILABLE


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"OK",
        7,
        [],
        [b"nonce"],
        [b"another-question", 1, 0, 0, 0, b"H", b"body", b"1", b"", b"", b"0", b"0"],
        redis.ResponseError("OOM command not allowed when used memory > 'maxmemory'."),
        redis.ReadOnlyError("You can't write against a read only replica."),
        redis.BusyLoadingError("Redis is loading the dataset in memory"),
        OSError("broken"),
    ],
)
def test_an_answer_to_another_question_or_none_at_all_is_trouble(answer: Any) -> None:
    transport = Scripted(answer)
    assert cache_over(transport).enter("aurora", None, KEY).lookup == UNAVAILABLE
    assert transport.closed == 1, "a connection that may be out of step must not be used again"


def test_a_script_that_the_server_forgot_is_sent_again(valkey_url: str) -> None:
    cache = RedisCache.from_url(valkey_url, LAYERS, SystemClock(), read_timeout_seconds=2)
    cache.enter("aurora", None, KEY)
    with redis.Redis.from_url(valkey_url) as client:
        client.script_flush()
        client.flushall()
    miss = cache.enter("aurora", None, KEY).lookup
    assert isinstance(miss, Miss)
    with redis.Redis.from_url(valkey_url) as client:
        client.script_flush()
    assert cache.fill(miss, CacheEntry(b"body", 1)) is FillOutcome.STORED


def test_a_connection_that_the_server_closed_is_opened_again_unnoticed(valkey_url: str) -> None:
    troubles: list[str] = []
    cache = RedisCache.from_url(valkey_url, LAYERS, SystemClock(), on_trouble=troubles.append)
    cache.written("aurora", "widget", "W1", 1, CacheEntry(b"body", 1))
    with redis.Redis.from_url(valkey_url) as client:
        client.client_kill_filter(_type="normal", skipme=True)
    assert isinstance(cache.enter("aurora", None, KEY).lookup, Hit)
    assert troubles == []


def test_an_answer_left_unread_is_never_taken_for_the_next() -> None:
    """The classic way to show one tenant another's data: time out, then read the late answer."""
    replies = [b"late", b"right"]

    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        reply = replies.pop(0)
        if reply == b"late":
            time.sleep(0.1)
        connection.sendall(b"$%d\r\n%s\r\n" % (len(reply), reply))

    with server(answer) as url:
        connection = SingleConnection(url, read_timeout_seconds=0.03)
        with pytest.raises(redis.TimeoutError):
            connection.call("GET", "first")
        time.sleep(0.15)
        assert connection.call("GET", "second") == b"right"
        connection.close()


def test_a_connection_that_was_idle_for_long_is_made_anew(valkey_url: str) -> None:
    now = [0.0]
    connection = SingleConnection(valkey_url, monotonic=lambda: now[0])
    first = connection.call("CLIENT", "ID")
    now[0] = 200.0
    assert connection.call("CLIENT", "ID") == first
    now[0] = 500.0
    assert connection.call("CLIENT", "ID") != first
    connection.close()


def test_once_redis_is_back_it_is_used_again() -> None:
    now = [0.0]
    breaker = CircuitBreaker(threshold=2, cooldown_seconds=1, monotonic=lambda: now[0])

    def miss(command: tuple[Any, ...]) -> list[Any]:
        return [command[4].encode(), 1, 0, 0, 0, b"M", b""]

    transport = Scripted(redis.TimeoutError("slow"))
    cache = cache_over(transport, breaker=breaker)
    for _ in range(5):
        assert cache.enter("aurora", None, KEY).lookup == UNAVAILABLE
    assert len(transport.commands) == 2
    transport.answers = [miss]
    assert cache.enter("aurora", None, KEY).lookup == UNAVAILABLE
    now[0] = 1.0
    assert isinstance(cache.enter("aurora", None, KEY).lookup, Miss)


def test_the_redis_library_is_not_imported_before_its_first_use() -> None:
    code = (
        "import sys; from zebros_core.cache import create_cache; from zebros_core.clock import SystemClock;"
        "create_cache('redis://127.0.0.1:1/0', {}, SystemClock());"
        "sys.exit(sorted(m for m in sys.modules if m.split('.')[0] in ('redis', 'hiredis', 'boto3')) != [])"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_request_makes_one_round_trip_and_a_miss_one_more(valkey_url: str) -> None:
    class Counting(SingleConnection):
        calls = 0

        def call(self, *command: Any) -> Any:
            self.calls += 1
            return super().call(*command)

    transport = Counting(valkey_url, read_timeout_seconds=2)
    cache = RedisCache(transport, LAYERS, SystemClock())
    warm = cache.enter("aurora", None, EntityKey("widget", "warm")).lookup
    assert isinstance(warm, Miss)
    cache.fill(warm, CacheEntry(b"", 1))
    cache.written("aurora", "widget", "warm", 1, None)

    transport.calls = 0
    key = EntityKey("widget", f"counted-{time.monotonic_ns()}")
    miss = cache.enter("aurora", RateLimit(100, 100), key).lookup
    assert isinstance(miss, Miss)
    cache.fill(miss, CacheEntry(b"body", 1))
    assert transport.calls == 2
    assert isinstance(cache.enter("aurora", RateLimit(100, 100), key).lookup, Hit)
    assert transport.calls == 3
    cache.written("aurora", "widget", key.id, 2, CacheEntry(b"body", 2), ["widgets", "gadgets"])
    assert transport.calls == 4
