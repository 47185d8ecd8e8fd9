"""A cache of several nodes, and one with a password."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import redis
from redis.crc import key_slot
from redis.exceptions import AskError, MovedError

from zebros_core.cache import EntityKey, FillOutcome, Hit, Layer, Miss, Off, OffReason, RedisCache
from zebros_core.cache.port import CacheEntry
from zebros_core.cache.redis_cluster import RedirectedConnections
from zebros_core.clock import SystemClock

SEED = "rediss://seed.example:6379/0"
OTHER = "rediss://other.example:6380/0"
ACME = ("EVALSHA", "digest", 1, "{acme}:e:widget:W1", "nonce")
GLOBEX = ("EVALSHA", "digest", 1, "{globex}:e:widget:W1", "nonce")
ACME_SLOT = key_slot(b"acme")


class Node:
    """A node that answers what it is told to, and otherwise its own URL."""

    def __init__(self, url: str, answers: list[Any]) -> None:
        self.url, self.answers = url, answers
        self.commands: list[tuple[Any, ...]] = []
        self.closed = False

    def call(self, *command: Any) -> Any:
        self.commands.append(command)
        answer = self.answers.pop(0) if self.answers else self.url
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self.closed = True


class Nodes:
    """Nodes by URL, each with prepared answers."""

    def __init__(self, **answers: list[Any]) -> None:
        self.opened: list[Node] = []
        self._answers = {SEED: answers.get("seed", []), OTHER: answers.get("other", [])}

    def connect(self, url: str) -> Node:
        node = Node(url, self._answers[url])
        self.opened.append(node)
        return node

    def commands(self, url: str) -> list[tuple[Any, ...]]:
        return [command for node in self.opened if node.url == url for command in node.commands]


def moved(host: str = "other.example", port: int = 6380) -> MovedError:
    return MovedError(f"{ACME_SLOT} {host}:{port}")


def test_a_server_that_is_no_cluster_is_asked_as_before() -> None:
    nodes = Nodes()
    connections = RedirectedConnections(SEED, nodes.connect)
    assert [connections.call(*ACME), connections.call(*GLOBEX)] == [SEED, SEED]
    assert len(nodes.opened) == 1


def test_a_tenants_owner_is_learned_once_and_another_tenant_is_not_sent_there() -> None:
    nodes = Nodes(seed=[moved()])
    connections = RedirectedConnections(SEED, nodes.connect)
    assert [connections.call(*ACME) for _ in range(3)] == [OTHER] * 3
    assert connections.call(*GLOBEX) == SEED
    assert nodes.commands(SEED) == [ACME, GLOBEX]


def test_a_node_that_names_no_host_means_its_own() -> None:
    nodes = Nodes(seed=[MovedError(f"{ACME_SLOT} :6379")])
    assert RedirectedConnections(SEED, nodes.connect).call(*ACME) == SEED


def test_a_slot_that_is_on_its_way_is_asked_for_at_its_target_and_not_remembered() -> None:
    nodes = Nodes(seed=[AskError(f"{ACME_SLOT} other.example:6380")])
    connections = RedirectedConnections(SEED, nodes.connect)
    assert connections.call(*ACME) == OTHER
    assert nodes.commands(OTHER) == [("ASKING",), ACME]
    assert connections.call(*ACME) == SEED


def test_nodes_that_send_each_other_round_in_circles_are_given_up_on() -> None:
    nodes = Nodes(seed=[moved() for _ in range(9)], other=[moved("seed.example", 6379) for _ in range(9)])
    with pytest.raises(MovedError):
        RedirectedConnections(SEED, nodes.connect).call(*ACME)
    assert len(nodes.commands(SEED)) + len(nodes.commands(OTHER)) == 4


def test_closing_forgets_what_was_learned_so_that_a_dead_node_is_not_asked_again() -> None:
    nodes = Nodes(seed=[moved()])
    connections = RedirectedConnections(SEED, nodes.connect)
    assert connections.call(*ACME) == OTHER
    connections.close()
    assert all(node.closed for node in nodes.opened)
    assert connections.call(*ACME) == SEED


# Password

LAYERS = {"widget": Layer(60)}
KEY = EntityKey("widget", "W1")


@pytest.fixture
def guarded_url(valkey_url: str) -> Any:
    """A URL whose user needs a password."""
    with redis.Redis.from_url(valkey_url) as client:
        client.execute_command("ACL", "SETUSER", "guarded", "on", ">first-secret", "~*", "&*", "+@all")
        yield valkey_url.replace("redis://", "redis://guarded@")
        client.execute_command("ACL", "DELUSER", "guarded")


def cache_with(url: str, password: Callable[[], str]) -> RedisCache:
    return RedisCache.from_url(
        url, LAYERS, SystemClock(), connect_timeout_seconds=2, read_timeout_seconds=2, password=password
    )


def put_and_get(cache: RedisCache, tenant: str) -> Any:
    found = cache.enter(tenant, None, KEY).lookup
    if isinstance(found, Miss):
        assert cache.fill(found, CacheEntry(b"{}", version=1)) is FillOutcome.STORED
        found = cache.enter(tenant, None, KEY).lookup
    return found


def test_the_password_is_read_at_the_first_use_and_once(guarded_url: str) -> None:
    read: list[str] = []

    def password() -> str:
        read.append("read")
        return "first-secret"

    cache = cache_with(guarded_url, password)
    assert read == []
    for tenant in ("acme", "globex"):
        assert isinstance(put_and_get(cache, tenant), Hit)
    assert read == ["read"]


def test_a_password_that_was_changed_is_read_again_after_a_refusal(guarded_url: str) -> None:
    passwords = ["stale-secret", "first-secret"]
    cache = cache_with(guarded_url, lambda: passwords.pop(0))
    assert put_and_get(cache, "acme") == Off(OffReason.UNAVAILABLE)
    assert isinstance(put_and_get(cache, "acme"), Hit)


def test_requests_go_on_while_the_password_cannot_be_read(guarded_url: str) -> None:
    def password() -> str:
        raise OSError("no answer")

    assert put_and_get(cache_with(guarded_url, password), "acme") == Off(OffReason.UNAVAILABLE)
