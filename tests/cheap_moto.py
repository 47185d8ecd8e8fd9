"""Makes moto's DynamoDB cheap where it spends most of a suite's time; what it answers stays the same.

- A query by a table's own key looks at the rows of that key only, not at the whole table in order.
- Rows are put in order by their plain keys: moto compares wrapped ones, each of which is unwrapped for it again.
- A response class is asked once which methods it has, not with every request.
- An attribute's value is looked up under its own name: other names are for responses made of objects.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

from moto.core import responses, serialize
from moto.dynamodb.models.table import Table

_QUERIED = threading.local()


def install() -> None:
    """Install it for this process."""
    if getattr(Table.query, "is_cheap", False):
        return
    whole_query, pick = Table.query, serialize.AttributePicker.__call__

    def query(self: Any, hash_key: Any, *arguments: Any, **more: Any) -> Any:
        by_index = more.get("index_name") or (arguments[6] if len(arguments) > 6 else None)
        if by_index:
            return whole_query(self, hash_key, *arguments, **more)
        rows = self.items.get(hash_key, {})
        _QUERIED.rows = list(rows.values()) if isinstance(rows, dict) else [rows]
        try:
            return whole_query(self, hash_key, *arguments, **more)
        finally:
            del _QUERIED.rows

    def all_items(self: Any) -> list[Any]:
        rows = getattr(_QUERIED, "rows", None)
        if rows is not None:
            return rows
        found = [
            row
            for rows in list(self.items.values())
            for row in (list(rows.values()) if self.range_key_attr else (rows,))
        ]
        return sorted(found, key=_plain_key)

    def picked(self: Any, context: Any) -> Any:
        if context.shape.name.endswith("AttributeValue") and isinstance(context.obj, dict):
            return context.obj.get(context.key)
        return pick(self, context)

    query.is_cheap = True  # type: ignore[attr-defined]
    Table.query = query
    Table.all_items = all_items
    serialize.AttributePicker.__call__ = picked
    responses.method_names_from_class = lru_cache(maxsize=None)(responses.method_names_from_class)


def _plain_key(row: Any) -> tuple[str, str]:
    return row.hash_key.value, row.range_key.value if row.range_key else ""
