"""Leads, products and opportunities in one call of the door: as one after the other, with few calls."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from callers import Person
from counted_calls import counted_calls
from pipeline_in_process import SalesWorld

from zebros_core.bulk.client import BulkDoorClient
from zebros_core.ids import derived_id
from zebros_core.tenancy import TenantContext

Both = tuple[Person, Person]
MANY = 20


@pytest.fixture
def door(world: SalesWorld) -> Callable[[Person], BulkDoorClient]:
    """The pipeline's door for somebody of a tenant, as another service calls it."""

    def make(person: Person) -> BulkDoorClient:
        context = TenantContext(
            person.tenant,
            person.user,
            roles=frozenset(person.roles),
            team_id=person.team,
            isolation=world.pipeline.registry.get(person.tenant).isolation,
            job_id="job-1",
        )
        return world.customers.bulk_doors.door("pipeline", context)

    return make


def wish(mutation_id: str, operation: str, entity: str, **facts: Any) -> dict[str, Any]:
    return {"mutationId": mutation_id, "operation": operation, "entity": entity, **facts}


def values_of(entity: str, number: int, product: str) -> dict[str, Any]:
    if entity == "lead":
        return {"lastName": f"L{number}", "email": f"l{number}@x.example", "estimatedValue": 5}
    if entity == "product":
        return {"name": f"Product {number}", "unitPrice": 5}
    return {"title": f"Deal {number}", "lines": [{"productId": product, "quantity": 2}]}


CHANGES = {"lead": {"position": "buyer"}, "product": {"unitPrice": 6}, "opportunity": {"stage": "proposal"}}


@pytest.mark.parametrize("entity", ["lead", "product", "opportunity"])
def test_everything_that_can_be_done_to_a_record_is_done_together(
    both: Both, door: Callable[[Person], BulkDoorClient], world: SalesWorld, entity: str
) -> None:
    one, other = both
    product = one.post("/v1/products", {"name": "GTX", "unitPrice": 5}).body["productId"]

    def call(operation: str, facts: Callable[[int], dict[str, Any]]) -> tuple[set[str], int, list[Any]]:
        mutations = [
            wish(f"{operation}:{number}", operation, entity, **facts(number)) for number in range(MANY)
        ]
        with counted_calls(world.pipeline) as made:
            outcomes = door(one).apply(mutations)
        assert made["PutItem"] + made["DeleteItem"] + made["UpdateItem"] == 0
        # What a record has beside it, such as its lines, is read when it is looked at: once for each.
        assert made["GetItem"] <= (MANY if entity == "opportunity" else 0) + 2
        assert made["Query"] <= MANY + 1
        return {outcome["outcome"] for outcome in outcomes}, made["TransactWriteItems"], outcomes

    kinds, transactions, created = call(
        "create", lambda n: {"externalId": f"E{n}", "changes": values_of(entity, n, product)}
    )
    # At most six writes each: a hundred and twenty.
    assert (kinds, transactions <= 2) == ({"created"}, True)
    assert call("create", lambda n: {"externalId": f"E{n}", "changes": {}})[:2] == ({"created"}, 0)
    kinds, transactions, _ = call(
        "upsert",
        lambda n: {"externalId": f"E{n}", "changes": values_of(entity, n, product) | CHANGES[entity]},
    )
    assert (kinds, transactions) == ({"updated"}, 1)
    kinds, transactions, _ = call(
        "update", lambda n: {"id": created[n]["id"], "baseVersion": 2, "changes": {"tags": ["a"]}}
    )
    assert (kinds, transactions) == ({"updated"}, 1)
    kinds, transactions, _ = call("delete", lambda n: {"externalId": f"E{n}"})
    assert (kinds, transactions) == ({"deleted"}, 1)
    kinds, transactions, restored = call("restore", lambda n: {"id": created[n]["id"]})
    assert (kinds, transactions) == ({"restored"}, 1)
    assert {outcome["version"] for outcome in restored} == {5}
    assert door(other).read(entity, [outcome["id"] for outcome in created]) == []


