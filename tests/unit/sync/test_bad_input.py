"""What a device, or somebody who plays one, may send that is wrong: a stated outcome for each, and nothing stuck."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from callers import Person
from device_calls import edit, pull_all, push
from sync_in_process import SyncWorld

from zebros_core.clock import FixedClock
from zebros_core.dynamodb.cursor import CursorBinding
from zebros_core.errors import UnavailableError
from zebros_sync.bootstrap import Container

Tenants = Callable[..., str]
People = Callable[..., Person]
ID = "01JZ8Q5R7N3V4T6W8Y0A2C4E40"


@pytest.fixture
def post_bytes(app: Any) -> Callable[[Person, str, bytes], tuple[int, Any]]:
    """Post a body that is whatever it is; status and body of the answer."""

    def post(who: Person, path: str, body: bytes) -> tuple[int, Any]:
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {"authorization": f"Bearer {who.token()}", "content-type": "application/json"},
            "requestContext": {
                "requestId": "r-1",
                "stage": "$default",
                "http": {"method": "POST", "path": path, "sourceIp": "127.0.0.1"},
            },
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }
        answer = app.handler(event, None)
        return answer["statusCode"], json.loads(answer["body"])

    return post


@pytest.fixture
def sealed(container: Container) -> Callable[[Person, Any], str]:
    """Seal a position as the server does for somebody's pulls."""

    def seal(who: Person, position: Any) -> str:
        workspace = container.system_workspace(who.tenant, "test")
        return workspace.cursors.encode(position, CursorBinding(who.tenant, "sync", {"user": who.user}))

    return seal


def position_of(container: Container, who: Person, cursor: str) -> Any:
    workspace = container.system_workspace(who.tenant, "test")
    return workspace.cursors.decode(cursor, CursorBinding(who.tenant, "sync", {"user": who.user}))


# -- cursors -------------------------------------------------------------------------------------------------------


def test_a_cursor_from_the_future_starts_anew_and_says_why(
    container: Container, tenant: Tenants, person: People, sealed: Callable[[Person, Any], str]
) -> None:
    """As after a log that was lost and began again: the device has seen numbers that are not given yet."""
    device = person(tenant())
    _, cursor = pull_all(device)
    *rest, _ = position_of(container, device, cursor)
    answer = device.post("/v1/sync/pull", {"cursor": sealed(device, [*rest, 10**12])})
    assert (answer.status, answer.body["resetRequired"], answer.body["cursor"]) == (200, "aheadOfLog", None)
    assert answer.body["changes"] == []


@pytest.mark.parametrize("position", [[], ["x", 1], {"d": 1}, ["d"], None, "d", 7])
def test_a_sealed_position_of_another_kind_is_no_cursor_of_a_pull(
    tenant: Tenants, person: People, sealed: Callable[[Person, Any], str], position: Any
) -> None:
    device = person(tenant())
    answer = device.post("/v1/sync/pull", {"cursor": sealed(device, position)})
    assert (answer.status, answer.body["errors"][0]["code"]) == (400, "invalid_cursor")


def test_a_cursor_of_another_operation_is_none_of_a_pull(
    tenant: Tenants, person: People, online: People
) -> None:
    here = tenant()
    for number in range(3):
        assert online(here).post("/v1/customers", {"companyName": f"Company {number}"}).status == 201
    foreign = online(here).get("/v1/customers", limit=1).body["nextCursor"]
    for cursor in (foreign, person(here).post("/v1/sync/states:verify", {}).body["nextCursor"]):
        assert cursor is not None
        answer = person(here).post("/v1/sync/pull", {"cursor": cursor})
        assert (answer.status, answer.body["errors"][0]["code"]) == (400, "invalid_cursor")


# -- mutations -----------------------------------------------------------------------------------------------------


