"""`:batch` and the bulk door of the pipeline: outcomes, repeats, reads, exports, and few looks elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from callers import Person
from pipeline_in_process import SalesWorld

from zebros_core.bulk.client import BulkDoorClient
from zebros_core.errors import ForbiddenError
from zebros_core.tenancy import TenantContext
from zebros_pipeline.bootstrap import Container

Customers = Callable[[Person], Person]
BATCH = "/v1/opportunities:batch"


@pytest.fixture
def door(world: SalesWorld) -> Callable[..., BulkDoorClient]:
    """The pipeline's door for somebody of a tenant, as another service calls it."""

    def make(person: Person, roles: tuple[str, ...] = ("tenant-admin",)) -> BulkDoorClient:
        context = TenantContext(
            person.tenant,
            "importer",
            roles=frozenset(roles),
            isolation=world.pipeline.registry.get(person.tenant).isolation,
            job_id="job-1",
        )
        return world.customers.bulk_doors.door("pipeline", context)

    return make


@contextmanager
def counting(container: Container) -> Iterator[list[str]]:
    made: list[str] = []

    def note(model: Any, **_: Any) -> None:
        made.append(model.name)

    events = container.dynamodb.meta.events
    events.register("before-call.dynamodb", note)
    try:
        yield made
    finally:
        events.unregister("before-call.dynamodb", note)


def outcomes(answer: Any) -> list[str]:
    assert answer.status == 200, answer.text
    return [outcome["outcome"] for outcome in answer.body["outcomes"]]


def test_a_batch_tells_what_became_of_each_operation(both: tuple[Person, Person]) -> None:
    one, other = both
    won = one.post("/v1/opportunities", {"title": "Won", "stage": "won", "externalId": "w"}).body[
        "opportunityId"
    ]
    operations = [
        {"operation": "create", "data": {"title": "New", "stage": "lost", "lossReason": "price"}},
        {"operation": "create", "data": {"title": "Bad", "stage": "lost"}},
        {"operation": "update", "id": won, "data": {"stage": "proposal"}},
        {"operation": "update", "id": won, "data": {"closeDate": "2025-01-31"}},
        {"operation": "upsert", "externalId": "w", "data": {"title": "Won", "stage": "won"}},
        {"operation": "upsert", "externalId": "n", "data": {"title": "Next", "value": 5}},
        {"operation": "delete", "externalId": "n"},
    ]
    answer = one.post(BATCH, {"operations": operations})
    assert outcomes(answer) == [
        "created",
        "rejected",
        "conflict",
        "updated",
        "unchanged",
        "created",
        "deleted",
    ]
    problems = [outcome["problem"] for outcome in answer.body["outcomes"]]
    assert problems[1]["errors"][0]["field"] == "/lossReason"
    assert problems[2]["type"].endswith("/opportunity-closed")
    assert outcomes(other.post(BATCH, {"operations": operations[3:4]})) == ["rejected"]


def test_the_opportunities_of_a_batch_look_at_what_they_name_once(
    admin: Person, of_customers: Customers, world: SalesWorld
) -> None:
    customers = [
        of_customers(admin).post("/v1/customers", {"companyName": f"C{n}"}).body["customerId"]
        for n in range(5)
    ]
    product = admin.post("/v1/products", {"name": "GTX", "unitPrice": 5}).body["productId"]
    world.doors.calls.clear()
    operations = [
        {
            "operation": "upsert",
            "externalId": f"d-{n}",
            "data": {
                "title": f"Deal {n}",
                "customerId": customers[n % 5] if n else "01JC8Z4T5V6W7X8Y9ZABCDEFGH",
                "lines": [{"productId": product, "quantity": n + 1}],
            },
        }
        for n in range(40)
    ]
    answer = admin.post(BATCH, {"operations": operations})
    assert outcomes(answer) == ["rejected"] + ["created"] * 39
    assert [(service, call["verb"]) for service, call in world.doors.calls] == [("customers", "read")]
    assert len(world.doors.calls[0][1]["ids"]) == 6
    again = admin.post(BATCH, {"operations": operations})
    assert outcomes(again) == ["rejected"] + ["unchanged"] * 39


def test_a_batch_reads_settings_and_products_once(admin: Person, container: Container) -> None:
    product = admin.post("/v1/products", {"name": "GTX", "unitPrice": 5}).body["productId"]
    operations = [
        {"operation": "create", "data": {"title": f"D{n}", "lines": [{"productId": product}]}}
        for n in range(20)
    ]
    with counting(container) as made:
        assert outcomes(admin.post(BATCH, {"operations": operations})) == ["created"] * 20
    assert sorted(made) == ["GetItem", "GetItem", "Query", "TransactWriteItems"], (
        "stages, currencies, the product"
    )


