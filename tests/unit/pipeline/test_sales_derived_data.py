"""History and the cache are kept from events that may come late and twice; the queues read what the streams publish."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from callers import Person

from zebros_core.messaging import EntityChanged, Operation
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.handlers.events import consumer

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
