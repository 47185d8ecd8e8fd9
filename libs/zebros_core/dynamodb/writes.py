"""What each verb of a repository writes: the stamped record, and the conditional operations that store it.

Every operation is conditioned on the tenant, and on the version that the caller has read. A record whose
``hlc`` is the one just stamped was written by this very call: stamps are unique, so an attempt whose answer
was lost is recognised.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from zebros_core.dynamodb.codec import Item, encode
from zebros_core.dynamodb.entity import SYSTEM_FIELDS, StoredEntity
from zebros_core.dynamodb.keys import compose
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.mapping import checked, encoded, to_item, to_tombstone
from zebros_core.dynamodb.operations import WriteOp
from zebros_core.dynamodb.schema import EntitySchema
from zebros_core.dynamodb.store import TenantStore
from zebros_core.errors import (
    AlreadyExistsError,
    NotFoundError,
    ValidationError,
    VersionMismatchError,
    ZebrosError,
)

__all__ = ["check_unchanged", "plan_add", "plan_remove", "plan_restore", "plan_save"]

E = TypeVar("E", bound=StoredEntity)
Plan = tuple[E, list[WriteOp]]


def plan_add(
    schema: EntitySchema[E],
    store: TenantStore,
    table: str,
    entity: E,
    *,
    idempotency: str | None = None,
    guard_id: bool = False,
) -> Plan[E]:
    """A new record: its key must not exist, nor its id or external id be guarded."""
    now, actor = store.access.clock.now(), store.context.actor
    _refuse_foreign(entity, store)
    stamped = checked(
        schema,
        entity.model_copy(
            update={
                "tenant_id": store.tenant_id,
                "version": 1,
                "schema_version": schema.current_version,
                "created_at": now,
                "created_by": actor,
                "updated_at": now,
                "updated_by": actor,
                "field_versions": {},
                "hlc": store.access.hlc.tick(),
                "deleted_at": None,
                "deleted_by": None,
                "create_fingerprint": idempotency,
                "job_id": store.context.job_id,
            }
        ),
    )
    id = _id(schema, stamped)
    compose(id, field=f"/{schema.key_attribute}")
    if schema.parent_field and getattr(stamped, schema.parent_field) is not None:
        compose(getattr(stamped, schema.parent_field), field=f"/{schema.parent_attribute}")
    operations = [_put_new(schema, table, to_item(schema, stamped, store), stamped)]
    if schema.parent_field and (guard_id or idempotency is not None):
        operations.append(
            _lookup(schema, store).put_guard(
                f"{schema.entity}.id",
                id,
                entity=schema.entity,
                id=id,
                taken=AlreadyExistsError(schema.entity, id),
            )
        )
    return stamped, operations + _guard_changes(schema, store, id, None, stamped.external_id)


def plan_save(schema: EntitySchema[E], store: TenantStore, table: str, new: E, previous: E) -> Plan[E]:
    """A changed record over the version that was read; under a new parent, its move. No change, no
    operation.
    """
    _refuse_foreign(new, store)
    _refuse_foreign(previous, store)
    id = _id(schema, previous)
    if _id(schema, new) != id:
        raise ValueError(f"{schema.entity}: save cannot change the id")
    changed = schema.changed_fields(previous, new)
    if not changed:
        return previous, []
    moved = schema.parent_field is not None and schema.parent_field in changed
    version = previous.version + (2 if moved else 1)
    system = {name: getattr(previous, name) for name in SYSTEM_FIELDS}
    versions = {**previous.field_versions, **{schema.codes[name]: version for name in changed}}
    stamped = checked(
        schema,
        new.model_copy(
            update={**system, **_stamp(schema, store, previous, version), "field_versions": versions}
        ),
    )
    item = to_item(schema, stamped, store)
    if moved:
        parent = getattr(stamped, schema.parent_field or "")
        if parent is not None:
            compose(parent, field=f"/{schema.parent_attribute}")
        operations = [
            _put_new(schema, table, item, stamped),
            _delete_old(schema, store, table, previous, stamped.hlc),
        ]
    else:
        operations = [_put_over(schema, table, item, previous, stamped.hlc)]
    return stamped, operations + _guard_changes(schema, store, id, previous.external_id, stamped.external_id)


def plan_remove(
    schema: EntitySchema[E], store: TenantStore, table: str, entity: E, actor: str | None = None
) -> Plan[E]:
    """A tombstone over the version that was read; the external id becomes free."""
    _refuse_foreign(entity, store)
    stamp = _stamp(schema, store, entity, entity.version + 1)
    tombstone = entity.model_copy(
        update={**stamp, "deleted_at": stamp["updated_at"], "deleted_by": actor or store.context.actor}
    )
    operations = [_put_over(schema, table, to_tombstone(schema, tombstone, store), entity, tombstone.hlc)]
    return tombstone, operations + _guard_changes(
        schema, store, _id(schema, entity), entity.external_id, None
    )


def plan_restore(schema: EntitySchema[E], store: TenantStore, table: str, tombstone: E) -> Plan[E]:
    """The record of a tombstone, over it; its external id is guarded again."""
    _refuse_foreign(tombstone, store)
    if tombstone.deleted_at is None:
        raise ValueError(f"{schema.entity}: only a deleted record can be restored")
    stamp = _stamp(schema, store, tombstone, tombstone.version + 1)
    restored = tombstone.model_copy(update={**stamp, "deleted_at": None, "deleted_by": None})
    operations = [_put_over(schema, table, to_item(schema, restored, store), tombstone, restored.hlc)]
    return restored, operations + _guard_changes(
        schema, store, _id(schema, restored), None, restored.external_id
    )


def check_unchanged(schema: EntitySchema[E], store: TenantStore, table: str, entity: E) -> WriteOp:
    """The condition that a record, which the transaction does not write, is still at the version that was
    read.
    """
    _refuse_foreign(entity, store)
    key = _key(schema, store, entity)
    request = {"TableName": table, "Key": key, **_read_condition(entity)}
    partition = key[schema.key_attribute]["S"]
    return WriteOp("ConditionCheck", request, _lost_race(schema, entity, hlc=""), partition)


def _id(schema: EntitySchema[Any], entity: StoredEntity) -> str:
    return getattr(entity, schema.id_field)


def _refuse_foreign(entity: StoredEntity, store: TenantStore) -> None:
    if entity.tenant_id not in ("", store.tenant_id):
        raise ValueError("the record belongs to another tenant than the store")


def _stamp(
    schema: EntitySchema[Any], store: TenantStore, previous: StoredEntity, version: int
) -> dict[str, Any]:
    return {
        "version": version,
        "schema_version": schema.current_version,
        "updated_at": store.access.clock.now(),
        "updated_by": store.context.actor,
        "hlc": store.access.hlc.tick(after=previous.hlc),
        "job_id": store.context.job_id,
    }


def _lookup(schema: EntitySchema[Any], store: TenantStore) -> LookupTable:
    if schema.lookup_table is None:
        raise ValueError(f"{schema.entity} has no lookup table to guard values in")
    return LookupTable(store, schema.lookup_table)


def _guard_changes(
    schema: EntitySchema[Any], store: TenantStore, id: str, before: str | None, after: str | None
) -> list[WriteOp]:
    if before == after:
        return []
    lookup, kind = _lookup(schema, store), f"{schema.entity}.externalId"
    operations: list[WriteOp] = []
    if before is not None:
        operations.append(lookup.delete_guard(kind, before, id=id))
    if after is not None:
        operations.append(lookup.put_guard(kind, after, entity=schema.entity, id=id, match="externalId"))
    return operations


def _put_new(schema: EntitySchema[Any], table: str, item: Item, stamped: StoredEntity) -> WriteOp:
    id, tenant_id, hlc = _id(schema, stamped), stamped.tenant_id, stamped.hlc

    def refused(existing: Item | None) -> ZebrosError | None:
        if existing is not None and existing.get("tenantId") == tenant_id:
            return None if existing.get("hlc") == hlc else AlreadyExistsError(schema.entity, id)
        # Another tenant's: not a word that it exists.
        return ValidationError.for_field(f"/{schema.key_attribute}", "unusable_id", "This id cannot be used.")

    request = {
        "TableName": table,
        "Item": encoded(item),
        "ConditionExpression": "attribute_not_exists(#k)",
        "ExpressionAttributeNames": {"#k": schema.key_attribute},
    }
    return WriteOp("Put", request, refused, item[schema.key_attribute])


def _read_condition(previous: StoredEntity) -> dict[str, Any]:
    return {
        "ConditionExpression": "tenantId = :t AND version = :v",
        "ExpressionAttributeValues": {":t": {"S": previous.tenant_id}, ":v": {"N": str(previous.version)}},
    }


def _lost_race(
    schema: EntitySchema[Any], previous: StoredEntity, hlc: str
) -> Callable[[Item | None], ZebrosError | None]:
    id, tenant_id, was_deleted = _id(schema, previous), previous.tenant_id, previous.is_deleted

    def refused(existing: Item | None) -> ZebrosError | None:
        if existing is None or existing.get("tenantId") != tenant_id:
            return NotFoundError(schema.entity, id)
        if existing.get("hlc") == hlc:
            return None
        if "deletedAt" in existing and not was_deleted:
            return NotFoundError(schema.entity, id)
        return VersionMismatchError(existing["version"])

    return refused


def _put_over(schema: EntitySchema[Any], table: str, item: Item, previous: StoredEntity, hlc: str) -> WriteOp:
    request = {"TableName": table, "Item": encoded(item), **_read_condition(previous)}
    return WriteOp("Put", request, _lost_race(schema, previous, hlc), item[schema.key_attribute])


def _delete_old(
    schema: EntitySchema[Any], store: TenantStore, table: str, previous: StoredEntity, hlc: str
) -> WriteOp:
    key = _key(schema, store, previous)
    request = {"TableName": table, "Key": key, **_read_condition(previous)}
    return WriteOp("Delete", request, _lost_race(schema, previous, hlc), key[schema.key_attribute]["S"])


def _key(schema: EntitySchema[Any], store: TenantStore, entity: StoredEntity) -> dict[str, Any]:
    item = to_item(schema, entity, store)
    return encode({name: item[name] for name in (schema.key_attribute, schema.parent_attribute) if name})