def test_no_mutation_reaches_another_tenant_however_it_names_it(
    tenant: Tenants, person: People, online: People
) -> None:
    here, elsewhere = tenant(), tenant()
    theirs = online(elsewhere).post("/v1/customers", {"companyName": "Theirs"}).body
    device = person(here)
    id = theirs["customerId"]
    known = [
        edit(device, id, 1, {"companyName": "Ours"}, mutationId="m-1"),
        edit(device, id, 1, {}, operation="delete", mutationId="m-2"),
        edit(
            device,
            ID,
            None,
            {"companyName": "A", "tenantId": elsewhere},
            operation="create",
            mutationId="m-3",
        ),
    ]
    outcomes = push(device, *known)
    # A record that one cannot see is one that is not there: its deletion is done.
    assert [each["outcome"] for each in outcomes] == ["rejected", "applied", "rejected"]
    assert [each["problem"] and each["problem"]["status"] for each in outcomes] == [404, None, 422]
    body = {"clientId": "phone", "sentAt": device.clock.now().isoformat()}
    named = {**known[0], "tenantId": elsewhere}
    assert device.post("/v1/sync/push", {**body, "mutations": [named]}).status == 422
    assert device.post("/v1/sync/push", {**body, "tenantId": elsewhere, "mutations": known}).status == 422
    after = online(elsewhere).get(f"/v1/customers/{id}").body
    assert (after["companyName"], after["version"]) == ("Theirs", 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"nosuch": 1},
        {"name": "what it was called in a schema before"},
        {"version": 7},
        {"createdBy": "somebody-else"},
        {"companyName": 7},
        {"companyName": None},
        {"companyName": ""},
        {"companyName": "A" * 10_000},
        {"contactInfo": {"email": "no address"}},
        {"contactInfo": {"address": {"nosuch": 1}}},
        {"custom": {"nosuch": 1}},
        {"ownerId": {"a": 1}},
        {"tags": {"add": "no list"}},
        {"tags": {"add": [{"a": 1}]}},
        {"tags": [["nested"]]},
    ],
)
def test_a_field_that_is_not_there_or_not_so_is_refused_by_name_and_stops_no_other(
    tenant: Tenants, person: People, online: People, changes: dict[str, Any]
) -> None:
    here = tenant()
    id = online(here).post("/v1/customers", {"companyName": "Acme"}).body["customerId"]
    device = person(here)
    good = edit(device, ID, None, {"companyName": "Good"}, operation="create", mutationId="m-2")
    refused, applied = push(device, edit(device, id, 1, changes), good)
    assert (refused["outcome"], applied["outcome"]) == ("rejected", "applied"), refused
    assert refused["problem"]["status"] == 422, refused
    assert refused["problem"]["detail"]
    assert online(here).get(f"/v1/customers/{id}").body["version"] == 1
    # The same once more is tried anew and refused alike: nothing hangs on it.
    assert push(device, edit(device, id, 1, changes))[0]["problem"]["status"] == 422


def test_an_entity_that_devices_do_not_write_is_refused(tenant: Tenants, person: People) -> None:
    device = person(tenant())
    for entity in ("user", "nosuch", "tenant"):
        (outcome,) = push(device, edit(device, ID, 1, {"name": "x"}, entity=entity, mutationId=f"m-{entity}"))
        assert (outcome["outcome"], outcome["problem"]["status"]) == ("rejected", 422), outcome
        (made,) = push(
            device, edit(device, ID, None, {}, operation="create", entity=entity, mutationId=f"c-{entity}")
        )
        assert (made["outcome"], made["problem"]["status"]) == ("rejected", 422), made


@pytest.mark.parametrize("strategy", ["fieldMerge", "manual", "serverWins"])
@pytest.mark.parametrize("operation", ["create", "update", "delete"])
def test_an_entity_that_is_none_is_refused_whatever_the_strategy_and_leaves_no_conflict(
    tenant: Tenants, person: People, strategy: str, operation: str
) -> None:
    device = person(tenant(syncStrategies={"default": strategy}))
    base = None if operation == "create" else 1
    (outcome,) = push(device, edit(device, ID, base, {}, operation=operation, entity="nosuch"))
    assert (outcome["outcome"], outcome["problem"]["status"]) == ("rejected", 422)
    listed = device.get("/v1/sync/conflicts")
    assert (listed.status, listed.body["items"]) == (200, [])