def _work(customer: str, product: str, person: Person) -> list[dict[str, Any]]:
    """Mutations that meet each other, and some that cannot be."""

    def own(number: int) -> str:
        return derived_id(person.tenant, "own", str(number))

    lines = [{"productId": product, "quantity": 3}]
    deal = {"title": "Deal", "customerId": customer, "lines": lines}
    return [
        wish("1", "create", "opportunity", id=own(1), externalId="E1", changes=deal),
        wish("2", "update", "opportunity", id=own(1), changes={"stage": "proposal"}),
        wish("3", "update", "opportunity", id=own(1), changes={"customerId": None}),
        wish("4", "upsert", "opportunity", externalId="E1", changes={"title": "Deal", "lines": []}),
        wish("5", "update", "opportunity", id=own(1), baseVersion=1, changes={"title": "Late"}),
        wish("6", "update", "opportunity", id=own(1), changes={"stage": "lost"}),
        wish("7", "update", "opportunity", id=own(1), changes={"stage": "won"}),
        wish("8", "update", "opportunity", id=own(1), changes={"stage": "proposal"}),
        wish("9", "create", "opportunity", externalId="E1", changes={"title": "Twin"}),
        wish("10", "create", "opportunity", changes={"title": "D", "customerId": own(9)}),
        wish("11", "create", "product", id=own(2), changes={"name": "Cable", "unitPrice": 1}),
        wish("12", "create", "product", changes={"name": "CABLE"}),
        wish("13", "create", "product", changes={"name": "cable"}, skipDuplicates=True),
        wish("14", "delete", "product", id=own(2), baseVersion=1),
        wish("15", "create", "product", changes={"name": "Cable!"}),
        wish("16", "restore", "product", id=own(2)),
        wish("17", "restore", "product", id=own(2), skipDuplicates=True),
        wish("18", "create", "lead", id=own(3), changes={"lastName": "Ames", "email": "a@x.example"}),
        wish("19", "create", "lead", changes={"lastName": "Brook", "email": "A@x.example"}),
        wish("20", "update", "lead", id=own(3), changes={"email": "b@x.example"}),
        wish("21", "create", "lead", changes={"lastName": "Brook", "email": "a@x.example"}),
        wish("22", "update", "lead", id=own(3), changes={"email": "b@x.example"}),
        wish("23", "update", "lead", id=own(3), changes={"estimatedValue": "much"}),
        wish("24", "delete", "lead", id=own(3)),
        wish("25", "delete", "lead", id=own(3)),
        wish("26", "delete", "opportunity", id=own(1)),
        wish("1", "create", "opportunity", id=own(1), changes=deal),
        wish("27", "restore", "opportunity", id=own(1)),
        wish("28", "create", "lead", externalId="E1", changes={"lastName": "Carr"}),
    ]


def test_together_is_as_one_after_the_other(
    both: Both,
    door: Callable[[Person], BulkDoorClient],
    of_customers: Callable[[Person], Person],
) -> None:
    told: list[list[Any]] = []
    for person, together in zip(both, (True, False), strict=True):
        customer = of_customers(person).post("/v1/customers", {"companyName": "Tidewater"}).body["customerId"]
        product = person.post("/v1/products", {"name": "GTX", "unitPrice": 5}).body["productId"]
        mutations = _work(customer, product, person)
        calls = [mutations] if together else [[mutation] for mutation in mutations]
        outcomes = [outcome for call in calls for outcome in door(person).apply(call)]
        again = [outcome for call in calls for outcome in door(person).apply(call)]
        accepted = [outcome for outcome in outcomes if outcome["problem"] is None]
        assert [outcome for outcome in again if outcome in accepted] == accepted
        ids = [outcome["id"] for outcome in outcomes] + [customer, product]
        lines = door(person).call("lines", ids=[outcomes[0]["id"]])["items"]
        stages = person.get(f"/v1/opportunities/{outcomes[0]['id']}").body
        text = json.dumps([outcomes, lines, stages["stage"], stages["version"]])
        for number, id in enumerate(dict.fromkeys(filter(None, ids))):
            text = text.replace(id, f"#{number}")
        told.append(json.loads(text))
    assert told[0] == told[1]
    kinds = [outcome["outcome"] for outcome in told[0][0]]
    assert {"created", "updated", "unchanged", "deleted", "restored", "conflict", "rejected"} == set(kinds)