def test_without_references_nobody_else_is_asked(admin: Person, world: SalesWorld) -> None:
    admin.post(BATCH, {"operations": [{"operation": "create", "data": {"title": "D"}}]})
    admin.post("/v1/leads:batch", {"operations": [{"operation": "create", "data": {"lastName": "L"}}]})
    admin.post("/v1/products:batch", {"operations": [{"operation": "create", "data": {"name": "P"}}]})
    assert world.doors.calls == []


def test_a_mutation_that_is_delivered_twice_has_one_effect_and_one_outcome(
    both: tuple[Person, Person], door: Callable[..., BulkDoorClient]
) -> None:
    one, other = both
    create = {
        "mutationId": "m-1",
        "entity": "opportunity",
        "operation": "create",
        "changes": {"title": "Deal"},
    }
    first = door(one).apply([create])
    id = first[0]["id"]
    move = {
        "mutationId": "m-2",
        "entity": "opportunity",
        "operation": "update",
        "id": id,
        "changes": {"stage": "won"},
    }
    done = door(one).apply([move])
    assert (done[0]["outcome"], done[0]["version"]) == ("updated", 2)
    one.post(f"/v1/opportunities/{id}/reopen", {"stage": "proposal"})
    assert door(one).apply([create, move]) == [*first, *done]
    assert one.get(f"/v1/opportunities/{id}").body["stage"] == "proposal"
    stages = one.get(f"/v1/opportunities/{id}/stages").body["items"]
    assert [stay["stage"] for stay in stages] == ["prospecting", "won", "proposal"]
    assert door(other).apply([create])[0]["id"] != id
    assert door(other).apply([move | {"mutationId": "m-3"}])[0]["outcome"] in {"conflict", "rejected"}


def test_leads_and_products_are_written_read_and_exported_at_the_door(
    both: tuple[Person, Person], door: Callable[..., BulkDoorClient], person: Callable[..., Person]
) -> None:
    one, other = both
    made = door(one).apply(
        [
            {"mutationId": "l", "entity": "lead", "operation": "create", "changes": {"lastName": "Li"}},
            {"mutationId": "p", "entity": "product", "operation": "create", "changes": {"name": "GTX"}},
            {"mutationId": "o", "entity": "opportunity", "operation": "create", "changes": {"title": "Deal"}},
        ]
    )
    for entity, outcome in zip(("lead", "product", "opportunity"), made, strict=True):
        assert outcome["outcome"] == "created"
        (record,) = door(one).read(entity, [outcome["id"], "01JC8Z4T5V6W7X8Y9ZABCDEFGH"])
        assert record[f"{entity}Id"] == outcome["id"]
        assert door(one).export(entity)["items"] == [record]
        assert door(other).read(entity, [outcome["id"]]) == [] and door(other).export(entity)["items"] == []
        with pytest.raises(ForbiddenError):
            door(one, ("viewer",)).export(entity)
    refused = door(one, ("viewer",)).apply(
        [{"mutationId": "x", "entity": "lead", "operation": "delete", "id": made[0]["id"]}]
    )
    assert refused[0]["problem"]["status"] == 403


def test_a_batch_outdates_cached_opportunities(admin: Person) -> None:
    path = admin.post("/v1/opportunities", {"title": "A"}).headers["location"]
    admin.get(path)
    id = path.rpartition("/")[2]
    admin.post(BATCH, {"operations": [{"operation": "update", "id": id, "data": {"title": "B"}}]})
    assert admin.get(path).body["title"] == "B"


def test_lines_are_read_at_the_door_by_who_may_see_the_opportunity(
    both: tuple[Person, Person], door: Callable[..., BulkDoorClient]
) -> None:
    one, other = both
    product = one.post("/v1/products", {"name": "GTX", "unitPrice": 5}).body["productId"]
    with_lines, without = (
        one.post("/v1/opportunities", {"title": "Deal", "lines": lines}).body["opportunityId"]
        for lines in ([{"productId": product, "quantity": 2}], [])
    )
    (record,) = door(one).read("opportunity", [with_lines])
    assert record["lineCount"] == 1 and "lines" not in record
    assert door(one).call("lines", ids=[with_lines, without])["items"] == [
        {
            "opportunityId": with_lines,
            "lines": [{"productId": product, "name": "GTX", "quantity": 2.0, "unitPrice": 5.0}],
        },
        {"opportunityId": without, "lines": []},
    ]
    assert door(other).call("lines", ids=[with_lines])["items"] == []
