"""The response cache under the app: what a hit spares, and that it never shows more than the store would."""

from __future__ import annotations

import pytest

from zebros_core.cache import Entered, NullCache, Off, OffReason
from zebros_core.http import wire

W = "/v1/widgets/01JC8Z4T5V6W7X8Y9ZABCDEFGH"
MISSING = "/v1/widgets/01JC8Z4T5V6W7X8Y9ZABCDEFGJ"


class CountingCache:
    """Counts the round trips to another cache."""

    def __init__(self, inner) -> None:
        self.inner = inner
        self.calls: list[str] = []

    def __getattr__(self, name):
        def counted(*args, **kwargs):
            self.calls.append(name)
            return getattr(self.inner, name)(*args, **kwargs)

        return counted


@pytest.fixture
def counted(new_world):
    probe = new_world()
    cache = CountingCache(probe.cache)
    world = new_world(cache)
    world.shelf.add("aurora", W[-26:])
    return world, cache


def test_a_hit_takes_one_round_trip_and_no_read(counted):
    world, cache = counted
    first = world.call("GET", W)
    assert cache.calls == ["enter", "fill"]
    second = world.call("GET", W)

    assert cache.calls == ["enter", "fill", "enter"]
    assert world.shelf.reads == 1
    assert second.text == first.text
    assert second.headers["ETag"] == first.headers["ETag"]


def test_a_hit_builds_no_model(world, monkeypatch):
    world.call("GET", W)

    def refuse(*_args, **_kwargs):
        raise AssertionError("a model was built")

    monkeypatch.setattr("pydantic.BaseModel.__init__", refuse)
    monkeypatch.setattr(wire, "dump_json", refuse)
    assert world.call("GET", W).status == 200


def test_a_hit_answers_if_none_match(world):
    world.call("GET", W)
    assert world.call("GET", W, if_none_match='"1"').status == 304
    assert world.shelf.reads == 1


def test_a_hit_is_hidden_from_whoever_may_not_see_the_record(world):
    world.call("GET", W)

    assert world.call("GET", W, token="aurora/eve/member/north").status == 404
    assert world.call("GET", W, token="aurora/ada/member/north").status == 200
    assert world.shelf.reads == 1


def test_a_hit_is_one_tenants(world):
    world.call("GET", W)
    assert world.call("GET", W, token="borealis/bo/admin/north").status == 404
    assert world.shelf.reads == 2


def test_a_missing_record_is_remembered_shortly(world):
    assert world.call("GET", MISSING).status == 404
    assert world.call("GET", MISSING).status == 404
    assert world.shelf.reads == 1
    world.clock.advance(seconds=6)
    world.call("GET", MISSING)
    assert world.shelf.reads == 2


def test_a_record_hidden_from_one_is_not_remembered_as_missing_for_all(world):
    assert world.call("GET", W, token="aurora/eve/member/north").status == 404
    assert world.call("GET", W).status == 200


def test_a_handler_that_forgets_visibility_shows_nothing_more(world, monkeypatch):
    widget = world.shelf.widgets["aurora", W[-26:]]
    monkeypatch.setattr(world.shelf, "get", lambda *_: widget)

    assert world.call("GET", W, token="aurora/eve/member/north").status == 404


def test_after_a_write_the_next_read_is_a_hit_of_the_new_version(world):
    world.call("GET", W)
    world.call("PATCH", W, {"name": "Nut"}, if_match='"1"')
    reads = world.shelf.reads
    answer = world.call("GET", W)

    assert (answer.json["name"], answer.headers["ETag"]) == ("Nut", '"2"')
    assert world.shelf.reads == reads


def test_after_a_delete_the_record_is_missing_without_a_read(world):
    world.call("GET", W)
    world.call("DELETE", W)
    reads = world.shelf.reads

    assert world.call("GET", W).status == 404
    assert world.shelf.reads == reads


def test_a_create_brings_down_the_lists(world):
    assert len(world.call("GET", "/v1/widgets").json["items"]) == 1
    world.shelf.add("aurora", MISSING[-26:])
    assert len(world.call("GET", "/v1/widgets").json["items"]) == 1
    world.call("POST", "/v1/widgets", {"name": "Nut"})

    assert len(world.call("GET", "/v1/widgets").json["items"]) == 2


def test_a_list_is_kept_for_each_view_and_query(world):
    world.call("GET", "/v1/widgets")
    assert world.call("GET", "/v1/widgets", token="aurora/eve/member/north").json["items"] == []
    assert world.call("GET", "/v1/widgets", token="borealis/bo/admin/").json["items"] == []
    world.call("GET", "/v1/widgets", query="limit=1")
    assert world.shelf.reads == 4
    world.call("GET", "/v1/widgets", query="limit=1")
    assert world.shelf.reads == 4


def test_the_order_of_parameters_does_not_matter_to_a_list(world):
    world.call("GET", "/v1/widgets", query="limit=5&colour=red")
    world.call("GET", "/v1/widgets", query="colour=red&limit=5")
    assert world.shelf.reads == 1


def test_a_failed_read_gives_the_right_to_fill_back(counted):
    world, cache = counted
    world.shelf.get = None  # type: ignore[assignment]  # every read is a defect now

    assert world.call("GET", W).status == 500
    assert cache.calls == ["enter", "abandon"]


class SilentCache(NullCache):
    """A cache that is out of reach."""

    def enter(self, tenant_id, rate, key):
        return Entered(None, Off(OffReason.UNAVAILABLE))

    def written(self, *args, **kwargs):
        return False


def test_without_a_cache_everything_works_and_nobody_is_limited(new_world):
    world = new_world(SilentCache(), requestsPerSecond=0.001, requestBurst=1)
    world.shelf.add("aurora", W[-26:])

    for _ in range(3):
        answer = world.call("GET", W)
        assert answer.status == 200
        assert "RateLimit" not in answer.headers
    assert world.shelf.reads == 3
    assert world.call("PATCH", W, {"name": "Nut"}, if_match='"1"').status == 200