@pytest.mark.parametrize("strategy", ["fieldMerge", "manual"])
def test_a_change_that_is_too_large_to_be_kept_is_refused_by_its_own_and_stops_no_other(
    tenant: Tenants, person: People, online: People, strategy: str
) -> None:
    here = tenant(syncStrategies={"default": strategy})
    id = online(here).post("/v1/customers", {"companyName": "Acme"}).body["customerId"]
    online(here).patch(f"/v1/customers/{id}", {"companyName": "Acme Ltd"}, if_match='"1"')
    device = person(here)
    large = edit(device, id, 1, {"companyName": "字" * 150_000})
    good = edit(device, ID, None, {"companyName": "Good"}, operation="create", mutationId="m-2")
    refused, applied = push(device, large, good)
    assert (refused["outcome"], refused["problem"]["status"]) == ("rejected", 413)
    assert applied["outcome"] == "applied"
    assert device.get("/v1/sync/conflicts").body["items"] == []


def test_ten_thousand_mutations_in_one_push_are_refused_whole_and_said_why(
    tenant: Tenants, person: People
) -> None:
    device = person(tenant())
    one = edit(device, ID, 1, {"companyName": "A"})
    body = {"clientId": "phone", "sentAt": device.clock.now().isoformat()}

    def refusal(number: int) -> Any:
        mutations = [{**one, "mutationId": f"m-{n}"} for n in range(number)]
        return device.post("/v1/sync/push", {**body, "mutations": mutations})

    many = refusal(201)
    assert (many.status, many.body["errors"][0]["field"]) == (422, "/mutations")
    assert refusal(10_000).status == 413
    assert device.get("/v1/sync/status").body["maxMutations"] == 200
    assert refusal(200).status == 200


def test_an_id_that_is_used_again_for_another_change_is_refused_and_the_first_stays(
    tenant: Tenants, person: People, online: People
) -> None:
    here = tenant()
    id = online(here).post("/v1/customers", {"companyName": "Acme"}).body["customerId"]
    device = person(here)
    first = edit(device, id, 1, {"industry": "first"})
    assert push(device, first)[0]["outcome"] == "applied"
    for other in (
        {**first, "changes": {"industry": "second"}},
        {**first, "operation": "delete"},
        {**first, "id": ID},
        {**first, "baseVersion": 2},
    ):
        (outcome,) = push(device, other)
        assert (outcome["outcome"], outcome["problem"]["type"].rpartition("/")[2]) == (
            "rejected",
            "mutation-id-reused",
        )
    assert push(device, first)[0]["outcome"] == "applied"
    twice = push(
        device, {**first, "mutationId": "m-9"}, {**first, "mutationId": "m-9", "operation": "delete"}
    )
    assert len(twice) == 2
    assert online(here).get(f"/v1/customers/{id}").body["industry"] == "first"
    # Of another client, or another person, it is another mutation.
    assert push(device, {**first, "changes": {"tier": "gold"}}, client="tablet")[0]["outcome"] == "merged"
    assert (
        push(person(here, user="user-2"), {**first, "changes": {"tier": "lead"}})[0]["outcome"] != "rejected"
    )


@pytest.mark.parametrize(
    ("year", "skew"), [("1970-01-01T00:00:00Z", -56), ("2100-01-01T00:00:00Z", 74)], ids=["1970", "2100"]
)
def test_a_clock_that_is_decades_off_neither_wins_nor_loses_by_it(
    tenant: Tenants, person: People, online: People, clock: FixedClock, year: str, skew: int
) -> None:
    """Only how long before the sending something was done counts; a change from after its sending is as of now."""
    del skew
    here = tenant()
    ids = [
        online(here).post("/v1/customers", {"companyName": f"Acme {number}"}).body["customerId"]
        for number in range(2)
    ]
    device = person(here)
    clock.advance(minutes=10)
    etag = '"1"'
    for id in ids:
        online(here).patch(f"/v1/customers/{id}", {"industry": "online"}, if_match=etag)
    clock.advance(minutes=10)
    before = {**edit(device, ids[0], 1, {"industry": "device"}), "changedAt": year}
    late = year.replace("T00:00", "T01:00")
    (earlier,) = push(device, before, sent=late)  # an hour before it was sent: before the other one
    assert (earlier["outcome"], earlier["lost"]) == ("merged", ["industry"])
    after = {**edit(device, ids[1], 1, {"industry": "device"}, mutationId="m-2"), "changedAt": year}
    (later,) = push(device, after, sent=year)
    assert (later["outcome"], later["lost"]) == ("merged", [])
    # Nobody is locked out by it: the next one online wins over both.
    for id in ids:
        version = online(here).get(f"/v1/customers/{id}").body["version"]
        changed = online(here).patch(f"/v1/customers/{id}", {"industry": "last"}, if_match=f'"{version}"')
        assert changed.status == 200


