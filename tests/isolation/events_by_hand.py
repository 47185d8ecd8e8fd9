"""What stream, bus and queues do on a stack, done by hand in this process: changes of rows go to consumers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from service_in_process import REGION

from zebros_core.bootstrap import ServiceContainer
from zebros_core.dynamodb.schema import EntitySchema
from zebros_core.messaging import Consumer
from zebros_core.messaging.changes import ChangeReader
from zebros_core.messaging.images import split_table_name

MAX_ROUNDS = 10
"""So often changes may cause changes before that is taken for something that never ends."""

_Key = tuple[str, str, str]


def stored(table: Any) -> Iterator[Any]:
    """Give a table's rows as moto keeps them: by partition key, and by sort key below that where there is one."""
    for rows in table.items.values():
        yield from rows.values() if isinstance(rows, dict) else (rows,)


def as_plain(value: Any) -> Any:
    """Return what moto keeps without its wrapping, to be compared."""
    if isinstance(value, DynamoType):
        return as_plain(value.value)
    if isinstance(value, dict):
        return {name: as_plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [as_plain(member) for member in value]
    # Sets have no order of their own.
    return sorted(value) if isinstance(value, set) else value


def tables() -> dict[str, Any]:
    """Return the tables that there are in this process, by name."""
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables


@dataclass
class Stream:
    """The changes of one service's rows since it was last asked for them."""

    container: ServiceContainer
    schemas: Sequence[EntitySchema[Any]]
    _seen: dict[_Key, tuple[int, Any]] = field(default_factory=dict[_Key, tuple[int, Any]])

    def messages(self, tenant: str) -> list[dict[str, Any]]:
        """Return what queues get of a tenant, each change once, its last image as it was when it was last seen."""
        prefix = self.container.core.table_prefix
        readers = {schema.table: ChangeReader(schema) for schema in self.schemas}
        found: list[dict[str, Any]] = []
        for name, table in list(tables().items()):
            if not name.startswith(f"{prefix}-"):
                continue
            base, of_table = split_table_name(prefix, name)
            reader = readers.get(base)
            if reader is None:
                continue
            rows = [row for row in stored(table) if row.attrs["tenantId"].value == tenant]
            messages = (self._message(reader, name, row, of_table) for row in rows)
            found += [message for message in messages if message is not None]
        return found

    def _message(
        self, reader: ChangeReader[Any], table: str, row: Any, of_table: str | None
    ) -> dict[str, Any] | None:
        key = (table, str(row.hash_key.value), str(row.range_key.value if row.range_key else ""))
        version = int(row.attrs["version"].value)
        before = self._seen.get(key)
        if before is not None and before[0] == version:
            return None
        image = json.loads(json.dumps(row.to_json()["Attributes"]))
        self._seen[key] = (version, image)
        images = {"NewImage": image, "ApproximateCreationDateTime": 1_760_000_000}
        if before is not None:
            images["OldImage"] = before[1]
        record = {"eventName": "INSERT" if before is None else "MODIFY", "dynamodb": images}
        change = reader.read(record, of_table)
        if change is None:
            return None
        return {
            "source": self.container.event_source,
            "detail-type": change.detail_type,
            "detail": json.loads(change.to_wire()),
        }


@dataclass(frozen=True)
class Queue:
    """A consumer, and the sources and entities of which its rule lets events through."""

    consumer: Consumer
    sources: frozenset[str]
    entities: frozenset[str]

    def deliver(self, messages: Iterable[dict[str, Any]], numbers: Iterator[int]) -> None:
        """Hand over what is for this consumer, all of it at once."""
        records = [
            {"messageId": str(next(numbers)), "body": json.dumps(message)}
            for message in messages
            if message["source"] in self.sources and message["detail"]["entity"] in self.entities
        ]
        failed = {
            item["itemIdentifier"]
            for item in self.consumer.handler({"Records": records})["batchItemFailures"]
        }
        for record in records:
            if record["messageId"] in failed:
                # Raises what went wrong, which the handler only logs.
                self.consumer.replay({"Records": [record]})
                raise AssertionError(f"failed, and then did not: {record}")


def settle(streams: Sequence[Stream], queues: Sequence[Queue], tenant: str) -> None:
    """Hand a tenant's changes on until there are none."""
    numbers = count(1)
    for _ in range(MAX_ROUNDS):
        messages = [message for stream in streams for message in stream.messages(tenant)]
        if not messages:
            return
        for queue in queues:
            queue.deliver(messages, numbers)
    raise AssertionError(f"changes still cause changes after {MAX_ROUNDS} rounds")
