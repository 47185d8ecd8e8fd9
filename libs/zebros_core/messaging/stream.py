"""From table streams to the bus: the one handler that every service with tables runs."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from zebros_core.dynamodb.schema import EntitySchema
from zebros_core.messaging.bus import EventBus
from zebros_core.messaging.changes import ChangeReader
from zebros_core.messaging.envelope import EntityChanged
from zebros_core.messaging.errors import MalformedMessageError, PoisonError
from zebros_core.messaging.failures import FailureStore
from zebros_core.messaging.images import split_table_name, table_of
from zebros_core.messaging.snapshots import SnapshotStore

_LOG = logging.getLogger(__name__)
KIND: Final = "stream"
SET_ASIDE: Final = "stream record set aside"
"""The message of the log line for a kept record; an alarm counts these lines."""


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a batch: events on the bus, records with nothing to say, records set aside."""

    published: int
    skipped: int
    poisoned: int


class StreamPublisher:
    """Publishes the writes of a service's tables as `EntityChanged`, at least once, in the stream's order.

    A record that can never be published is kept in the failures bucket and the batch goes on: a raise would
    make the shard try the batch again until the record is a day old, and hold up everything behind it.
    Trouble that will pass (the bus, the bucket) does raise, so that nothing is lost.
    """

    def __init__(
        self,
        schemas: Mapping[str, EntitySchema[Any]],
        *,
        table_prefix: str,
        bus: EventBus,
        snapshots: SnapshotStore,
        failures: FailureStore,
    ) -> None:
        """`schemas`: by base table name. `table_prefix`: what every table's name of this deployment starts
        with.
        """
        self._readers = {base: ChangeReader(schema) for base, schema in schemas.items()}
        self._table_prefix = table_prefix
        self._bus = bus
        self._snapshots = snapshots
        self._failures = failures

    def handler(self, event: Mapping[str, Any], context: object = None) -> dict[str, list[Any]]:
        """The Lambda entry. Its answer never names a failed item: those are kept, or the whole batch is
        raised.
        """
        self.publish(cast("Sequence[Mapping[str, Any]]", event.get("Records", ())))
        return {"batchItemFailures": []}

    def replay(self, event: Mapping[str, Any]) -> None:
        """Publish kept records anew. Raises PoisonError when they are as bad as before; nothing is set aside
        then.
        """
        events = [self._event(record) for record in event.get("Records", ())]
        for refused in self._bus.put([event for event in events if event is not None]):
            raise MalformedMessageError(f"The bus refuses the event: {refused.code}.")

    def publish(self, records: Sequence[Mapping[str, Any]]) -> Published:
        """Publish stream records. Raises what is transient; then every record is to be given again."""
        events: list[EntityChanged] = []
        sources: dict[str, Mapping[str, Any]] = {}
        skipped = poisoned = 0
        for record in records:
            try:
                event = self._event(record)
            except PoisonError as error:
                self._set_aside(record, error.code, [fault.field for fault in error.fields])
                poisoned += 1
                continue
            if event is None:
                skipped += 1
                continue
            events.append(event)
            sources[event.event_id] = record
        for refused in self._bus.put(events):
            self._set_aside(sources[refused.event.event_id], f"bus-{refused.code}", [])
            poisoned += 1
        return Published(len(records) - skipped - poisoned, skipped, poisoned)

    def _event(self, record: Mapping[str, Any]) -> EntityChanged | None:
        """The event as it goes to the bus, or None when there is nothing to say. Raises PoisonError."""
        base, tenant_id = split_table_name(self._table_prefix, table_of(record))
        reader = self._readers.get(base)
        if reader is None:
            raise MalformedMessageError("The record is from a table that this service does not publish.")
        event = reader.read(record, tenant_id)
        return None if event is None else self._snapshots.outlined(event)

    def _set_aside(self, record: Mapping[str, Any], reason: str, fields: Sequence[str]) -> None:
        key = self._failures.keep(KIND, reason, {"Records": [record]}, tenant_id=_tenant(record))
        _LOG.error(SET_ASIDE, extra={"reason": reason, "fields": list(fields), "failure_key": key})


def _tenant(record: Mapping[str, Any]) -> str | None:
    """The tenant that a failed record claims, for its place in the bucket only."""
    try:
        images = record["dynamodb"]
        return str((images.get("NewImage") or images["OldImage"])["tenantId"]["S"])
    except (KeyError, TypeError, AttributeError):
        return None