# -- bodies --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/sync/push", "/v1/sync/pull"])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"clientId": "\xff\xfe"}', "invalid_utf8"),
        (b'{"clientId": "\xc0\xaf"}', "invalid_utf8"),
        (b'{"clientId": "\xed\xa0\x80"}', "invalid_utf8"),
        (b'{"clientId": "\\ud800"}', "lone_surrogate"),
        (b"[" * 100_000, "too_deep"),
        (b'{"a":' * 100_000, "too_deep"),
        (b'{"cursor": null, "cursor": "x"}', "duplicate_name"),
        (b'{"maxBytes": NaN}', "invalid_number"),
        (b'{"maxBytes": 1e400}', "number_out_of_range"),
        (b"", None),
        (b"\x00", "invalid_json"),
    ],
)
def test_a_body_that_cannot_be_read_says_so(
    tenant: Tenants,
    person: People,
    post_bytes: Callable[[Person, str, bytes], tuple[int, Any]],
    path: str,
    body: bytes,
    code: str | None,
) -> None:
    status, problem = post_bytes(person(tenant()), path, body)
    assert status == 400, problem
    if code is not None:
        assert problem["errors"][0]["code"] == code


@pytest.mark.parametrize("depth", [20, 28])
@pytest.mark.parametrize("where", ["changes", "base"])
def test_what_is_deep_but_readable_is_refused_by_its_own_and_stops_no_other(
    tenant: Tenants, person: People, depth: int, where: str
) -> None:
    deep: Any = 1
    for _ in range(depth - 5):
        deep = {"a": deep}
    here = tenant()
    device = person(here)
    bad = edit(device, ID, None, {"companyName": "A"}, operation="create")
    bad[where] = {**bad.get(where, {}), "custom": deep}
    good = edit(device, ID[:-1] + "1", None, {"companyName": "B"}, operation="create", mutationId="m-2")
    outcomes = push(device, bad, good)
    assert outcomes[1]["outcome"] == "applied"
    assert outcomes[0]["outcome"] == ("rejected" if where == "changes" else "applied")


# -- owners --------------------------------------------------------------------------------------------------------


def test_what_comes_after_a_change_whose_owner_is_away_does_not_overtake_it(
    world: SyncWorld, tenant: Tenants, person: People, online: People
) -> None:
    here = tenant()
    id = online(here).post("/v1/customers", {"companyName": "Acme"}).body["customerId"]
    device = person(here)
    first = edit(device, id, 1, {"industry": "first"})
    then = edit(device, id, 1, {"industry": "then"}, mutationId="m-2")
    lead = edit(device, ID, None, {"lastName": "B"}, operation="create", entity="lead", mutationId="m-3")
    calls = iter(range(10))

    def away_once(service: str, call: Any) -> None:
        if service == "customers" and call["verb"] == "apply" and next(calls) == 0:
            raise UnavailableError

    world.doors.before = away_once
    outcomes = push(device, first, then, lead)
    assert [each["outcome"] for each in outcomes] == ["rejected", "rejected", "applied"]
    assert [each["problem"]["status"] for each in outcomes[:2]] == [503, 503]
    assert [each["outcome"] for each in push(device, first, then)] == ["applied", "applied"]
    assert online(here).get(f"/v1/customers/{id}").body["industry"] == "then"
