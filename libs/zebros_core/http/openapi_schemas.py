"""Schemas of the API document, from the models of the routes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from zebros_core.http.routing import Route

Schema = dict[str, Any]
_REFERENCE = "#/components/schemas/"

PROBLEM: Schema = {
    "type": "object",
    "description": "A problem (RFC 9457). Some kinds have further members, as documented where they occur.",
    "required": ["type", "title", "status", "detail", "instance", "errors", "requestId"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "The kind of problem; stable."},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "The path of the request."},
        "errors": {"type": "array", "items": {"$ref": _REFERENCE + "FieldError"}},
        "requestId": {"type": "string", "description": "Quote this when you report the problem."},
        "currentVersion": {"type": "integer", "description": "Of a 412: the version that the record is at."},
        "records": {
            "type": "array",
            "description": "Of a duplicate: the records that match.",
            "items": {
                "type": "object",
                "required": ["entity", "id", "match"],
                "properties": {
                    "entity": {"type": "string"},
                    "id": {"type": "string"},
                    "match": {"type": "string"},
                },
            },
        },
    },
}
FIELD_ERROR: Schema = {
    "type": "object",
    "required": ["field", "code", "message"],
    "properties": {
        "field": {
            "type": "string",
            "description": "A JSON pointer into the body, or the name of a parameter or header.",
        },
        "code": {"type": "string", "description": "What is wrong; stable."},
        "message": {"type": "string"},
    },
}
GATEWAY_MESSAGE: Schema = {
    "type": "object",
    "description": "The body of a request that the gateway refused before it reached the service.",
    "properties": {"message": {"type": ["string", "null"]}},
}


class _Generator(GenerateJsonSchema):
    """Leaves out titles that only repeat a field's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class Components:
    """The schemas that routes refer to, each once, by the name of its model."""

    def __init__(self, routes: Iterable[Route]) -> None:
        wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
        patched: dict[type[BaseModel], None] = {}
        for route in routes:
            wanted[route.query, "validation"] = None
            if route.body is not None:
                wanted[route.body, "validation"] = None
                if route.merge_patch:
                    patched[route.body] = None
            if route.response is not None:
                wanted[route.response, "serialization"] = None
        self._references, document = models_json_schema(
            list(wanted), ref_template=_REFERENCE + "{model}", schema_generator=_Generator
        )
        _rename_generics(self._references, document.get("$defs", {}))
        self.schemas: dict[str, Schema] = {
            "Problem": PROBLEM,
            "FieldError": FIELD_ERROR,
            "GatewayMessage": GATEWAY_MESSAGE,
        }
        self._definitions: dict[str, Schema] = document.get("$defs", {})
        self._query_names = {self._name(route.query, "validation") for route in routes}
        for name, schema in self._definitions.items():
            if name not in self._query_names:
                self.schemas[name] = schema
        for model in patched:
            self._add_patch(self._name(model, "validation"))
        # A model that is used in merge patches only has no other place where its plain schema is referred to.
        self._drop_unused(routes)

    def body(self, model: type[BaseModel], *, merge_patch: bool = False) -> Schema:
        """Return the reference to a request body's schema."""
        name = self._name(model, "validation")
        return {"$ref": _REFERENCE + (patch_name(name) if merge_patch else name)}

    def response(self, model: type[BaseModel]) -> Schema:
        """Return the reference to a response body's schema."""
        return dict(self._references[model, "serialization"])

    def query(self, model: type[BaseModel]) -> list[tuple[str, Schema, bool]]:
        """Return name, schema and whether it is required of each query parameter."""
        schema = self._definitions[self._name(model, "validation")]
        required = set(schema.get("required", ()))
        return [
            (name, _without_null(field), name in required)
            for name, field in schema.get("properties", {}).items()
        ]

    def _name(self, model: type[BaseModel], mode: JsonSchemaMode) -> str:
        return str(self._references[model, mode]["$ref"]).removeprefix(_REFERENCE)

    def _add_patch(self, name: str) -> None:
        """Add the merge-patch form of a schema: nothing is required, and what may be removed may be null."""
        target = patch_name(name)
        if target in self.schemas:
            return
        source = self._definitions[name]
        required = set(source.get("required", ()))
        self.schemas[target] = patch = {key: value for key, value in source.items() if key != "required"}
        patch["title"] = target
        patch["properties"] = {
            field: self._patched(schema, removable=field not in required)
            for field, schema in source.get("properties", {}).items()
        }

    def _patched(self, schema: Schema, *, removable: bool) -> Schema:
        variants: list[Schema] = schema.get("anyOf", [schema])
        patched = [self._patched_variant(variant) for variant in variants]
        if removable and {"type": "null"} not in patched:
            patched.append({"type": "null"})
        outer = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
        if len(patched) == 1:
            return patched[0]
        return {**(outer if "anyOf" in schema else {}), "anyOf": patched}

    def _patched_variant(self, schema: Schema) -> Schema:
        variant = {key: value for key, value in schema.items() if key != "default"}
        reference = variant.get("$ref")
        if reference is not None:
            name = str(reference).removeprefix(_REFERENCE)
            if self._definitions[name].get("type") == "object":
                self._add_patch(name)
                variant["$ref"] = _REFERENCE + patch_name(name)
        return variant

    def _drop_unused(self, routes: Iterable[Route]) -> None:
        used = {"Problem", "FieldError", "GatewayMessage"}
        pending: list[Any] = [self.response(route.response) for route in routes if route.response is not None]
        pending += [
            self.body(route.body, merge_patch=route.merge_patch) for route in routes if route.body is not None
        ]
        pending += [field for route in routes for _, field, _ in self.query(route.query)]
        for name in references(pending):
            used.add(name)
        frontier = list(used)
        while frontier:
            for name in references(self.schemas[frontier.pop()]):
                if name not in used:
                    used.add(name)
                    frontier.append(name)
        self.schemas = {name: self.schemas[name] for name in sorted(used)}


