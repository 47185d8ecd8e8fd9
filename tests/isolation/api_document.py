"""The operations of the committed API document, and what in each of them can name a record."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

SERVICES = Path(__file__).parents[2] / "services"
_METHODS = ("get", "post", "put", "patch", "delete")
# Ids of people are the issuer's. Any text may be one, none is looked up, so none can be found out.
_PEOPLE = frozenset({"ownerId", "ownerIds", "teamId", "teamIds", "userIds"})
_REFERENCE = re.compile(r"^(id|[a-z]+Ids?|attachments|stage)$")


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    id: str
    method: str
    path: str
    permission: tuple[str, str] | None
    """Entity and action; None where every caller of a tenant is let in."""
    path_names: tuple[str, ...]
    query_names: frozenset[str]
    """Parameters that take free text; those with a closed list of values can name nothing."""
    has_cursor: bool
    takes_key: bool
    references: frozenset[str]
    """Properties of the body, at any depth, that name a record."""
    successes: frozenset[int]


@dataclass(frozen=True)
class PlatformOperation:
    """One operation that only administrators of the platform may call."""

    service: str
    id: str
    method: str
    path: str


def operations() -> dict[str, Operation]:
    """Return every operation of every service for people of tenants, by its id."""
    found: dict[str, Operation] = {}
    for service in _services():
        document = _document(service)
        for method, path, described in _described(document):
            if not _is_platforms(described):
                operation = _operation(document, method, path, described)
                assert operation.id not in found, f"two services have an operation {operation.id}"
                found[operation.id] = operation
    return found


def platform_operations() -> list[PlatformOperation]:
    """Return the operations of all services that are no tenant's."""
    return [
        PlatformOperation(service, described["operationId"], method.upper(), path)
        for service in _services()
        for method, path, described in _described(_document(service))
        if _is_platforms(described)
    ]


def _services() -> list[str]:
    """Return the services that are deployed and have a document."""
    stacks = yaml.safe_load((SERVICES.parent / "serverless-compose.yml").read_text(encoding="utf-8"))[
        "services"
    ]
    return sorted(name for name in stacks if (SERVICES / name / "contracts/openapi.json").exists())


def _document(service: str) -> Any:
    return json.loads((SERVICES / service / "contracts/openapi.json").read_text(encoding="utf-8"))


def _described(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield method, path, methods[method]


def _is_platforms(described: Mapping[str, Any]) -> bool:
    return described.get("x-access") == "platform"


def _operation(document: Any, method: str, path: str, described: Mapping[str, Any]) -> Operation:
    parameters = described.get("parameters", [])
    permission = described.get("x-permission")
    query = {p["name"]: p["schema"] for p in parameters if p["in"] == "query"}
    bodies = described.get("requestBody", {}).get("content", {}).values()
    return Operation(
        id=described["operationId"],
        method=method.upper(),
        path=path,
        permission=(permission["entity"], permission["action"]) if permission else None,
        path_names=tuple(p["name"] for p in parameters if p["in"] == "path"),
        query_names=frozenset(
            name for name, schema in query.items() if name != "cursor" and _is_free_text(document, schema)
        ),
        has_cursor="cursor" in query,
        takes_key=any(p["name"] == "Idempotency-Key" for p in parameters),
        references=frozenset(
            name
            for content in bodies
            for name in _property_names(document, content["schema"], set())
            if _REFERENCE.match(name) and name not in _PEOPLE
        ),
        successes=frozenset(int(status) for status in described["responses"] if status < "300"),
    )


def _is_free_text(document: Any, schema: Mapping[str, Any]) -> bool:
    schema = _resolved(document, schema)
    options = schema.get("anyOf", [schema])
    return any(
        resolved.get("type") == "string"
        and not {"enum", "const"} & set(resolved)
        and resolved.get("format") != "date-time"
        for resolved in (_resolved(document, option) for option in options)
    )


def _property_names(document: Any, schema: Any, seen: set[str]) -> Iterator[str]:
    if isinstance(schema, list):
        for part in schema:
            yield from _property_names(document, part, seen)
    elif isinstance(schema, dict):
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            seen.add(reference)
            yield from _property_names(document, _resolved(document, schema), seen)
        for name, part in schema.items():
            if name == "properties":
                yield from part
                yield from _property_names(document, list(part.values()), seen)
            elif name != "$ref":
                yield from _property_names(document, part, seen)


def _resolved(document: Any, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found = document
    for part in str(reference).removeprefix("#/").split("/"):
        found = found[part]
    return found
