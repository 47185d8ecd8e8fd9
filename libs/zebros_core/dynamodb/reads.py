"""Strongly consistent reads by key: a row, or the rows of a partition, which a gathering may have made already.

Keys are in DynamoDB's form, the partition key first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zebros_core.dynamodb.codec import AttributeValue, Item, decode

if TYPE_CHECKING:
    from zebros_core.dynamodb.store import TenantStore

__all__ = ["Key", "Row", "note_read", "read_partition", "read_row", "rows_of_partition", "stored_row"]

Key = dict[str, AttributeValue]
Row = dict[str, AttributeValue]
"""An item as DynamoDB has it."""


def read_row(store: TenantStore, table: str, key: Key) -> Item | None:
    """The decoded item of a key, or None. One GetItem, unless it was read beforehand."""
    row = stored_row(store, table, key) if store.gathering is None else store.gathering.row(table, key)
    return None if row is None else decode(row)


def read_partition(store: TenantStore, table: str, attribute: str, partition: str) -> list[Item]:
    """The decoded items of the tenant under a partition key. One Query, unless they were read beforehand."""
    rows = (
        rows_of_partition(store, table, attribute, partition)
        if store.gathering is None
        else store.gathering.partition(table, attribute, partition)
    )
    return [decode(row) for row in rows]


def note_read(store: TenantStore, table: str, partition: str) -> None:
    """Tells a gathering of a read that it has no part in: it must not meet what is still to be written."""
    if store.gathering is not None:
        store.gathering.rely_on(table, partition)


def stored_row(store: TenantStore, table: str, key: Key) -> Row | None:
    """The item of a key as it is in the table now."""
    request = {"TableName": table, "Key": key, "ConsistentRead": True}
    return store.call(store.client.get_item, request).get("Item")


def rows_of_partition(store: TenantStore, table: str, attribute: str, partition: str) -> list[Row]:
    """The tenant's items under a partition key as they are in the table now."""
    request: dict[str, Any] = {
        "TableName": table,
        "KeyConditionExpression": "#k = :k",
        "FilterExpression": "tenantId = :t",
        "ExpressionAttributeNames": {"#k": attribute},
        "ExpressionAttributeValues": {":k": {"S": partition}, ":t": {"S": store.tenant_id}},
        "ConsistentRead": True,
    }
    rows: list[Row] = []
    while True:
        response = store.call(store.client.query, request)
        rows.extend(response["Items"])
        last = response.get("LastEvaluatedKey")
        if last is None:
            return rows
        request["ExclusiveStartKey"] = last
