"""Signing keys shared between containers: fewer fetches, the same ages, and no trust in the cache."""

from __future__ import annotations

import pytest

from zebros_core.auth import JwksClient, JwksError, SharedJwks
from zebros_core.cache import InMemoryCache, NullCache, RedisCache
from zebros_core.errors import UnauthenticatedError, UnavailableError

ISSUER = "https://id.example/realms/zebros"
OURS = b"a key of the deployment"


class Counted(InMemoryCache):
    reads = 0

    def document(self, name: str) -> bytes | None:
        self.reads += 1
        return super().document(name)


@pytest.fixture
def cache(clock) -> Counted:
    return Counted({}, clock)


@pytest.fixture
def container(issuer, clock, cache):
    """Make the keys of another container."""

    def make(**settings) -> JwksClient:
        return JwksClient(issuer.fetch, clock, shared=SharedJwks(cache, ISSUER, lambda: OURS), **settings)

    return make


def test_one_container_fetches_for_all(container, issuer, clock):
    for _ in range(5):
        assert container().key("first").key_size == 2048
        clock.advance(minutes=5)
    assert issuer.fetches == 1


def test_the_cache_is_asked_when_the_container_has_no_key_only(container, cache):
    client = container()
    for _ in range(100):
        client.key("first")
    assert cache.reads == 1


def test_a_shared_set_grows_no_younger(container, issuer, clock):
    container().key("first")
    clock.advance(minutes=59)
    late = container()
    late.key("first")
    issuer.published = ["second"]
    clock.advance(minutes=1, seconds=1)
    with pytest.raises(UnauthenticatedError):
        late.key("first")
    assert issuer.fetches == 2


def test_a_new_key_that_one_container_found_is_known_to_the_others_without_a_fetch(container, issuer, clock):
    early, other = container(), container()
    early.key("first")
    other.key("first")
    clock.advance(minutes=10)
    issuer.published = ["first", "second"]
    early.key("second")
    assert other.key("second").key_size == 2048
    assert issuer.fetches == 2


def test_a_flood_of_made_up_keys_over_many_containers_costs_all_of_them_two_fetches_a_minute(
    container, issuer, clock, cache
):
    containers = [container() for _ in range(10)]
    for client in containers:
        client.key("first")
    fetches, reads = issuer.fetches, cache.reads
    for number in range(1000):
        for client in containers:
            with pytest.raises(UnauthenticatedError):
                client.key(f"made-up-{number}")
        clock.advance(seconds=0.06)
    assert issuer.fetches - fetches <= 2
    assert cache.reads - reads <= 20, "two a minute and container"


def test_a_container_that_starts_in_an_outage_gets_the_last_known_good_keys(container, issuer, clock):
    container().key("first")
    issuer.down = True
    clock.advance(hours=23)
    assert container().key("first").key_size == 2048
    clock.advance(hours=1, seconds=1)
    with pytest.raises(UnavailableError):
        container().key("first")


def test_an_empty_set_is_never_shared(container, issuer, clock):
    container().key("first")
    issuer.published = []
    clock.advance(hours=2)
    told: list[JwksError] = []
    assert container(on_error=told.append).key("first").key_size == 2048
    assert len(told) == 1
    issuer.down = True
    assert container().key("first").key_size == 2048


def forge(cache, clock, issuer, kid: str, *, by: bytes, of: str = ISSUER, hours: float = 0) -> None:
    issuer.published = [kid]
    document = issuer.fetch()
    issuer.published = ["first"]
    clock.advance(hours=hours)
    SharedJwks(cache, of, lambda: by).write(clock.now(), document)
    clock.advance(hours=-hours)
    issuer.fetches -= 1


def test_what_the_deployment_has_not_sealed_is_not_believed(container, cache, clock, issuer):
    forge(cache, clock, issuer, "second", by=b"somebody else")
    client = container()
    client.key("first")
    with pytest.raises(UnauthenticatedError):
        client.key("second")
    assert issuer.fetches == 1


@pytest.mark.parametrize("change", [b"", b"x", b"\n\n", b"{}"])
def test_nonsense_in_the_cache_is_as_good_as_nothing(container, cache, issuer, change):
    container().key("first")
    (name,) = [key.removeprefix("{-}:d:") for key in cache._state.documents]
    cache.keep_document(name, change, 60)
    assert container().key("first").key_size == 2048
    cache.keep_document(name, (cache.document(name) or b"").replace(b"first", b"other"), 60)
    with pytest.raises(UnauthenticatedError):
        container().key("other")


def test_the_set_of_another_issuer_is_not_ours_whatever_its_seal(container, cache, clock, issuer):
    forge(cache, clock, issuer, "second", by=OURS, of="https://id.example/realms/other")
    documents = cache._state.documents
    (foreign,) = documents
    container().key("first")
    (ours,) = documents.keys() - {foreign}
    documents[ours] = documents[foreign]
    client = container()
    with pytest.raises(UnauthenticatedError):
        client.key("second")


def test_a_set_from_the_future_is_not_believed(container, cache, clock, issuer):
    forge(cache, clock, issuer, "second", by=OURS, hours=1)
    with pytest.raises(UnauthenticatedError):
        container().key("second")


def test_an_older_set_does_not_bring_a_retired_key_back(container, cache, clock, issuer):
    old = container()
    old.key("first")
    kept = dict(cache._state.documents)
    issuer.published = ["second"]
    clock.advance(minutes=61)
    old.key("second")
    cache._state.documents.update(kept)
    clock.advance(minutes=1)
    issuer.down = True
    with pytest.raises(UnauthenticatedError):
        old.key("first")


class _Unreachable:
    calls = 0

    def call(self, *_: object) -> object:
        self.calls += 1
        raise OSError("no route")

    def close(self) -> None:
        pass


def test_a_cache_out_of_reach_costs_the_circuit_breakers_calls_and_nothing_else(issuer, clock):
    transport = _Unreachable()
    cache = RedisCache(transport, {}, clock)
    for _ in range(20):
        client = JwksClient(issuer.fetch, clock, shared=SharedJwks(cache, ISSUER, lambda: OURS))
        assert client.key("first").key_size == 2048
    assert transport.calls == 3


def test_without_a_cache_the_container_fetches_for_itself(issuer, clock):
    client = JwksClient(issuer.fetch, clock, shared=SharedJwks(NullCache(), ISSUER, lambda: OURS))
    assert client.key("first").key_size == 2048
