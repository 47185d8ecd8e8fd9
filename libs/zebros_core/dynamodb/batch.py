"""BatchGetItem, whose keys alone do not always prove ownership: the only place that calls it, and it checks
every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from zebros_core.dynamodb.codec import Item, decode
from zebros_core.dynamodb.ownership import foreign
from zebros_core.dynamodb.reads import Key, Row, note_read

if TYPE_CHECKING:
    from zebros_core.dynamodb.store import TenantStore

__all__ = ["MAX_KEYS", "batch_get_page", "batch_get_rows", "batch_get_stored"]

MAX_KEYS: Final = 100
"""DynamoDB's limit for one call."""


def batch_get_rows(store: TenantStore, table: str, keys: Sequence[Key]) -> list[Item]:
    """The rows that exist, decoded, strongly consistent, in no order; a call for a hundred.

    Errors as of ``batch_get_page``.
    """
    return [decode(row) for row in batch_get_stored(store, table, keys)]


def batch_get_stored(store: TenantStore, table: str, keys: Sequence[Key]) -> list[Row]:
    """The same rows as they are in the table."""
    for key in keys:
        note_read(store, table, next(iter(key.values()))["S"])
    pages = (keys[start : start + MAX_KEYS] for start in range(0, len(keys), MAX_KEYS))
    return [row for page in pages for row in batch_get_page(store, table, page)]


def batch_get_page(store: TenantStore, table: str, keys: Sequence[Key]) -> list[Row]:
    """The rows that exist of at most a hundred keys, as they are in the table now.

    What DynamoDB leaves unprocessed is asked for again, with full jitter, until the store's deadline
    (``UnavailableError``). A row of another tenant is logged and raises ``ForeignRowError``; nothing is given
    then.
    """
    rows: list[Row] = []
    calls = store.access.calls
    pending: Any = {table: {"Keys": list(keys), "ConsistentRead": True}}
    deadline = calls.deadline(store.deadline)
    attempt = 0
    while True:
        response = store.call(store.client.batch_get_item, {"RequestItems": pending})
        for row in response["Responses"].get(table, ()):
            if row.get("tenantId") != {"S": store.tenant_id}:
                raise foreign(store.tenant_id, table)
            rows.append(row)
        pending = response.get("UnprocessedKeys")
        if not pending:
            return rows
        calls.pause(attempt, deadline)
        attempt += 1
