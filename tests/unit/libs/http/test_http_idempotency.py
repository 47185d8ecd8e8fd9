"""The same key and request, the same outcome; another request under the key is refused."""

from __future__ import annotations

import pytest

from zebros_core.http.idempotency import fingerprint

W = "/v1/widgets/01JC8Z4T5V6W7X8Y9ZABCDEFGH"
POLISH = W + ":polish"


def test_a_create_hands_the_key_to_the_handler(world):
    assert world.call("POST", "/v1/widgets", {"name": "x"}, idempotency_key="k-1").headers["X-Key"] == "k-1"
    assert world.call("POST", "/v1/widgets", {"name": "x"}, idempotency_key='"k-2"').headers["X-Key"] == "k-2"


@pytest.mark.parametrize("key", ["", '""', "a b", "a#b", "k" * 129, "é"])
def test_a_key_that_could_not_be_kept_is_400(world, key):
    answer = world.call("POST", "/v1/widgets", {"name": "x"}, idempotency_key=key)
    assert (answer.status, answer.fields) == (400, {"Idempotency-Key": "invalid_key"})


def test_an_action_repeated_with_its_key_is_carried_out_once(world):
    first = world.call("POST", POLISH, idempotency_key="k")
    second = world.call("POST", POLISH, idempotency_key="k")

    assert world.shelf.writes == 1
    assert (second.status, second.text) == (first.status, first.text)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers


def test_an_action_without_a_key_is_carried_out_each_time(world):
    world.call("POST", POLISH)
    world.call("POST", POLISH)
    assert world.shelf.writes == 2


def test_a_key_of_another_request_is_refused(world):
    world.shelf.add("aurora", "01JC8Z4T5V6W7X8Y9ZABCDEFGJ")
    world.call("POST", POLISH, idempotency_key="k")
    answer = world.call("POST", POLISH.replace("GH:", "GJ:"), idempotency_key="k")

    assert answer.status == 422
    assert answer.json["type"].endswith("/idempotency-key-reused")


def test_another_users_request_is_another_request(world):
    world.call("POST", POLISH, idempotency_key="k")
    assert world.call("POST", POLISH, idempotency_key="k", token="aurora/eve/admin/").status == 422


def test_two_tenants_may_use_the_same_key(world):
    world.shelf.add("borealis", W[-26:], owner="bo", name="Theirs")
    ours = world.call("POST", POLISH, idempotency_key="k")
    theirs = world.call("POST", POLISH, idempotency_key="k", token="borealis/bo/admin/north")

    assert (ours.json["name"], theirs.json["name"]) == ("Bolt", "Theirs")
    assert "Idempotency-Replayed" not in theirs.headers


def test_a_refused_action_gives_its_key_back(world):
    widget = world.shelf.widgets.pop(("aurora", W[-26:]))
    assert world.call("POST", POLISH, idempotency_key="k").status == 404
    world.shelf.widgets["aurora", W[-26:]] = widget

    assert world.call("POST", POLISH, idempotency_key="k").status == 200


def test_a_fingerprint_is_of_values_not_of_spelling():
    one = fingerprint("u", "op", {"id": "1"}, "", {"a": 1, "b": [1, 2]})
    assert one == fingerprint("u", "op", {"id": "1"}, "", {"b": [1, 2], "a": 1})
    others = [
        fingerprint("v", "op", {"id": "1"}, "", {"a": 1, "b": [1, 2]}),
        fingerprint("u", "op2", {"id": "1"}, "", {"a": 1, "b": [1, 2]}),
        fingerprint("u", "op", {"id": "2"}, "", {"a": 1, "b": [1, 2]}),
        fingerprint("u", "op", {"id": "1"}, "x", {"a": 1, "b": [1, 2]}),
        fingerprint("u", "op", {"id": "1"}, "", {"a": 1, "b": [2, 1]}),
        fingerprint("u", "op", {"id": "1"}, "", {"a": "1", "b": [1, 2]}),
    ]
    assert len({one, *others}) == 7
