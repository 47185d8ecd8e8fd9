"""Tenants: the platform's registry, written.

Its readers are in every service (``zebros_core.tenancy.registry``). A record is written under the condition that
its epoch is the one that was read, and attributes that are not ours are left as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from zebros_auth.domain.tenant import SETTINGS, Isolation, TenantRecord, TenantTakenError
from zebros_core.dynamodb.client import ClientError, error_code
from zebros_core.dynamodb.codec import decode, encode
from zebros_core.dynamodb.cursor import CursorBinding
from zebros_core.dynamodb.paging import Page
from zebros_core.dynamodb.store import DataAccess
from zebros_core.errors import IdempotencyKeyReusedError, NotFoundError, VersionMismatchError
from zebros_core.ids import derived_id

KEY_SECONDS: Final = 24 * 3600
"""How long an idempotency key is remembered."""

_BASE: Final = "tenants"
_INDEX: Final = "isolation"
_MODELS: Final = tuple(sorted(model.value for model in Isolation))


class TenantRepository:
    """Every tenant of the platform. Nothing of a tenant's own data is reachable with it."""

    def __init__(self, access: DataAccess) -> None:
        self._access = access
        self._table = f"{access.table_prefix}-{_BASE}"

    def get(self, tenant_id: str) -> TenantRecord:
        """Return a tenant, read strongly. Raises NotFoundError."""
        row = self._row(tenant_id)
        if row is None:
            raise NotFoundError("tenant", tenant_id)
        return _record(row)

    def add(self, tenant: TenantRecord, *, key: tuple[str, str] | None = None) -> TenantRecord:
        """Register a tenant. With an idempotency key and its fingerprint, the same request again gives what it made.

        Raises TenantTakenError naming the id, which is never given twice; IdempotencyKeyReusedError.
        """
        writes = [self._put(_stored(tenant), "attribute_not_exists(tenantId)")]
        if key is not None:
            writes.append(self._put(self._key_item(tenant.tenant_id, key), "attribute_not_exists(tenantId)"))
        try:
            self._call(self._access.client.transact_write_items, {"TransactItems": writes})
        except ClientError as error:
            if error_code(error) != "TransactionCanceledException":
                raise
            made = None if key is None else self._made_by(key)
            if made is not None:
                return made
            raise TenantTakenError(
                "id", "tenant", tenant.tenant_id, "A tenant has, or had, this id: choose another one."
            ) from error
        return tenant

    def save(self, tenant: TenantRecord, *, previous: TenantRecord) -> TenantRecord:
        """Write a changed tenant over the one that was read. Raises VersionMismatchError for a lost race."""
        stored = tenant.model_copy(update={"epoch": previous.epoch + 1})
        request = self._update(stored)
        request["ConditionExpression"] = "attribute_exists(tenantId) AND #epoch = :read"
        request["ExpressionAttributeValues"][":read"] = {"N": str(previous.epoch)}
        try:
            self._call(self._access.client.update_item, request)
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            raise VersionMismatchError(self.get(tenant.tenant_id).epoch) from error
        return stored

    def _update(self, tenant: TenantRecord) -> dict[str, Any]:
        """Return the request that sets what this version knows, one setting at a time, and leaves the rest alone."""
        values = _stored(tenant)
        del values["tenantId"]
        settings: dict[str, Any] = values.pop("settings")
        known = {field.alias or name for name, field in TenantRecord.model_fields.items()}
        absent = known - values.keys() - {"tenantId", "settings"}
        names = {f"#{name}": name for name in (*values, *absent, "settings", *settings)}
        sets = [f"#{name} = :{name}" for name in values] + [
            f"#settings.#{name} = :{name}" for name in settings
        ]
        update = "SET " + ", ".join(sets)
        if absent:
            update += " REMOVE " + ", ".join(f"#{name}" for name in sorted(absent))
        return {
            "TableName": self._table,
            "Key": {"tenantId": {"S": tenant.tenant_id}},
            "UpdateExpression": update,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {
                f":{name}": value for name, value in encode(values | settings).items()
            },
        }

    def page(
        self, *, status: str | None, isolation: str | None, limit: int, cursor: str | None
    ) -> Page[TenantRecord]:
        """Return a page of tenants by isolation model and id; with a status a page may be short before the last.

        By an index over what never changes, so that nobody is missed or seen twice while statuses change; a Query
        for each model, three at most.
        """
        models = [isolation] if isolation else list(_MODELS)
        binding = CursorBinding("-", "tenants", {"status": status, "isolation": isolation})
        start: Any = None
        if cursor is not None:
            model, start = self._access.cursors.decode(cursor, binding)
            models = models[models.index(model) :]
        found: list[TenantRecord] = []
        while models and len(found) < limit:
            request: dict[str, Any] = {
                "TableName": self._table,
                "IndexName": _INDEX,
                "KeyConditionExpression": "#isolation = :model",  # a reserved word
                "ExpressionAttributeNames": {"#isolation": "isolation"},
                "ExpressionAttributeValues": {":model": {"S": models[0]}},
                "Limit": limit - len(found),
            }
            if status is not None:
                request["FilterExpression"] = "#status = :status"
                request["ExpressionAttributeNames"]["#status"] = "status"
                request["ExpressionAttributeValues"][":status"] = {"S": status}
            if start is not None:
                request["ExclusiveStartKey"] = encode({"isolation": models[0], "tenantId": start})
            answer = self._call(self._access.client.query, request)
            found += [_record(decode(row)) for row in answer["Items"]]
            last = answer.get("LastEvaluatedKey")
            start = last["tenantId"]["S"] if last else None
            if last is None:
                models = models[1:]
            elif status is not None:
                break  # filtered: one read a page, however few match
        return Page(found, self._access.cursors.encode([models[0], start], binding) if models else None)

    def _row(self, tenant_id: str) -> dict[str, Any] | None:
        request = {"TableName": self._table, "Key": {"tenantId": {"S": tenant_id}}, "ConsistentRead": True}
        row = self._call(self._access.client.get_item, request).get("Item")
        return None if row is None else decode(row)

    def _made_by(self, key: tuple[str, str]) -> TenantRecord | None:
        marker = self._row(_marker(key[0]))
        if marker is None or marker["expiresAt"] <= self._access.clock.now().timestamp():
            return None
        if marker["fingerprint"] != key[1]:
            raise IdempotencyKeyReusedError
        return self.get(marker["made"])

    def _key_item(self, tenant_id: str, key: tuple[str, str]) -> dict[str, Any]:
        expires = int(self._access.clock.now().timestamp()) + KEY_SECONDS
        return {
            "tenantId": _marker(key[0]),
            "fingerprint": key[1],
            "made": tenant_id,
            "expiresAt": expires,
        }

    def _put(self, item: Mapping[str, Any], condition: str) -> dict[str, Any]:
        return {"Put": {"TableName": self._table, "Item": encode(item), "ConditionExpression": condition}}

    def _call(self, operation: Any, request: dict[str, Any]) -> Mapping[str, Any]:
        return self._access.calls(operation, request)


def _marker(key: str) -> str:
    # Tenant ids have no '#', and the index holds only what has an isolation model: a marker is never a tenant.
    return f"#key#{derived_id('tenants', key)}"


def _record(row: Mapping[str, Any]) -> TenantRecord:
    # Another version, or an operator, may have set what this one does not know: it is kept, and not shown.
    settings = {name: value for name, value in row.get("settings", {}).items() if name in SETTINGS}
    return TenantRecord.model_validate({**row, "settings": settings})


def _stored(tenant: TenantRecord) -> dict[str, Any]:
    return tenant.model_dump(mode="json", by_alias=True, exclude_none=True)
