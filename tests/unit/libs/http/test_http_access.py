"""Who gets in, in which order a request is refused, and that tenants are kept apart."""

from __future__ import annotations

import pytest

W = "/v1/widgets/01JC8Z4T5V6W7X8Y9ZABCDEFGH"


def test_a_permitted_request_is_answered_with_the_record(world):
    answer = world.call("GET", W)

    assert answer.status == 200
    assert answer.json["name"] == "Bolt"
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["X-Request-Id"] == "req-1"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["RateLimit-Policy"] == '"requests";q=400;w=2'
    assert answer.headers["RateLimit"].endswith(";t=1")


def test_without_a_token_the_answer_is_a_challenge(world):
    answer = world.call("GET", W, token=None)

    assert answer.status == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="zebros"'
    assert answer.json["type"] == "https://zebros.example/problems/unauthenticated"
    assert answer.json["requestId"] == "req-1"
    assert answer.json["instance"] == W


def test_a_bad_token_is_told_what_is_wrong_with_it(world):
    answer = world.call("GET", W, token="nonsense")

    assert answer.status == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert "malformed" in answer.headers["WWW-Authenticate"]
    assert "nonsense" not in answer.text


def test_a_suspended_tenant_is_refused_with_the_reason(world):
    answer = world.call("GET", W, token="closed/ada/admin/north")

    assert answer.status == 403
    assert answer.fields == {"tenant_id": "tenant_suspended"}


def test_a_role_without_the_permission_is_refused(world):
    assert world.call("POST", "/v1/widgets", {"name": "x"}, token="aurora/vic/viewer/").status == 403


def test_another_tenants_record_looks_missing_and_the_same_as_none(world):
    other = world.call("GET", W, token="borealis/bo/admin/north")
    none = world.call("GET", W.replace("GH", "GJ"), token="borealis/bo/admin/north")

    assert other.status == none.status == 404
    assert {**other.json, "instance": ""} == {**none.json, "instance": ""}


def test_a_record_outside_the_callers_visibility_looks_missing(world):
    assert world.call("GET", W, token="aurora/ada/member/north").status == 200
    assert world.call("GET", W, token="aurora/eve/member/north").status == 404


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (("POST", "/v1/widgets", None, {"token": "bad", "raw": "{", "query": "x=1"}), 401),
        (("POST", "/v1/widgets", None, {"token": "aurora/v/viewer/", "raw": "{", "query": "x=1"}), 403),
        (("POST", "/v1/widgets", None, {"raw": "{", "query": "x=1"}), 400),
    ],
)
def test_who_is_calling_is_settled_before_what_they_send(world, request_, status):
    method, path, body, options = request_
    assert world.call(method, path, body, **options).status == status


def test_a_refused_request_costs_the_tenant_nothing(new_world):
    world = new_world(requestsPerSecond=0.1, requestBurst=1)
    for _ in range(5):
        assert world.call("GET", "/v1/widgets", query="nonsense=1").status == 400
    assert world.call("GET", "/v1/widgets").status == 200


def test_an_empty_bucket_is_429_with_the_time_to_wait(new_world):
    world = new_world(requestsPerSecond=0.5, requestBurst=2)
    statuses = [world.call("GET", "/v1/widgets").status for _ in range(3)]
    refused = world.call("GET", "/v1/widgets")

    assert statuses == [200, 200, 429]
    assert refused.headers["Retry-After"] == "2"
    assert refused.headers["RateLimit"].startswith('"requests";r=0')
    assert refused.json["type"].endswith("/rate-limited")
    world.clock.advance(seconds=2)
    assert world.call("GET", "/v1/widgets").status == 200


def test_one_tenants_limit_is_not_anothers(new_world):
    world = new_world(requestsPerSecond=0.5, requestBurst=1)
    world.call("GET", "/v1/widgets")

    assert world.call("GET", "/v1/widgets").status == 429
    assert world.call("GET", "/v1/widgets", token="borealis/bo/admin/").status == 200


def test_an_unknown_path_is_a_problem(world):
    answer = world.call("GET", "/v1/nothing")

    assert (answer.status, answer.json["type"]) == (404, "https://zebros.example/problems/route-not-found")
    assert answer.headers["X-Request-Id"] == "req-1"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [("PUT", W, "DELETE, GET, PATCH"), ("PATCH", "/v1/widgets", "GET, POST")],
)
def test_a_method_that_a_resource_does_not_take_is_405_with_those_it_takes(world, method, path, allow):
    answer = world.call(method, path)

    assert (answer.status, answer.headers["Allow"]) == (405, allow)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_defect_says_nothing_and_logs_everything(world):
    answer = world.call("POST", "/v1/widgets", {"name": "Broken"})

    assert answer.status == 500
    assert "secret detail" not in answer.text
    (line,) = world.lines()
    assert line["level"] == "ERROR"
    assert line["exception"]["type"] == "builtins.KeyError"
    assert line["requestId"] == "req-1"
    assert line["tenantId"] == "aurora"
    assert line["operation"] == "createWidget"


def test_a_request_writes_one_metric_line_with_tenant_and_outcome(world):
    world.call("GET", W)
    world.call("GET", W)
    world.call("GET", W, token=None)

    first, second, third = world.metric_lines()
    assert first["tenantId"] == "aurora"
    assert first["userId"] == "ada"
    assert (first["operation"], first["status"], first["cache"]) == ("getWidget", 200, "miss")
    assert second["cache"] == "hit"
    assert third["status"] == 401
    assert "tenantId" not in third
    assert first["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"], ["service", "operation"]]
    assert first["Requests"] == 1
    assert first["Latency"] >= 0


def test_neither_token_nor_body_reaches_the_log(world):
    world.call("POST", "/v1/widgets", {"name": "Broken", "custom": {"note": "very-private"}})

    assert "very-private" not in world.log.getvalue() + world.metrics.getvalue()
    assert world.token not in world.log.getvalue() + world.metrics.getvalue()


def test_what_cannot_be_an_id_is_no_record_of_that_kind(world):
    answer = world.call("GET", "/v1/widgets/nothing-like-an-id")

    assert (answer.status, answer.json["detail"]) == (404, "No widget with this id exists.")
