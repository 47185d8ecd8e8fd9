"""Makes moto's transactions cheap: its copy of a table, for a rollback, takes the rows but not what is in them.

moto copies the whole table deeply for each write of a transaction, which costs more than everything else that the tests
do. Puts and deletes replace rows and never change one, so to remember which rows there were is enough. An update does
change a row in place: it is made to change a copy, which takes the row's place in the table but not in what is kept.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

_update_in_place = DynamoDBBackend.update_item


def _copy_rows(table: Any, memo: dict[int, Any]) -> Any:
    copied = memo.get(id(table))
    if copied is None:
        copied = memo[id(table)] = copy.copy(table)
        copied.items = defaultdict(dict, {key: _rows(rows) for key, rows in table.items.items()})
    return copied


def _rows(rows: Any) -> Any:
    return dict(rows) if isinstance(rows, dict) else rows


def _update_a_copy(
    backend: Any, table_name: str, key: dict[str, Any], *arguments: Any, **options: Any
) -> Any:
    table = backend.get_table(table_name)
    parts = [DynamoType(key[name]) for name in (table.hash_key_attr, table.range_key_attr) if name in key]
    rows, last = (table.items, parts[0]) if len(parts) == 1 else (table.items.get(parts[0], {}), parts[-1])
    if last in rows:
        rows[last] = copy.deepcopy(rows[last])
    return _update_in_place(backend, table_name, key, *arguments, **options)


def install() -> None:
    """Install it for this process."""
    Table.__deepcopy__ = _copy_rows
    DynamoDBBackend.update_item = _update_a_copy