def patch_name(name: str) -> str:
    """Return the name of the merge-patch form of the schema ``name``."""
    return f"{name}Patch"


def references(value: Any) -> set[str]:
    """Return the names of all component schemas that ``value`` refers to."""
    found: set[str] = set()
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            for key, member in cast("Schema", item).items():
                if key == "$ref" and isinstance(member, str) and member.startswith(_REFERENCE):
                    found.add(member.removeprefix(_REFERENCE))
                else:
                    pending.append(member)
        elif isinstance(item, list):
            pending.extend(cast("list[Any]", item))
    return found


def _rename_generics(references_of: dict[Any, Schema], definitions: dict[str, Schema]) -> None:
    """Give parametrised models the name that they have chosen, ``WidgetPage`` for ``PageBody[Widget]``."""
    names: dict[str, str] = {}
    for name, schema in definitions.items():
        title = str(schema.get("title", ""))
        if name.endswith("_") and title.isidentifier() and title not in definitions:
            names[name] = title
    for name, chosen in names.items():
        definitions[chosen] = definitions.pop(name)
    for value in [*references_of.values(), *definitions.values()]:
        _redirect(value, names)


def _redirect(value: Any, names: dict[str, str]) -> None:
    if isinstance(value, dict):
        node = cast("Schema", value)
        target = node.get("$ref")
        if isinstance(target, str):
            name = target.removeprefix(_REFERENCE)
            node["$ref"] = _REFERENCE + names.get(name, name)
        for member in node.values():
            _redirect(member, names)
    elif isinstance(value, list):
        for member in cast("list[Any]", value):
            _redirect(member, names)


def _without_null(schema: Schema) -> Schema:
    """Return the schema of a query parameter: absence is how it is null."""
    variants = [variant for variant in schema.get("anyOf", ()) if variant != {"type": "null"}]
    if len(variants) != 1 or "anyOf" not in schema:
        return {key: value for key, value in schema.items() if not (key == "default" and value is None)}
    outer = {
        key: value
        for key, value in schema.items()
        if key != "anyOf" and not (key == "default" and value is None)
    }
    return {**outer, **variants[0]}
