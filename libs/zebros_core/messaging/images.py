"""Stored items as a table's stream shows them, back to records."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any, Final, Generic, TypeVar, cast

from pydantic import ValidationError as PydanticError

from zebros_core.dynamodb.codec import decode
from zebros_core.dynamodb.entity import StoredEntity
from zebros_core.dynamodb.keys import NO_PARENT, SEPARATOR, unscope
from zebros_core.dynamodb.mapping import KEPT
from zebros_core.dynamodb.schema import EntitySchema
from zebros_core.errors import FieldError
from zebros_core.messaging.errors import ForeignMessageError, MalformedMessageError
from zebros_core.tenancy.context import is_tenant_id

E = TypeVar("E", bound=StoredEntity)

_TABLE: Final = re.compile(r"arn:[a-z-]+:dynamodb:[a-z0-9-]+:[0-9]*:table/(?P<table>[A-Za-z0-9_.-]+)/stream/")
_INTERNAL: Final = frozenset({"tenant_id", "create_fingerprint"})
"""Fields that say something about the store, or that the envelope says already: not in a snapshot."""


def table_of(record: Mapping[str, Any]) -> str:
    """The full name of the table that a stream record comes from."""
    found = _TABLE.match(str(record.get("eventSourceARN", "")))
    if found is None:
        raise MalformedMessageError("The record names no table.")
    return found["table"]


def split_table_name(table_prefix: str, table: str) -> tuple[str, str | None]:
    """(base, tenant): the tenant is None for shared tables. MalformedMessageError for a table of another
    deployment.
    """
    head, separator, rest = table.partition(f"{table_prefix}-")
    if head or not separator or not rest:
        raise MalformedMessageError("The record is from a table of another deployment.")
    if not rest.startswith("t-"):
        return rest, None
    tenant_id, _, base = rest[2:].partition("-")
    if not is_tenant_id(tenant_id) or not base:
        raise MalformedMessageError("The record is from a table whose name is not one of ours.")
    return base, tenant_id


class ImageReader(Generic[E]):
    """Reads the images of one kind of record."""

    def __init__(self, schema: EntitySchema[E]) -> None:
        self._schema = schema

    def read(self, image: Mapping[str, Any], table_tenant: str | None) -> E:
        """The record of a stream image.

        The tenant is the item's own `tenantId`; the table (for a table of one tenant), a prefix of the
        partition key and every scoped attribute must agree with it, else ForeignMessageError.
        MalformedMessageError when it is not an item that the repository could have written.
        """
        schema = self._schema
        try:
            item = decode(_native(image))
        except (TypeError, ValueError, AttributeError, ArithmeticError, LookupError):
            raise MalformedMessageError("The image is not an item.") from None
        tenant_id = item.get("tenantId")
        if not is_tenant_id(tenant_id):
            raise MalformedMessageError.for_field("/tenantId", "invalid", "The item has no tenant.")
        tenant_id = cast(str, tenant_id)
        if table_tenant is not None and table_tenant != tenant_id:
            raise ForeignMessageError
        kept = item.pop(KEPT, None)
        if isinstance(kept, dict):  # A tombstone keeps the record's values there, out of every index.
            item |= cast("dict[str, Any]", kept)
        item[schema.key_attribute] = _own_id(tenant_id, item.get(schema.key_attribute), schema.key_attribute)
        for name in schema.scoped & item.keys():
            item[name] = _own_value(tenant_id, item[name])
        if schema.parent_attribute is not None and item.get(schema.parent_attribute) == NO_PARENT:
            item[schema.parent_attribute] = None
        try:
            return schema.model.model_validate(self._upcast(item))
        except PydanticError as error:
            faults = tuple(
                FieldError("/" + "/".join(map(str, fault["loc"])), fault["type"], fault["msg"])
                for fault in error.errors(include_input=False, include_context=False, include_url=False)
            )
            raise MalformedMessageError("The item is not a record.", fields=faults) from None

    def _upcast(self, item: dict[str, Any]) -> dict[str, Any]:
        version = item.get("schemaVersion", 1)
        if not isinstance(version, int) or not 1 <= version <= self._schema.current_version:
            raise MalformedMessageError.for_field(
                "/schemaVersion", "unknown", "The item is of a schema that this code does not read."
            )
        while version < self._schema.current_version:
            item = self._schema.upcasters[version](item)
            version += 1
        return item

    def wire(self, record: E) -> dict[str, Any]:
        """The snapshot: every field but the store's own, by wire name, in JSON's types.

        The same record gives the same snapshot in every process: a set's own order differs between them.
        """
        wire = record.model_dump(mode="json", by_alias=True, exclude=set(_INTERNAL))
        return wire | {"tags": sorted(record.tags)}


def _own_id(tenant_id: str, key: Any, attribute: str) -> str:
    if not isinstance(key, str) or not key:
        raise MalformedMessageError.for_field(f"/{attribute}", "invalid", "The item has no id.")
    if SEPARATOR not in key:
        return key
    return _own_value(tenant_id, key)


def _own_value(tenant_id: str, stored: Any) -> str:
    value = unscope(tenant_id, stored) if isinstance(stored, str) else None
    if value is None:
        raise ForeignMessageError
    return value


def _native(image: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Binary values come base64-encoded in a Lambda event, where the client gives bytes."""
    return {name: _native_value(value) for name, value in image.items()}


def _native_value(value: Mapping[str, Any]) -> dict[str, Any]:
    ((tag, content),) = value.items()
    if tag == "B":
        return {tag: _bytes(content)}
    if tag == "BS":
        return {tag: [_bytes(member) for member in content]}
    if tag == "L":
        return {tag: [_native_value(member) for member in content]}
    if tag == "M":
        return {tag: _native(content)}
    return {tag: content}


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else base64.b64decode(content, validate=True)
