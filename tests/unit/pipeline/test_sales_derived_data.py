"""History and the cache are kept from events that may come late and twice; the queues read what the streams publish."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from callers import Person
from pipeline_in_process import SalesWorld
from table_changes import TableChanges

from zebros_core.messaging import EntityChanged, Operation
from zebros_core.tenancy import TenantContext
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.handlers.events import consumer
from zebros_pipeline.repositories.keys import SCHEMAS

Event = Callable[..., EntityChanged]


def queued(*changes: EntityChanged, source: str = "zebros.pipeline") -> dict[str, Any]:
    """The batch of a queue that the bus has filled."""
    return {
        "Records": [
            {
                "messageId": str(number),
                "body": json.dumps(
                    {
                        "source": source,
                        "detail-type": "EntityChanged",
                        "detail": json.loads(change.to_wire()),
                    }
                ),
            }
            for number, change in enumerate(changes)
        ]
    }


def test_history_tells_what_each_version_changed_without_bookkeeping(
    both: tuple[Person, Person], container: Container, event: Event
) -> None:
    one, other = both
    path = one.post("/v1/opportunities", {"title": "Deal", "value": 5}).headers["location"]
    id = path.rpartition("/")[2]
    created = event(one.tenant, "opportunity", id)
    before = one.get(path).body
    one.post(f"{path}/move", {"stage": "won"})
    changed = ("stage", "outcome", "closeDate", "stageEnteredAt", "activeAt")
    previous = {"stage": "prospecting", "outcome": "open", "activeAt": before["activeAt"]}
    moved = event(one.tenant, "opportunity", id, changed=changed, previous=previous)
    answer = consumer(container, "history").handler(queued(moved, created, moved))
    assert answer == {"batchItemFailures": []}
    entries = one.get(f"{path}/history").body["items"]
    assert [(entry["version"], entry["operation"]) for entry in entries] == [(2, "updated"), (1, "created")]
    assert set(entries[0]["changes"]) == {"stage", "outcome", "closeDate"}
    assert entries[0]["changes"]["stage"] == {"before": "prospecting", "after": "won"}
    assert entries[1]["changes"]["value"]["after"] == 5
    assert "activeAt" not in entries[1]["changes"]
    assert other.get(f"{path}/history").status == 404


def test_history_tells_what_became_of_lines_whatever_the_order(
    both: tuple[Person, Person], container: Container
) -> None:
    one, other = both
    product = one.post("/v1/products", {"name": "GTX", "unitPrice": 5}).body["productId"]
    changes = TableChanges(container, SCHEMAS)
    events: list[EntityChanged] = []
    first = [{"productId": product, "quantity": 2}]
    path = one.post("/v1/opportunities", {"title": "Deal", "lines": first}).headers["location"]
    events += changes.take()
    for wish in (
        {"lines": [{"productId": product, "quantity": 3.5}]},
        {"title": "Renamed"},
        {"lines": []},
        {"lines": [{"productId": product, "unitPrice": 0.1}]},
    ):
        assert one.patch(path, wish).status == 200
        events += changes.take()
    consumer(container, "history").handler(queued(*reversed(events)))
    consumer(container, "history").handler(queued(*events))
    entries = {entry["version"]: entry["changes"] for entry in one.get(f"{path}/history").body["items"]}

    def told(version: int) -> list[Any]:
        change = entries[version]["lines"]
        return [
            None if lines is None else [(line["quantity"], line["unitPrice"]) for line in lines]
            for lines in (change["before"], change["after"])
        ]

    assert told(1) == [None, [(2, 5)]]
    assert told(2) == [[(2, 5)], [(3.5, 5)]]
    assert "lines" not in entries[3]
    assert told(4) == [[(3.5, 5)], []]
    assert told(5) == [[], [(1, 0.1)]]
    assert entries[2]["lines"]["after"][0]["productId"] == product
    assert other.get(f"{path}/history").status == 404


def test_what_a_job_made_of_lines_can_be_taken_back(
    admin: Person, container: Container, world: SalesWorld
) -> None:
    product = admin.post("/v1/products", {"name": "GTX", "unitPrice": 5}).body["productId"]
    path = admin.post("/v1/opportunities", {"title": "Deal", "lines": [{"productId": product}]}).headers[
        "location"
    ]
    context = TenantContext(admin.tenant, admin.user, roles=frozenset(admin.roles), job_id="job-1")
    door = world.customers.bulk_doors.door("pipeline", context)
    changes = TableChanges(container, SCHEMAS)
    wish = {
        "mutationId": "m-1",
        "entity": "opportunity",
        "operation": "update",
        "id": path.rpartition("/")[2],
    }
    lines = [{"productId": product, "quantity": 7, "name": "Other"}]
    door.apply([{**wish, "changes": {"lines": lines, "customerId": None, "title": "Changed"}}])
    consumer(container, "history").handler(queued(*changes.take()))
    (change,) = door.changes_all("job-1")
    undo = {name: found["before"] for name, found in change["changes"].items() if name in {"lines", "title"}}
    assert door.apply([{**wish, "mutationId": "m-2", "changes": undo}])[0]["outcome"] == "updated"
    shown = admin.get(path).body
    assert [(line["name"], line["quantity"]) for line in shown["lines"]] == [("GTX", 1)]
    assert (shown["title"], shown["value"]) == ("Deal", 5)


def test_leads_and_products_have_a_history_too(admin: Person, container: Container, event: Event) -> None:
    for path, draft, entity in (
        ("/v1/leads", {"lastName": "Li"}, "lead"),
        ("/v1/products", {"name": "GTX"}, "product"),
    ):
        made = admin.post(path, draft).headers["location"]
        change = event(admin.tenant, entity, made.rpartition("/")[2])
        consumer(container, "history").handler(queued(change))
        assert len(admin.get(f"{made}/history").body["items"]) == 1


def test_the_event_of_a_write_repairs_a_cache_that_the_request_could_not(
    admin: Person, container: Container, event: Event
) -> None:
    path = admin.post("/v1/opportunities", {"title": "A"}).headers["location"]
    admin.get(path)
    id = path.rpartition("/")[2]
    repository = container.system_workspace(admin.tenant, "test").opportunities
    stored = repository.get(id)
    repository.save(stored.model_copy(update={"title": "B"}), previous=stored)
    assert admin.get(path).body["title"] == "A", "from the cache"
    consumer(container, "cache").handler(queued(event(admin.tenant, "opportunity", id, changed=("title",))))
    assert admin.get(path).body["title"] == "B"


def test_the_followup_queue_takes_events_of_customers_as_well(
    admin: Person, of_customers: Callable[[Person], Person], container: Container
) -> None:
    customer = of_customers(admin).post("/v1/customers", {"companyName": "Tidewater"}).body["customerId"]
    path = admin.post("/v1/opportunities", {"title": "x", "customerId": customer}).headers["location"]
    change = EntityChanged(
        event_id="e-1",
        tenant_id=admin.tenant,
        entity="customer",
        id=customer,
        version=2,
        operation=Operation.DELETED,
        occurred_at=container.clock.now(),
        snapshot={"customerId": customer},
    )
    answer = consumer(container, "followup").handler(queued(change, source="zebros.customers"))
    assert answer == {"batchItemFailures": []}
    admin.clock.advance(seconds=1000)
    assert admin.get(path).body["customerDeleted"] is True


def test_the_followup_queue_finishes_a_conversion(
    admin: Person, container: Container, event: Event, world: Any
) -> None:
    path = admin.post("/v1/leads", {"lastName": "Li"}).headers["location"]
    door = world.doors.handlers.pop("customers")
    assert admin.post(f"{path}/convert", {}).status == 503
    world.doors.handlers["customers"] = door
    change = event(admin.tenant, "lead", path.rpartition("/")[2], changed=("status",))
    assert consumer(container, "followup").handler(queued(change)) == {"batchItemFailures": []}
    assert admin.get(path).body["status"] == "converted"
