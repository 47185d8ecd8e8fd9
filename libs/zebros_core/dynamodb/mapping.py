"""Records to items and back: scoped attributes, index attributes, shards, tombstones and schema versions."""

from __future__ import annotations

import re
import zlib
from datetime import datetime
from typing import Any, Final, TypeVar

from pydantic import ValidationError as ModelError

from zebros_core.dynamodb.codec import AttributeValue, Item, UnstorableValueError, encode
from zebros_core.dynamodb.entity import StoredEntity
from zebros_core.dynamodb.keys import NO_PARENT, scope, unscope
from zebros_core.dynamodb.ownership import foreign, owned
from zebros_core.dynamodb.schema import TOMBSTONE_TTL_SECONDS, EntitySchema
from zebros_core.dynamodb.store import TenantStore
from zebros_core.errors import FieldError, ValidationError

__all__ = ["KEPT", "checked", "encoded", "from_item", "is_expired", "shard_of", "to_item", "to_tombstone"]

E = TypeVar("E", bound=StoredEntity)

KEPT: Final = "kept"
"""The attribute of a tombstone that holds the deleted record's values, where no index sees them."""

_TOMBSTONE_ATTRIBUTES: Final = frozenset(
    {
        "tenantId",
        "version",
        "schemaVersion",
        "updatedAt",
        "updatedBy",
        "deletedAt",
        "deletedBy",
        "hlc",
        "createFingerprint",
        "jobId",
    }
)
_MAX_PARTITION_BYTES: Final = 2048
_MAX_SORT_BYTES: Final = 1024
_SORT_TEXT_BYTES: Final = 256
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def shard_of(id: str, shards: int) -> int:
    """The shard that a record is in, by its id: evenly spread, the same for ever while the number stays."""
    return zlib.crc32(id.encode()) % shards


def checked(schema: EntitySchema[E], entity: E) -> E:
    """The record after its model's own rules, which ``model_copy`` skips; ``ValidationError`` names each
    field.
    """
    try:
        return schema.model.model_validate(entity.model_dump(by_alias=True, warnings=False))
    except ModelError as error:
        raise ValidationError(
            fields=[
                FieldError("".join(f"/{part}" for part in fault["loc"]), fault["type"], fault["msg"])
                for fault in error.errors(include_url=False, include_context=False, include_input=False)
            ]
        ) from None


def _sort_text(value: str) -> str:
    """A derived sort value, cut to 256 bytes of whole characters: a position in any list has to fit a
    cursor of 1 KB.
    """
    value = _CONTROL.sub("", value)
    cut = value.encode()[:_SORT_TEXT_BYTES]
    return cut.decode(errors="ignore") if len(cut) == _SORT_TEXT_BYTES else value


def to_item(schema: EntitySchema[E], entity: E, store: TenantStore) -> Item:
    """The item as it is stored: plain values by stored name, keys and index attributes included.

    What reading gives back by itself is left out: None and empty collections where they are the field's
    default.
    """
    item: Item = entity.model_dump(by_alias=True, exclude_none=True)
    for name in schema.empty_by_default:
        if name in item and not item[name]:
            del item[name]
    for name, field in schema.nullable:
        if getattr(entity, field) is None:
            item[name] = None
    tenant_id = store.tenant_id
    id: str = item[schema.key_attribute]
    for name, value in schema.derived(entity).items():
        if value:
            item[name] = _sort_text(value) if name in schema.sort_attributes else value
    for name in schema.scoped:
        if name in item:
            item[name] = scope(tenant_id, item[name])
    if schema.shard_attributes:
        shard = scope(tenant_id, str(shard_of(id, store.context.index_shards)))
        for name in schema.shard_attributes:
            item[name] = shard
    item[schema.key_attribute] = store.isolation.partition_key(tenant_id, id)
    if schema.parent_attribute:
        item[schema.parent_attribute] = item.get(schema.parent_attribute) or NO_PARENT
    _check_index_sizes(schema, item)
    return item


def encoded(item: Item) -> dict[str, AttributeValue]:
    """The item in DynamoDB's form; a value that it cannot hold exactly is a ``ValidationError`` that names
    the field.
    """
    try:
        return encode(item)
    except UnstorableValueError as error:
        pointer = "".join(f"/{part}" for part in error.path)
        raise ValidationError.for_field(
            pointer, "unstorable", f"This value cannot be kept: {error.reason}."
        ) from error


def _check_index_sizes(schema: EntitySchema[Any], item: Item) -> None:
    for index in schema.indexes.values():
        for name, limit in ((index.partition, _MAX_PARTITION_BYTES), (index.sort, _MAX_SORT_BYTES)):
            value = item.get(name)
            if isinstance(value, str) and len(value) * 4 > limit and len(value.encode()) > limit:
                raise ValidationError.for_field(
                    f"/{name}", "too_long", "This is too long to be sorted or searched by."
                )


def to_tombstone(schema: EntitySchema[E], entity: E, store: TenantStore) -> Item:
    """The item of a deleted record: keys and system attributes, and the rest under ``kept``, out of every
    index.
    """
    item = to_item(schema, entity, store)
    keys = {schema.key_attribute, schema.parent_attribute, "tenantId"}
    stay = keys | (_TOMBSTONE_ATTRIBUTES - schema.index_attributes)
    tombstone: Item = {name: value for name, value in item.items() if name in stay}
    tombstone[KEPT] = {name: value for name, value in item.items() if name not in stay}
    deleted_at = entity.deleted_at
    assert deleted_at is not None  # noqa: S101  a tombstone is made of a deleted record only
    tombstone["expiresAt"] = int(deleted_at.timestamp()) + TOMBSTONE_TTL_SECONDS
    return tombstone


def is_expired(item: Item, now: datetime) -> bool:
    """Whether the table's TTL is over: the item counts as gone, though it may be there for some hours yet."""
    expires_at = item.get("expiresAt")
    return expires_at is not None and expires_at <= now.timestamp()


def from_item(schema: EntitySchema[E], item: Item, store: TenantStore, table: str) -> E:
    """The record in a decoded item; ``ForeignRowError`` when any part of it is another tenant's."""
    tenant_id = store.tenant_id
    owned(item, tenant_id, table)
    kept = item.pop(KEPT, None)
    if kept is not None:
        item.update(kept)
    id = store.isolation.entity_id(tenant_id, item[schema.key_attribute])
    if id is None:
        raise foreign(tenant_id, table)
    item[schema.key_attribute] = id
    for name in schema.scoped:
        stored = item.get(name)
        if stored is not None:
            value = unscope(tenant_id, stored)
            if value is None:
                raise foreign(tenant_id, table)
            item[name] = value
    if schema.parent_attribute and item.get(schema.parent_attribute) == NO_PARENT:
        item[schema.parent_attribute] = None
    stored_version: int = item.get("schemaVersion", 1)
    while stored_version < schema.current_version:
        item = schema.upcasters[stored_version](item)
        stored_version += 1
    item["schemaVersion"] = stored_version
    return schema.model.model_validate(item)
