"""Sales over the API with totals that follow: what tests of the pipeline's figures share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from callers import Answer, Person

from zebros_core.bootstrap import ServiceContainer
from zebros_core.messaging import EntityChanged, Operation
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.handlers.totals import consumer


def event_of(container: ServiceContainer, tenant: str, entity: str, id: str) -> EntityChanged:
    """Return the event of a record's last write."""
    record = container.system_workspace(tenant, "test").records[entity].find_any(id)
    assert record is not None
    return EntityChanged(
        event_id=f"{id}-{record.version}",
        tenant_id=tenant,
        entity=entity,
        id=id,
        version=record.version,
        operation=Operation.DELETED if record.is_deleted else Operation.UPDATED,
        occurred_at=record.updated_at,
        snapshot=record.model_dump(mode="json", by_alias=True),
    )


def messages(events: Sequence[EntityChanged]) -> dict[str, Any]:
    """Return the events as the queue hands them over."""
    sources = {"customer": "zebros.customers", "activity": "zebros.activities"}
    return {
        "Records": [
            {
                "messageId": f"m-{number}",
                "body": json.dumps(
                    {
                        "source": sources.get(event.entity, "zebros.pipeline"),
                        "detail-type": "EntityChanged",
                        "detail": json.loads(event.to_wire()),
                    }
                ),
            }
            for number, event in enumerate(events)
        ]
    }


@dataclass
class Counting:
    """Delivers events to the totals of a service as its queue would."""

    container: Container
    sent: list[EntityChanged] = field(default_factory=list)

    def deliver(self, *events: EntityChanged) -> list[str]:
        """Deliver a batch; return the messages that are to come again."""
        self.sent += events
        answer = consumer(self.container).handler(messages(events), None)
        return [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]

    def follow(self, person: Person, entity: str, id: str, of: ServiceContainer | None = None) -> None:
        """Deliver the event of a record's last write."""
        assert self.deliver(event_of(of or self.container, person.tenant, entity, id)) == []


@dataclass
class Sales:
    """Somebody's deals, each write of which is counted at once."""

    person: Person
    counting: Counting

    def deal(self, **facts: Any) -> str:
        """Create a deal and return its path."""
        return self._counted(self.person.post("/v1/opportunities", {"title": "Instruments", **facts}))

    def change(self, path: str, **facts: Any) -> str:
        """Change a deal."""
        return self._counted(self.person.patch(path, facts))

    def move(self, path: str, stage: str, **facts: Any) -> str:
        """Move a deal to another stage."""
        return self._counted(self.person.post(f"{path}/move", {"stage": stage, **facts}))

    def delete(self, path: str) -> None:
        """Delete a deal."""
        assert self.person.delete(path).status == 204
        self.counting.follow(self.person, "opportunity", path.rpartition("/")[2])

    def restore(self, path: str) -> str:
        """Restore a deal."""
        return self._counted(self.person.post(f"{path}/restore"))

    def _counted(self, answer: Answer) -> str:
        assert answer.status in (200, 201), answer.text
        id = answer.body["opportunityId"]
        self.counting.follow(self.person, "opportunity", id)
        return f"/v1/opportunities/{id}"
