"""Many mutations in one call: with few calls to the database, and with the outcomes that each would have had alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError
from counted_calls import counted_calls

from zebros_core.ids import derived_id
from zebros_core.tenancy import TenantContext
from zebros_customers.handlers import bulk

Both = tuple[Any, Any]
Door = Callable[..., list[dict[str, Any]]]
MANY = 30


@pytest.fixture
def door(container: Any, monkeypatch: pytest.MonkeyPatch) -> Door:
    """Apply mutations at the bulk door as somebody of a tenant, and give the outcomes."""
    monkeypatch.setattr(bulk, "_container", lambda: container)

    def apply(tenant: str, mutations: list[dict[str, Any]]) -> list[dict[str, Any]]:
        model = container.registry.get(tenant).isolation
        context = TenantContext(tenant, "importer", roles=frozenset({"tenant-admin"}), isolation=model)
        token = container.internal_tokens.sign(context, audience="zebros-customers-test-bulk")
        return bulk.handler({"verb": "apply", "token": token, "mutations": mutations}, None)["outcomes"]

    return apply


@contextmanager
def before_call(
    container: Any, operation: str, happens: Callable[[], object], number: int = 1
) -> Iterator[None]:
    """Have something happen right before the first call of an operation, or a later one."""
    seen: list[int] = []

    def before(**_: Any) -> None:
        seen.append(1)
        if len(seen) == number:
            happens()

    events = container.dynamodb.meta.events
    events.register(f"before-call.dynamodb.{operation}", before)
    try:
        yield
    finally:
        events.unregister(f"before-call.dynamodb.{operation}", before)


def wish(
    mutation_id: str, operation: str = "create", entity: str = "customer", **facts: Any
) -> dict[str, Any]:
    return {"mutationId": mutation_id, "entity": entity, "operation": operation, **facts}


def kinds(outcomes: list[dict[str, Any]]) -> list[str]:
    return [outcome["outcome"] for outcome in outcomes]


def values_of(entity: str, number: int) -> dict[str, Any]:
    if entity == "customer":
        return {"companyName": f"Company {number}", "contactInfo": {"email": f"c{number}@x.example"}}
    return {"lastName": f"Person {number}", "email": f"p{number}@x.example"}


@pytest.mark.parametrize("entity", ["customer", "contact"])
def test_everything_that_can_be_done_to_a_record_is_done_together(
    both: Both, door: Door, container: Any, entity: str
) -> None:
    one, two = both
    by_key = entity == "customer" and not one.tenant.startswith("pool")
    # A key alone is enough where it holds the tenant, or where the id is surely the tenant's own.
    by_own_key = entity == "customer"

    def call(operation: str, facts: Callable[[int], dict[str, Any]]) -> tuple[list[Any], Counter[str]]:
        mutations = [
            wish(f"{operation}:{number}", operation, entity, **facts(number)) for number in range(MANY)
        ]
        with counted_calls(container) as made:
            return door(one.tenant, mutations), made

    created, made = call("create", lambda n: {"externalId": f"E{n}", "changes": values_of(entity, n)})
    assert kinds(created) == ["created"] * MANY
    # Five writes of a customer, six of a contact, whose id has a guard: twenty, or sixteen, to a transaction.
    assert made == {"BatchGetItem": 1, "TransactWriteItems": 2}
    again, made = call("create", lambda n: {"externalId": f"E{n}", "changes": values_of(entity, n)})
    assert (again, made) == (created, {"BatchGetItem": 1})
    changed = {"tier": "gold"} if entity == "customer" else {"position": "buyer"}
    upserted, made = call(
        "upsert", lambda n: {"externalId": f"E{n}", "changes": values_of(entity, n) | changed}
    )
    assert kinds(upserted) == ["updated"] * MANY
    reads = {"BatchGetItem": 3} if by_own_key else {"BatchGetItem": 2, "Query": MANY}
    assert made == {**reads, "TransactWriteItems": 1}
    changed = {"tier": "zinc"} if entity == "customer" else {"position": "head"}
    updated, made = call("update", lambda n: {"id": created[n]["id"], "baseVersion": 2, "changes": changed})
    assert (kinds(updated), updated[0]["version"]) == (["updated"] * MANY, 3)
    # Receipts, and guards of no external ids at all.
    reads = {"BatchGetItem": 2} if by_key else {"BatchGetItem": 1, "Query": MANY}
    assert made == {**reads, "TransactWriteItems": 1}
    deleted, made = call("delete", lambda n: {"externalId": f"E{n}"})
    assert kinds(deleted) == ["deleted"] * MANY
    reads = {"BatchGetItem": 3} if by_own_key else {"BatchGetItem": 2, "Query": MANY}
    assert made == {**reads, "TransactWriteItems": 2}
    restored, _ = call("restore", lambda n: {"id": created[n]["id"]})
    assert (kinds(restored), restored[0]["version"]) == (["restored"] * MANY, 5)
    assert two.get(f"/v1/{entity}s").body["items"] == []


def test_a_contact_finds_the_customer_that_the_same_call_makes(both: Both, door: Door) -> None:
    one, two = both
    id = derived_id("a customer of the caller")
    mutations = [
        wish("m-1", id=id, changes={"companyName": "Tidewater"}),
        wish("m-2", entity="contact", changes={"lastName": "Ames", "customerId": id}),
        wish("m-3", "delete", id=id),
        wish("m-4", entity="contact", changes={"lastName": "Brook", "customerId": id}),
    ]
    assert kinds(door(one.tenant, mutations)) == ["created", "created", "deleted", "rejected"]
    assert kinds(door(two.tenant, mutations[1:2])) == ["rejected"]


def test_what_a_record_relies_on_goes_after_it_though_it_is_refused_at_first(both: Both, door: Door) -> None:
    one, _ = both
    id = one.post("/v1/customers", {"companyName": "Tidewater"}).body["customerId"]
    one.post("/v1/contacts", {"lastName": "Ames", "email": "a@x.example"})
    twin = {"lastName": "Brook", "email": "a@x.example", "customerId": id}
    mutations = [
        wish("m-1", entity="contact", changes=twin, skipDuplicates=True),
        wish("m-2", "delete", id=id),
        wish("m-3", changes={"companyName": "Other"}),
    ]
    assert kinds(door(one.tenant, mutations)) == ["created", "deleted", "created"]


def test_mutations_of_one_record_or_one_name_happen_in_their_order(both: Both, door: Door) -> None:
    one, _ = both
    mutations = [
        wish("m-1", externalId="E", changes={"companyName": "Tidewater"}),
        wish("m-2", "upsert", externalId="E", changes={"companyName": "Tidewater", "tier": "gold"}),
        wish("m-3", changes={"companyName": "tide water"}),
        wish("m-4", changes={"companyName": "Tide-Water"}),
        wish("m-5", "delete", externalId="E"),
        wish("m-6", externalId="E", changes={"companyName": "TIDEWATER"}),
        wish("m-1", externalId="E", changes={"companyName": "Nobody"}),
        wish("m-7", changes={"companyName": "tidewater"}, skipDuplicates=True),
    ]
    outcomes = door(one.tenant, mutations)
    assert kinds(outcomes) == [
        "created",
        "updated",
        "created",
        "conflict",
        "deleted",
        "created",
        "created",
        "created",
    ]
    assert outcomes[6] == outcomes[0] | {"mutationId": "m-1"}
    assert outcomes[3]["problem"]["records"][0]["id"] == outcomes[2]["id"]
    again = door(one.tenant, mutations)
    assert again == outcomes


def test_a_refused_mutation_leaves_those_of_its_transaction_alone(
    both: Both, door: Door, container: Any
) -> None:
    one, two = both
    for person in both:
        person.post("/v1/customers", {"companyName": "Company 3"})
    mutations = [wish(f"m-{n}", changes={"companyName": f"Company {n}"}) for n in range(10)]
    mutations[5]["changes"]["tier"] = 7
    with counted_calls(container) as made:
        outcomes = door(one.tenant, mutations)
    assert kinds(outcomes) == ["created"] * 3 + ["conflict", "created", "rejected"] + ["created"] * 4
    # All, all but the refused one, and that alone: its receipt is looked at before and after.
    assert made["TransactWriteItems"] == 3
    assert len(one.get("/v1/customers").body["items"]) == 9
    assert len(two.get("/v1/customers").body["items"]) == 1


def test_definitions_of_custom_fields_are_read_once_for_a_call(
    both: Both, door: Door, container: Any
) -> None:
    one, _ = both
    one.post("/v1/fields", {"entity": "customer", "name": "region", "type": "text"})
    mutations = [
        wish(f"m-{n}", changes={"companyName": f"C{n}", "custom": {"region": "north"}}) for n in range(10)
    ]
    with counted_calls(container) as made:
        assert kinds(door(one.tenant, mutations)) == ["created"] * 10
    assert made == {"BatchGetItem": 1, "Query": 1, "TransactWriteItems": 1}


# -- somebody else at the same moment


def test_a_record_that_is_changed_meanwhile_is_looked_at_again(
    both: Both, door: Door, container: Any
) -> None:
    one, _ = both
    ids = [one.post("/v1/customers", {"companyName": f"C{number}"}).body["customerId"] for number in range(3)]
    mutations = [
        wish("m-0", "update", id=ids[0], changes={"tier": "gold"}),
        wish("m-1", "update", id=ids[1], baseVersion=1, changes={"tier": "gold"}),
        wish("m-2", "update", id=ids[2], changes={"tier": "gold"}),
    ]

    def elsewhere() -> None:
        for id in ids[:2]:
            one.patch(f"/v1/customers/{id}", {"industry": "medical"})
        one.delete(f"/v1/customers/{ids[2]}")

    with before_call(container, "TransactWriteItems", elsewhere):
        outcomes = door(one.tenant, mutations)
    assert kinds(outcomes) == ["updated", "conflict", "rejected"]
    assert outcomes[0]["version"] == 3
    assert (outcomes[1]["problem"]["currentVersion"], outcomes[2]["problem"]["status"]) == (2, 404)
    assert one.get(f"/v1/customers/{ids[0]}").body["industry"] == "medical"


@pytest.mark.parametrize("moment", ["receipts are read", "records are read", "records are written"])
def test_a_call_that_is_delivered_twice_at_the_same_moment_has_one_effect(
    both: Both, door: Door, container: Any, moment: str
) -> None:
    one, _ = both
    id = one.post("/v1/customers", {"companyName": "Old"}).body["customerId"]
    gone = one.post("/v1/customers", {"companyName": "Gone"}).body["customerId"]
    mutations = [
        *(wish(f"m-{n}", changes={"companyName": f"C{n}"}) for n in range(5)),
        wish("m-5", "update", id=id, baseVersion=1, changes={"tier": "gold"}),
        wish("m-6", "delete", id=gone),
    ]
    other: list[list[dict[str, Any]]] = []
    records = ("Query", 1) if one.tenant.startswith("pool") else ("BatchGetItem", 2)
    operation, number = {
        "receipts are read": ("BatchGetItem", 1),
        "records are read": records,
        "records are written": ("TransactWriteItems", 1),
    }[moment]
    with before_call(container, operation, lambda: other.append(door(one.tenant, mutations)), number):
        outcomes = door(one.tenant, mutations)
    assert outcomes == other[0]
    assert kinds(outcomes) == ["created"] * 5 + ["updated", "deleted"]
    assert len(one.get("/v1/customers").body["items"]) == 6


# -- a store without capacity


def _throttled(**_: Any) -> None:
    raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "Any")


@pytest.mark.parametrize("operation", ["TransactWriteItems", "BatchGetItem"])
def test_without_capacity_all_that_is_left_is_refused_after_one_patience(
    admin: Any, door: Door, container: Any, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container.access.calls, "_budget_seconds", 0.01)
    mutations = [wish(f"m-{n}", changes={"companyName": f"C{n}"}) for n in range(500)]
    events = container.dynamodb.meta.events
    events.register(f"before-call.dynamodb.{operation}", _throttled)
    try:
        with counted_calls(container) as made:
            outcomes = door(admin.tenant, mutations)
    finally:
        events.unregister(f"before-call.dynamodb.{operation}", _throttled)
    assert {outcome["problem"]["status"] for outcome in outcomes} == {503}
    assert sum(made.values()) < 60
    assert kinds(door(admin.tenant, mutations[:3])) == ["created"] * 3


def test_what_was_written_before_the_store_was_full_is_told(
    both: Both, door: Door, container: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = both
    monkeypatch.setattr(container.access.calls, "_budget_seconds", 0.01)
    mutations = [wish(f"m-{n}", changes={"companyName": f"C{n}"}) for n in range(100)]
    taken: list[int] = []

    def full(**_: Any) -> None:
        taken.append(1)
        if len(taken) > 2:
            _throttled()

    events = container.dynamodb.meta.events
    events.register("before-call.dynamodb.TransactWriteItems", full)
    try:
        outcomes = door(one.tenant, mutations)
    finally:
        events.unregister("before-call.dynamodb.TransactWriteItems", full)
    done = [outcome for outcome in outcomes if outcome["outcome"] == "created"]
    assert 0 < len(done) < 100
    assert {outcome["problem"]["status"] for outcome in outcomes if outcome not in done} == {503}
    again = door(one.tenant, mutations)
    assert kinds(again) == ["created"] * 100
    assert [outcome for outcome in again if outcome in done] == done
