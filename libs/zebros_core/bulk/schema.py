"""What a service tells others of its records: which fields there are, of which type, and which may be written."""

from __future__ import annotations

from collections.abc import Mapping
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
    model = schema.model
    properties = cast(
        "Mapping[str, Mapping[str, Any]]",
        model.model_json_schema(by_alias=True, mode="serialization")["properties"],
    )
    classes = classified_fields(model)
    writable = frozenset(draft.model_fields) if draft is not None else frozenset[str]()
    fields: dict[str, Any] = {}
    for name in model.model_fields:
        if name in _NOT_TOLD:
            continue
        wire = schema.stored_name(name)
        fields[wire] = {
            **_type_of(properties[wire]),
            "writable": name in writable,
            "classification": classes.get(name, SYSTEM).value,
        }
    return {
        "schemaVersion": schema.current_version,
        "idField": schema.key_attribute,
        "codes": {code: schema.stored_name(name) for name, code in schema.codes.items()},
        "fields": fields,
    }


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
