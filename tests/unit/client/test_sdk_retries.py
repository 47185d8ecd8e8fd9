"""What is tried again, how long is waited, and what is never repeated."""

import httpx
import pytest
from scripted_world import ScriptedApi, problem

from zebros.client import Client
from zebros.errors import (
    ConflictError,
    DuplicateError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    TransportError,
    UnavailableError,
)
from zebros.retry import RetryPolicy

CUSTOMER = {"customerId": "c1", "companyName": "Acme", "version": 1}
OK = httpx.Response(201, json=CUSTOMER)


def test_a_post_keeps_its_idempotency_key_through_all_attempts(client: Client, api: ScriptedApi) -> None:
    api.answers = [httpx.ReadTimeout("slow"), problem(503, "unavailable"), OK]

    assert client.customers.create(company_name="Acme").id == "c1"

    keys = [request.headers["idempotency-key"] for request in api.requests]
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_an_own_attempt_that_still_runs_is_waited_for(
    client: Client, api: ScriptedApi, waits: list[float]
) -> None:
    gone = httpx.Response(503, json={"message": "Service Unavailable"})
    api.answers = [gone, problem(409, "conflict", detail="being carried out now"), OK]
    assert client.customers.create(company_name="Acme").id == "c1"
    assert waits[1] >= 10


def test_a_conflict_with_others_is_raised_at_once(client: Client, api: ScriptedApi) -> None:
    api.answers = [problem(409, "conflict")]
    with pytest.raises(ConflictError):
        client.customers.create(company_name="Acme")
    api.answers = [httpx.ReadTimeout("slow"), problem(409, "duplicate")]
    with pytest.raises(DuplicateError):
        client.customers.create(company_name="Acme")
    assert len(api.requests) == 3


def test_two_creates_have_two_idempotency_keys(client: Client, api: ScriptedApi) -> None:
    api.answers = [OK]
    client.customers.create(company_name="Acme")
    client.customers.create(company_name="Acme")
    assert len({request.headers["idempotency-key"] for request in api.requests}) == 2


def test_the_callers_own_idempotency_key_is_sent(client: Client, api: ScriptedApi) -> None:
    api.answers = [OK]
    client.customers.create(company_name="Acme", idempotency_key="mine")
    assert api.requests[0].headers["idempotency-key"] == "mine"


def test_waits_double_under_full_jitter(client: Client, api: ScriptedApi, waits: list[float]) -> None:
    api.answers = [problem(503, "unavailable")]
    with pytest.raises(UnavailableError):
        client.customers.get("c1")
    assert len(api.requests) == 5
    assert waits == [0.2, 0.4, 0.8, 1.6]


@pytest.mark.parametrize("attempt", [1, 2, 3, 4])
def test_jitter_spans_the_whole_interval(attempt: int) -> None:
    spans: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        spans.append((low, high))
        return low

    assert RetryPolicy(uniform=uniform).delay_seconds(attempt) == 0.0
    assert spans == [(0.0, 0.2 * 2 ** (attempt - 1))]


def test_retry_after_is_waited_for(client: Client, api: ScriptedApi, waits: list[float]) -> None:
    limited = httpx.Response(429, json={"message": "Too Many Requests"}, headers={"retry-after": "7"})
    api.answers = [limited, httpx.Response(200, json=CUSTOMER)]
    client.customers.get("c1")
    assert waits == [7.2]


def test_a_retry_after_beyond_patience_is_raised_at_once(
    client: Client, api: ScriptedApi, waits: list[float]
) -> None:
    api.answers = [
        httpx.Response(429, json={"message": "Too Many Requests"}, headers={"retry-after": "3600"})
    ]
    with pytest.raises(RateLimitedError) as caught:
        client.customers.get("c1")
    assert caught.value.retry_after_seconds == 3600
    assert waits == []


def test_a_write_under_if_match_is_not_repeated_when_its_answer_is_lost(
    client: Client, api: ScriptedApi
) -> None:
    api.answers = [httpx.ReadTimeout("slow")]
    with pytest.raises(TransportError) as caught:
        client.customers.patch("c1", {"tier": "gold"}, version=3)
    assert len(api.requests) == 1
    assert caught.value.outcome_unknown


def test_a_write_under_if_match_is_repeated_when_it_never_left(client: Client, api: ScriptedApi) -> None:
    api.answers = [httpx.ConnectError("refused"), httpx.Response(200, json=CUSTOMER)]
    assert client.customers.patch("c1", {"tier": "gold"}, version=3).id == "c1"


def test_the_gateways_timeout_does_not_repeat_a_write_under_if_match(
    client: Client, api: ScriptedApi
) -> None:
    api.answers = [httpx.Response(503, json={"message": "Service Unavailable"})]
    with pytest.raises(UnavailableError):
        client.customers.patch("c1", {"tier": "gold"}, version=3)
    assert len(api.requests) == 1


def test_a_delete_whose_first_answer_was_lost_counts_its_404_as_done(
    client: Client, api: ScriptedApi
) -> None:
    api.answers = [httpx.ReadError("reset"), problem(404, "not-found")]
    client.customers.delete("c1")
    assert len(api.requests) == 2


def test_a_delete_of_a_missing_record_says_so(client: Client, api: ScriptedApi) -> None:
    api.answers = [problem(404, "not-found")]
    with pytest.raises(NotFoundError):
        client.customers.delete("c1")


def test_the_services_own_500_is_not_repeated_but_the_gateways_is(client: Client, api: ScriptedApi) -> None:
    api.answers = [problem(500, "internal")]
    with pytest.raises(ServerError):
        client.customers.get("c1")
    assert len(api.requests) == 1
    api.answers = [
        httpx.Response(500, json={"message": "Internal Server Error"}),
        httpx.Response(200, json=CUSTOMER),
    ]
    assert client.customers.get("c1").id == "c1"


def test_a_service_that_is_down_is_named(client: Client, api: ScriptedApi) -> None:
    api.answers = [httpx.ConnectError("connection refused")]
    with pytest.raises(TransportError, match=r"https://api\.test.*connection refused"):
        client.customers.get("c1")
