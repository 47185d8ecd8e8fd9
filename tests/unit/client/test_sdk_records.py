"""Paging, records that remember how they were loaded, batches."""

import json
import threading
from datetime import datetime
from decimal import Decimal

import anyio
import httpx
import pytest
from scripted_world import API, ScriptedApi, problem

from zebros import AsyncClient
from zebros.client import Client
from zebros.errors import ApiError, ForbiddenError, UnavailableError, VersionConflictError
from zebros.models import ContactInfo, merge_patch
from zebros.resources import in_order

ACME = {
    "customerId": "c1",
    "companyName": "Acme",
    "industry": "software",
    "contactInfo": {"email": "a@acme.example", "phone": "1"},
    "tags": ["b", "a"],
    "custom": {"seatsUsed": 3},
    "version": 4,
    "bornYesterday": {"unknown": True},
}


def page(*ids: str, cursor: str | None = None) -> httpx.Response:
    items = [{"customerId": each, "companyName": each} for each in ids]
    return httpx.Response(200, json={"items": items, "nextCursor": cursor})


def test_a_list_follows_cursors_to_the_end_with_its_filters(client: Client, api: ScriptedApi) -> None:
    api.answers = [page("a", "b", cursor="n 1"), page(cursor="n2"), page("c")]
    assert [each.id for each in client.customers.list(owner="u-1", page_size=2)] == ["a", "b", "c"]
    queries = [dict(request.url.params) for request in api.requests]
    assert queries == [
        {"owner": "u-1", "limit": "2"},
        {"owner": "u-1", "limit": "2", "cursor": "n 1"},
        {"owner": "u-1", "limit": "2", "cursor": "n2"},
    ]


def test_first_fetches_no_page_too_many(client: Client, api: ScriptedApi) -> None:
    api.answers = [page("a", "b", cursor="n")]
    assert [each.id for each in client.customers.list().first(2)] == ["a", "b"]
    assert len(api.requests) == 1


def test_a_listing_can_be_read_twice(client: Client, api: ScriptedApi) -> None:
    api.answers = [page("a")]
    listing = client.customers.search("ac")
    assert [each.id for each in listing] == [each.id for each in listing] == ["a"]


def test_unknown_members_of_an_answer_are_kept(client: Client, api: ScriptedApi) -> None:
    api.answers = [httpx.Response(200, json=ACME)]
    assert client.customers.get("c1").to_json()["bornYesterday"] == {"unknown": True}


def test_the_etag_gives_the_version_that_the_body_leaves_out(client: Client, api: ScriptedApi) -> None:
    body = {name: value for name, value in ACME.items() if name != "version"}
    api.answers = [httpx.Response(200, json=body, headers={"etag": '"12"'})]
    assert client.customers.get("c1").version == 12


def test_update_sends_only_what_changed_under_the_version(client: Client, api: ScriptedApi) -> None:
    api.answers = [httpx.Response(200, json=ACME), httpx.Response(200, json={**ACME, "version": 5})]
    customer = client.customers.get("c1")
    customer.industry = None
    customer.contact_info.phone = "2"
    customer.tags.add("c")
    customer.custom["seatsUsed"] = 9

    assert client.customers.update(customer).version == 5

    request = api.requests[-1]
    assert (request.method, request.headers["if-match"]) == ("PATCH", '"4"')
    assert request.headers["content-type"] == "application/merge-patch+json"
    assert json.loads(request.content) == {
        "industry": None,
        "contactInfo": {"phone": "2"},
        "tags": ["a", "b", "c"],
        "custom": {"seatsUsed": 9},
    }


def test_update_without_a_change_sends_nothing(client: Client, api: ScriptedApi) -> None:
    api.answers = [httpx.Response(200, json=ACME)]
    customer = client.customers.get("c1")
    assert client.customers.update(customer) is customer
    assert len(api.requests) == 1


def test_a_lost_race_is_a_version_conflict_and_force_goes_over_it(client: Client, api: ScriptedApi) -> None:
    api.answers = [
        httpx.Response(200, json=ACME),
        problem(412, "version-mismatch", currentVersion=6),
        httpx.Response(200, json={**ACME, "version": 7}),
    ]
    customer = client.customers.get("c1")
    customer.tier = "gold"
    with pytest.raises(VersionConflictError) as caught:
        client.customers.update(customer)
    assert caught.value.current_version == 6
    assert client.customers.update(customer, force=True).version == 7
    assert "if-match" not in api.requests[-1].headers


