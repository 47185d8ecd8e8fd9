"""What the streams of a service's tables would tell: the events of all writes since it was last asked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from zebros_core.bootstrap import ServiceContainer
from zebros_core.dynamodb.codec import decode
from zebros_core.dynamodb.schema import EntitySchema
from zebros_core.messaging import EntityChanged
from zebros_core.messaging.changes import ChangeReader
from zebros_core.messaging.images import split_table_name

Image = dict[str, Any]


class TableChanges:
    """The changes of some entities' tables, shared and of single tenants, by comparison with what was there before.

    Several writes of one record since then are one event, as for a consumer that is late and folds.
    """

    def __init__(self, container: ServiceContainer, schemas: Iterable[EntitySchema[Any]]) -> None:
        self._container = container
        self._schemas = {schema.table: schema for schema in schemas}
        self._known: dict[tuple[str, str], Image] = self._images()

    def take(self) -> list[EntityChanged]:
        """Return what was written since, in the order of writing, as the bus would bring it."""
        known, self._known = self._known, self._images()
        found: list[EntityChanged] = []
        for key in {**known, **self._known}:
            old, new = known.get(key), self._known.get(key)
            if old != new:
                change = self._change(key[0], old, new)
                if change is not None:
                    found.append(change)
        return sorted(found, key=lambda change: (change.occurred_at, change.version))

    def _change(self, table: str, old: Image | None, new: Image | None) -> EntityChanged | None:
        base, tenant = split_table_name(self._container.core.table_prefix, table)
        kind = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
        images: dict[str, Any] = {"ApproximateCreationDateTime": int(self._container.clock.now().timestamp())}
        images |= {"OldImage": old} if old is not None else {}
        images |= {"NewImage": new} if new is not None else {}
        return ChangeReader(self._schemas[base]).read({"eventName": kind, "dynamodb": images}, tenant)

    def _images(self) -> dict[tuple[str, str], Image]:
        client: Any = self._container.dynamodb
        prefix = self._container.core.table_prefix
        found: dict[tuple[str, str], Image] = {}
        for table in client.list_tables()["TableNames"]:
            if not table.startswith(f"{prefix}-"):
                continue
            base, _ = split_table_name(prefix, table)
            if base not in self._schemas:
                continue
            schema = self._schemas[base]
            for item in client.scan(TableName=table)["Items"]:
                plain = decode(item)
                key = [plain[name] for name in (schema.key_attribute, schema.parent_attribute) if name]
                found[table, json.dumps(key)] = item
        return found


def queued(*changes: EntityChanged, source: str) -> dict[str, Any]:
    """Return the batch in which a queue would bring these changes of a service."""
    return {
        "Records": [
            {
                "messageId": f"m-{number}",
                "body": json.dumps(
                    {"source": source, "detail-type": "EntityChanged", "detail": json.loads(change.to_wire())}
                ),
            }
            for number, change in enumerate(changes)
        ]
    }
