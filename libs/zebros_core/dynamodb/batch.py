"""BatchGetItem, whose keys alone do not always prove ownership: the only place that calls it, and it checks
every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from zebros_core.dynamodb.codec import AttributeValue, Item, decode
from zebros_core.dynamodb.ownership import owned

if TYPE_CHECKING:
    from zebros_core.dynamodb.store import TenantStore

__all__ = ["MAX_KEYS", "batch_get_rows"]

MAX_KEYS: Final = 100
"""DynamoDB's limit for one call."""


def batch_get_rows(store: TenantStore, table: str, keys: Sequence[dict[str, AttributeValue]]) -> list[Item]:
    """The rows that exist, strongly consistent, in no order.

    What DynamoDB leaves unprocessed is asked for again, with full jitter, until the store's deadline
    (``UnavailableError``). A row of another tenant is logged and raises ``ForeignRowError``; nothing is given
    then.
    """
    rows: list[Item] = []
    calls = store.access.calls
    for start in range(0, len(keys), MAX_KEYS):
        pending: Any = {table: {"Keys": list(keys[start : start + MAX_KEYS]), "ConsistentRead": True}}
        deadline = calls.deadline(store.deadline)
        attempt = 0
        while True:
            response = store.call(store.client.batch_get_item, {"RequestItems": pending})
            for row in response["Responses"].get(table, ()):
                rows.append(owned(decode(row), store.tenant_id, table))
            pending = response.get("UnprocessedKeys")
            if not pending:
                break
            calls.pause(attempt, deadline)
            attempt += 1
    return rows