def test_replace_sends_the_whole_record_under_its_version(client: Client, api: ScriptedApi) -> None:
    api.answers = [httpx.Response(200, json=ACME)]
    customer = client.customers.get("c1")
    client.customers.replace(customer)
    sent = json.loads(api.requests[-1].content)
    assert sent["companyName"] == "Acme"
    assert "version" not in sent
    assert "bornYesterday" not in sent
    assert api.requests[-1].headers["if-match"] == '"4"'


def test_create_turns_names_to_the_apis_and_leaves_custom_names(client: Client, api: ScriptedApi) -> None:
    api.answers = [httpx.Response(201, json=ACME)]
    client.customers.create(
        company_name="Acme",
        contact_info=ContactInfo(email="a@acme.example"),
        external_id="e-1",
        custom={"snake_name": 1},
        tags={"b", "a"},
        skip_duplicate_check=True,
    )
    assert api.bodies() == [
        {
            "companyName": "Acme",
            "contactInfo": {"email": "a@acme.example"},
            "externalId": "e-1",
            "custom": {"snake_name": 1},
            "tags": ["a", "b"],
        }
    ]
    assert api.requests[0].headers["x-skip-duplicate-check"] == "true"


def test_merge_patch_follows_rfc_7396() -> None:
    before = {"a": 1, "b": {"c": 2, "d": 3}, "e": [1], "gone": 0}
    after = {"a": 1, "b": {"c": 2, "d": 4}, "e": [1, 2], "new": {"x": 1}}
    assert merge_patch(before, after) == {"b": {"d": 4}, "e": [1, 2], "new": {"x": 1}, "gone": None}


def outcomes(request: httpx.Request) -> httpx.Response:
    operations = json.loads(request.content)["operations"]
    listed = [
        {"index": at, "outcome": "created", "id": each["externalId"]} for at, each in enumerate(operations)
    ]
    return httpx.Response(200, json={"outcomes": list(reversed(listed))})


def upserts(count: int, size: int = 1) -> list[dict[str, object]]:
    return [
        {"operation": "upsert", "externalId": f"e{at}", "data": {"companyName": "x" * size}}
        for at in range(count)
    ]


def test_a_batch_is_split_at_100_and_outcomes_keep_their_places(client: Client, api: ScriptedApi) -> None:
    api.answers = [outcomes]
    results = list(client.customers.batch(upserts(250)))  # type: ignore[arg-type]
    assert [len(body["operations"]) for body in api.bodies()] == [100, 100, 50]
    assert [(each.index, each.id) for each in results] == [(at, f"e{at}") for at in range(250)]


def test_a_batch_is_split_before_its_body_is_too_large(client: Client, api: ScriptedApi) -> None:
    api.answers = [outcomes]
    assert len(list(client.customers.batch(upserts(9, size=300_000)))) == 9  # type: ignore[arg-type]
    assert max(len(request.content) for request in api.requests) < 1_000_000


def test_requests_on_their_way_together_give_outcomes_in_order(client: Client, api: ScriptedApi) -> None:
    both_sent = threading.Barrier(2, timeout=10)

    def slowly(request: httpx.Request) -> httpx.Response:
        if b'"e0"' not in request.content:  # the first is sent alone
            both_sent.wait()  # neither is answered before the other was sent
        return outcomes(request)

    api.answers = [slowly]
    results = list(client.customers.batch(upserts(500), parallel=2))  # type: ignore[arg-type]
    assert [(each.index, each.id) for each in results] == [(at, f"e{at}") for at in range(500)]


def test_a_service_that_answers_slowly_gets_one_request_at_a_time(
    client: Client, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_order, "_FAST_SECONDS", 0.0)
    monkeypatch.setattr(in_order, "_SLOW_SECONDS", 0.0)
    under_way: list[int] = []
    most: list[int] = []

    def counted(request: httpx.Request) -> httpx.Response:
        under_way.append(1)
        most.append(len(under_way))
        answer = outcomes(request)
        under_way.pop()
        return answer

    api.answers = [counted]
    assert len(list(client.customers.batch(upserts(1000), parallel=4))) == 1000  # type: ignore[arg-type]
    assert max(most) == 1


def test_an_error_among_requests_on_their_way_comes_after_the_outcomes_before_it(
    client: Client, api: ScriptedApi
) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        return problem(403, "forbidden") if b'"e250"' in request.content else outcomes(request)

    api.answers = [respond]
    results: list[str | None] = []
    with pytest.raises(ForbiddenError):
        results.extend(each.id for each in client.customers.batch(upserts(1000), parallel=3))  # type: ignore[arg-type]
    assert results == [f"e{at}" for at in range(200)]
    assert len(api.requests) < 8


