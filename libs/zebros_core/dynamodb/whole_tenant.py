"""All of one tenant's items in a table, to be exported or erased: the one place that reads tables by Scan.

Only offboarding does this, in a function of its own (``zebros_core.tenancy.offboarding``). A Scan of a shared table
reads every tenant's items and pays for them; what is not this tenant's is filtered out by the store, and each item
that comes is checked again before anything is done with it.

==============================  =============================  ================================================
table                           which items                    what keeps an erasure off others
==============================  =============================  ================================================
silo                            all of the tenant's own table  the table's name, and the same condition
bridge, and lookup tables in    whose key begins ``{tenant}#``  the key itself, and the same condition
every model
pool                            whose ``tenantId`` it is       the condition ``tenantId = :t`` on each deletion
==============================  =============================  ================================================
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

from zebros_core.dynamodb.client import ClientError, DynamoDbCalls, DynamoDbClient, error_code
from zebros_core.dynamodb.keys import SEPARATOR
from zebros_core.dynamodb.operations import MAX_OPERATIONS
from zebros_core.dynamodb.ownership import foreign
from zebros_core.dynamodb.schema import EntitySchema
from zebros_core.tenancy.context import SystemContext, TenantContext
from zebros_core.tenancy.isolation import isolation_model

__all__ = ["Attributes", "ScannedPage", "TenantTable", "WholeTenant"]

Attributes: TypeAlias = dict[str, dict[str, Any]]
"""An item, or the key of one, as DynamoDB writes it: ``{"name": {"S": "…"}}``."""

_SCAN_BUDGET_SECONDS: Final = 20.0


class ScanningClient(DynamoDbClient, Protocol):
    """The client of a function that may Scan; others have no use for one."""

    def scan(self, **request: Any) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class TenantTable:
    """A table that holds items of tenants, by its base name.

    ``key`` names its key attributes, the partition key first. ``keyed_by_tenant``: the partition key begins with the
    tenant in every isolation model.
    """

    base: str
    key: tuple[str, ...]
    keyed_by_tenant: bool = False

    @classmethod
    def of(cls, schema: EntitySchema[Any]) -> TenantTable:
        """The table of an entity."""
        sort = (schema.parent_attribute,) if schema.parent_attribute else ()
        return cls(schema.table, (schema.key_attribute, *sort))

    @classmethod
    def lookup(cls, base: str) -> TenantTable:
        """A lookup table."""
        return cls(base, ("pk", "sk"), keyed_by_tenant=True)


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """The tenant's items of one Scan; few or none where others' fill the table. ``next`` is where to go on."""

    items: list[Attributes]
    next: Attributes | None


class WholeTenant:
    """Everything that one tenant has in tables. ``client`` needs the right to Scan them."""

    def __init__(
        self,
        client: ScanningClient,
        context: TenantContext | SystemContext,
        *,
        table_prefix: str,
        calls: DynamoDbCalls | None = None,
    ) -> None:
        self._client = client
        self._tenant_id = context.tenant_id
        self._isolation = isolation_model(context.isolation)
        self._table_prefix = table_prefix
        self._calls = calls or DynamoDbCalls(budget_seconds=_SCAN_BUDGET_SECONDS)

    def page(
        self, table: TenantTable, start: Mapping[str, Any] | None = None, *, keys_only: bool = False
    ) -> ScannedPage:
        """One page of the tenant's items, strongly consistent, from ``start`` on; reads at most 1 MB of the table.

        A silo's table that is gone already is empty. ``ForeignRowError`` when a row is not the tenant's.
        """
        name = self._name(table)
        request: dict[str, Any] = {"TableName": name, "ConsistentRead": True}
        if start:
            request["ExclusiveStartKey"] = dict(start)
        if self._has_keys_of_its_own(table):
            request["FilterExpression"] = "begins_with(#k, :t)"
            request["ExpressionAttributeNames"] = {"#k": table.key[0]}
            request["ExpressionAttributeValues"] = {":t": {"S": f"{self._tenant_id}{SEPARATOR}"}}
        elif self._isolation.reads_by_filter:
            request["FilterExpression"] = "tenantId = :t"
            request["ExpressionAttributeValues"] = {":t": {"S": self._tenant_id}}
        if keys_only:
            names = dict.fromkeys((*table.key, "tenantId"))
            request["ProjectionExpression"] = ", ".join(f"#p{n}" for n in range(len(names)))
            request.setdefault("ExpressionAttributeNames", {}).update(
                {f"#p{n}": attribute for n, attribute in enumerate(names)}
            )
        try:
            answer = self._calls(self._client.scan, request)
        except ClientError as error:
            if self._isolation.name == "silo" and error_code(error) == "ResourceNotFoundException":
                return ScannedPage([], None)
            raise
        items: list[Attributes] = answer["Items"]
        for item in items:
            if item.get("tenantId", {}).get("S") != self._tenant_id:
                raise foreign(self._tenant_id, name)
        return ScannedPage(items, answer.get("LastEvaluatedKey"))

    def erase(self, table: TenantTable, items: Sequence[Attributes]) -> int:
        """Deletes these items for good, without a tombstone; how many they were. An item that is gone already is
        no error.

        ``ForeignRowError`` when one has become another tenant's meanwhile: then its hundred is left whole.
        """
        name = self._name(table)
        for first in range(0, len(items), MAX_OPERATIONS):
            hundred = items[first : first + MAX_OPERATIONS]
            request: dict[str, Any] = {
                "TransactItems": [{"Delete": self._deletion(name, table, item)} for item in hundred],
                "ClientRequestToken": str(uuid.uuid4()),
            }
            try:
                self._calls(self._client.transact_write_items, request)
            except ClientError as error:
                if error_code(error) == "TransactionCanceledException":
                    raise foreign(self._tenant_id, name) from error
                raise
        return len(items)

    def _deletion(self, name: str, table: TenantTable, item: Attributes) -> dict[str, Any]:
        return {
            "TableName": name,
            "Key": {attribute: item[attribute] for attribute in table.key},
            "ConditionExpression": "attribute_not_exists(tenantId) OR tenantId = :t",
            "ExpressionAttributeValues": {":t": {"S": self._tenant_id}},
        }

    def _name(self, table: TenantTable) -> str:
        return self._isolation.table_name(self._table_prefix, self._tenant_id, table.base)

    def _has_keys_of_its_own(self, table: TenantTable) -> bool:
        return self._isolation.name != "silo" and (table.keyed_by_tenant or self._isolation.name == "bridge")
