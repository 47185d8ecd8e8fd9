"""What a service tells others of its records: which fields there are, of which type, and which may be written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, cast

from pydantic import BaseModel

from zebros_core.bulk.calls import SignedCall
from zebros_core.dynamodb.entity import SYSTEM, classified_fields
from zebros_core.dynamodb.schema import EntitySchema

__all__ = ["SchemaCall", "entity_description"]

_NOT_TOLD = frozenset({"tenant_id", "create_fingerprint"})


class SchemaCall(SignedCall):
    """`schema`: the entities of the service as records have them."""

    verb: Literal["schema"]


def entity_description(schema: EntitySchema[Any], draft: type[BaseModel] | None) -> dict[str, Any]:
    """Return what others have to know of an entity.

    `fields` are by wire name: `type` (string, integer, number, boolean, array, object), `format` where there is one,
    `nullable`, `writable` (by `apply`), `classification`. `codes` says by which short code `fieldVersions` names a
    field.
    """
    classes = classified_fields(schema.model)
    written = _properties(draft, "validation") if draft is not None else {}
    # What is written and not shown with the record, such as lines that have a place of their own, is told as well.
    properties = {**written, **_properties(schema.model, "serialization")}
    wire_names = {schema.stored_name(name): name for name in schema.model.model_fields}
    fields = {
        wire: {
            **_type_of(described),
            "writable": wire in written,
            "classification": classes.get(wire_names.get(wire, ""), SYSTEM).value,
        }
        for wire, described in properties.items()
        if wire_names.get(wire) not in _NOT_TOLD
    }
    return {
        "schemaVersion": schema.current_version,
        "idField": schema.key_attribute,
        "codes": {code: schema.stored_name(name) for name, code in schema.codes.items()},
        "fields": fields,
    }


@cache
def _properties(model: type[BaseModel], mode: Literal["serialization", "validation"]) -> dict[str, Any]:
    """Return the properties of a model, which pydantic takes some 10 ms to describe. Not to be changed."""
    return cast("dict[str, Any]", model.model_json_schema(by_alias=True, mode=mode)["properties"])


def _type_of(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return type and format of a property, and whether it may be null."""
    options = cast("list[Mapping[str, Any]]", described.get("anyOf") or [described])
    shown = [option for option in options if option.get("type") != "null"]
    first = shown[0] if shown else described
    kind = first.get("type") or ("object" if "$ref" in first else "string")
    found: dict[str, Any] = {"type": kind, "nullable": len(shown) < len(options)}
    if "format" in first:
        found["format"] = first["format"]
    return found