def test_amounts_are_exact_in_both_directions(client: Client, api: ScriptedApi) -> None:
    body = b'{"opportunityId": "o1", "title": "T", "stage": "s", "value": 123456789012.345}'
    api.answers = [httpx.Response(200, content=body)]
    opportunity = client.opportunities.get("o1")
    assert opportunity.value == Decimal("123456789012.345")
    opportunity.value += Decimal("0.1")
    client.opportunities.update(opportunity, force=True)
    assert api.requests[-1].content == b'{"value":123456789012.445}'


def test_the_beginning_of_a_description_is_never_written_back(client: Client, api: ScriptedApi) -> None:
    body = {
        "activityId": "a1",
        "type": "note",
        "subject": "S",
        "description": "begins",
        "descriptionTruncated": True,
    }
    api.answers = [httpx.Response(200, json=body)]
    activity = client.activities.get("a1")
    activity.subject = "T"
    client.activities.update(activity)
    assert api.bodies() == [{"subject": "T"}]


def test_an_instant_without_a_zone_is_refused_before_it_is_sent(client: Client, api: ScriptedApi) -> None:
    with pytest.raises(ValueError, match="time zone"):
        client.activities.create(type="call", subject="S", scheduled_at=datetime(2026, 12, 1, 10))
    assert api.requests == []


def test_an_empty_batch_sends_nothing(client: Client, api: ScriptedApi) -> None:
    assert list(client.customers.batch([])) == []
    assert api.requests == []


def test_a_rejected_operation_says_why(client: Client, api: ScriptedApi) -> None:
    fault = {"field": "/tier", "code": "too_long", "message": "at most 60 characters"}
    refused = {"index": 0, "outcome": "rejected", "problem": {"detail": "not accepted", "errors": [fault]}}
    api.answers = [httpx.Response(200, json={"outcomes": [refused]})]
    (outcome,) = client.customers.batch(upserts(1))  # type: ignore[arg-type]
    assert not outcome.ok
    assert outcome.reason == "not accepted (/tier: at most 60 characters)"


def test_the_asynchronous_client_pages_retries_and_raises_alike(api: ScriptedApi) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def scenario() -> list[str]:
        transport = httpx.MockTransport(api)
        async with AsyncClient(API, token="t", transport=transport, sleep=sleep) as client:
            api.answers = [problem(503, "unavailable"), page("a", cursor="n"), page("b")]
            found = [each.id async for each in client.customers.list()]
            api.answers = [outcomes]
            found += [str(each.id) async for each in client.customers.batch(upserts(2))]  # type: ignore[arg-type]
            api.answers = [problem(503, "unavailable")]
            with pytest.raises(UnavailableError):
                await client.contacts.get("p1")
            return found

    assert anyio.run(scenario) == ["a", "b", "e0", "e1"]
    assert len(slept) == 5


def test_a_merged_customer_is_read_as_its_winner_below_the_same_base(api: ScriptedApi) -> None:
    moved = httpx.Response(308, headers={"location": "/v1/customers/c1"})
    api.answers = [moved, httpx.Response(200, json=ACME)]
    with Client(f"{API}/stage/$default", token="t", transport=httpx.MockTransport(api)) as client:
        assert client.customers.get("loser").id == "c1"
    assert api.requests[-1].url.path == "/stage/$default/v1/customers/c1"


@pytest.mark.parametrize("location", ["https://evil.test/v1/customers/c1", "//evil.test/v1/x", "/elsewhere"])
def test_a_redirect_out_of_the_api_is_not_followed(client: Client, api: ScriptedApi, location: str) -> None:
    api.answers = [httpx.Response(308, headers={"location": location})]
    with pytest.raises(ApiError):
        client.customers.get("loser")
    assert len(api.requests) == 1


def test_history_entries_carry_the_values_before_and_after(client: Client, api: ScriptedApi) -> None:
    entry = {
        "version": 2,
        "operation": "updated",
        "at": "2026-11-20T10:00:00Z",
        "actor": "u1",
        "job": None,
        "changes": {"tier": {"before": None, "after": "gold"}},
    }
    api.answers = [httpx.Response(200, json={"items": [entry], "nextCursor": None})]
    (read,) = client.customers.history("c1")
    assert read.changes["tier"].after == "gold"
    assert read.at is not None
    assert read.at.tzinfo is not None


def test_a_rejected_duplicate_names_the_record(client: Client, api: ScriptedApi) -> None:
    record = {"entity": "customer", "id": "c9", "match": "name"}
    refused = {"index": 0, "outcome": "conflict", "problem": {"detail": "exists", "records": [record]}}
    api.answers = [httpx.Response(200, json={"outcomes": [refused]})]
    (outcome,) = client.customers.batch(upserts(1))  # type: ignore[arg-type]
    assert outcome.reason == "exists (customer c9 has the same name)"
