"""The OpenAPI 3.1 document of a set of routes: everything in it follows from their declarations.

The output is the same for the same routes, to the byte, so that a committed copy shows what a change does to
the API.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from zebros_core.auth.principal import PLATFORM_ADMIN
from zebros_core.errors import (
    BadRequestError,
    ConflictError,
    ForbiddenError,
    IdempotencyKeyReusedError,
    NotFoundError,
    PayloadTooLargeError,
    PreconditionRequiredError,
    RateLimitedError,
    UnauthenticatedError,
    UnavailableError,
    UnsupportedMediaTypeError,
    ValidationError,
    VersionMismatchError,
    ZebrosError,
)
from zebros_core.http.incoming import JSON, MERGE_PATCH_JSON
from zebros_core.http.openapi_schemas import Components, Schema
from zebros_core.http.problems import INTERNAL_ERROR, PROBLEM_JSON, TYPE_PREFIX, problem_type
from zebros_core.http.routing import Route, combine

_GATEWAY_STATUSES = frozenset({401, 403, 413, 429, 500, 503})
"""Statuses that the gateway also answers by itself, with its own body."""
_SCHEME = "accessToken"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

_HEADERS: dict[str, Schema] = {
    "X-Request-Id": {"description": "Identifies this request in our logs.", "schema": {"type": "string"}},
    "RateLimit": {
        "description": "What is left of the tenant's limit, and in how many seconds it is full again.",
        "schema": {"type": "string", "examples": ['"requests";r=399;t=1']},
    },
    "RateLimit-Policy": {
        "description": "The tenant's limit: requests at once, and the seconds in which they are given back.",
        "schema": {"type": "string", "examples": ['"requests";q=400;w=2']},
    },
    "ETag": {"description": "The version of the record.", "schema": {"type": "string", "examples": ['"3"']}},
    "Location": {"description": "Where the record is.", "schema": {"type": "string"}},
    "Retry-After": {
        "description": "Seconds after which the request may succeed.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {"description": "The Bearer challenge (RFC 6750).", "schema": {"type": "string"}},
}
_STATUS_HEADERS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}

_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag of the version that this replaces, or *.",
    "schema": {"type": "string", "pattern": '^(\\*|(W/)?"[!#-~]*")$', "examples": ['"3"']},
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "ETags that the client has: 304 when the record is still at one of them.",
    "schema": {"type": "string", "examples": ['"3"']},
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Repeating the request with this key gives the same outcome, for at least 24 hours.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:+/=-]{1,128}$"},
}


def openapi_document(
    routes: Iterable[Route],
    *,
    title: str,
    version: str,
    description: str = "",
    servers: Iterable[str] = (),
    tags: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the document. ``tags`` maps a tag to its description; ``servers`` are base URLs."""
    every = combine(routes)
    components = Components(every)
    paths: dict[str, dict[str, Any]] = {}
    refusals: dict[str, Schema] = {}
    for route in sorted(every, key=lambda route: (route.path, _METHODS.index(route.method))):
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, components, refusals)
    names = sorted({route.tag for route in every})
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": description},
        "servers": [{"url": url} for url in servers],
        "tags": [{"name": name, "description": (tags or {}).get(name, "")} for name in names],
        "security": [{_SCHEME: []}],
        "paths": paths,
        "components": {
            "schemas": components.schemas,
            "responses": {name: refusals[name] for name in sorted(refusals)},
            "headers": _HEADERS,
            "securitySchemes": {
                _SCHEME: {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token of the identity provider, signed with RS256.",
                }
            },
        },
    }


def render(document: Mapping[str, Any]) -> str:
    """Return ``document`` as it is committed: indented JSON with a final newline."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def error_types(route: Route) -> tuple[type[ZebrosError], ...]:
    """Return every classified error that ``route`` may be refused with."""
    found: list[type[ZebrosError]] = [
        BadRequestError,
        UnauthenticatedError,
        ForbiddenError,
        RateLimitedError,
        UnavailableError,
    ]
    if route.path_names:
        found.append(NotFoundError)
    if route.body is not None:
        found += [PayloadTooLargeError, UnsupportedMediaTypeError, ValidationError]
    if route.if_match != "none":
        found.append(VersionMismatchError)
    if route.if_match == "required":
        found.append(PreconditionRequiredError)
    if route.idempotency != "none":
        found.append(IdempotencyKeyReusedError)
    if route.idempotency == "record":
        found.append(ConflictError)
    return tuple(dict.fromkeys([*found, *route.errors]))


def _operation(route: Route, components: Components, refusals: dict[str, Schema]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.operation,
        "tags": [route.tag],
        "summary": route.summary,
        "description": route.description,
        "parameters": _parameters(route, components),
    }
    if route.access == "platform":
        # A list of roles that the token needs, as 3.1 allows for every kind of scheme.
        operation["security"] = [{_SCHEME: [PLATFORM_ADMIN]}]
        operation["x-access"] = "platform"
    if route.permission is not None:
        operation["x-permission"] = {"entity": route.permission[0], "action": route.permission[1]}
    if route.body is not None:
        operation["requestBody"] = _request_body(route, components)
    operation["responses"] = _responses(route, components, refusals)
    return {key: value for key, value in operation.items() if value not in ("", [])}


def _parameters(route: Route, components: Components) -> list[Schema]:
    parameters: list[Schema] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": route.pattern_of(name)},
        }
        for name in route.path_names
    ]
    for name, schema, required in components.query(route.query):
        described: Schema = {"name": name, "in": "query", "required": required}
        plain = {key: value for key, value in schema.items() if key not in ("description", "title")}
        if "description" in schema:
            described["description"] = schema["description"]
        parameters.append({**described, "schema": plain})
    if route.if_match != "none":
        parameters.append({**_IF_MATCH, "required": route.if_match == "required"})
    if route.etag and route.method == "GET":
        parameters.append(_IF_NONE_MATCH)
    if route.idempotency != "none":
        parameters.append(_IDEMPOTENCY_KEY)
    parameters += [
        {
            "name": header.name,
            "in": "header",
            "description": header.description,
            "schema": dict(header.schema),
        }
        for header in route.request_headers
    ]
    return parameters


def _request_body(route: Route, components: Components) -> Schema:
    if route.body is None:
        raise ValueError(f"{route.operation} has no body")
    content: Schema = {"schema": components.body(route.body, merge_patch=route.merge_patch)}
    if route.examples:
        content["examples"] = {
            example.name: {"summary": example.summary or example.name, "value": dict(example.body)}
            for example in route.examples
        }
    kinds = (MERGE_PATCH_JSON, JSON) if route.merge_patch else (JSON,)
    return {"required": True, "content": dict.fromkeys(kinds, content)}


def _responses(route: Route, components: Components, refusals: dict[str, Schema]) -> dict[str, Schema]:
    """Return the responses of ``route``; those of refusals are shared, by reference into ``refusals``."""
    responses: dict[int, Schema] = {}
    for status, meaning in {route.status: "Done.", **route.statuses}.items():
        names = ["ETag"] if route.etag else []
        names += ["Location"] if status in (201, 308) else []
        responses[status] = {"description": meaning, "headers": _header_references(names)}
        if route.response is not None and 200 <= status < 300 and status != 204:
            responses[status]["content"] = {JSON: {"schema": components.response(route.response)}}
    if route.etag and route.method == "GET":
        responses[304] = {
            "description": "The client's version is current.",
            "headers": _header_references(["ETag"]),
        }
    kinds: dict[int, dict[str, str]] = {500: {INTERNAL_ERROR.code: INTERNAL_ERROR.title}}
    for error in error_types(route):
        kind = problem_type(error)
        if kind is None:
            raise ValueError(
                f"{route.operation} declares {error.__name__}, which is not in the table of problems"
            )
        kinds.setdefault(kind.status, {})[kind.code] = kind.title
    for status, titles in kinds.items():
        name = f"{status}-{'-or-'.join(sorted(titles))}"
        refusals.setdefault(name, _problem_response(status, titles))
        responses[status] = {"$ref": f"#/components/responses/{name}"}
    return {str(status): responses[status] for status in sorted(responses)}


def _problem_response(status: int, titles: Mapping[str, str]) -> Schema:
    content: Schema = {
        PROBLEM_JSON: {
            "schema": {"$ref": "#/components/schemas/Problem"},
            "examples": {
                code: {
                    "value": {
                        "type": TYPE_PREFIX + code,
                        "title": title,
                        "status": status,
                        "detail": f"{title}.",
                        "instance": "/v1/…",
                        "errors": [],
                        "requestId": "JKJaXmPLvHcESHA=",
                    }
                }
                for code, title in sorted(titles.items())
            },
        }
    }
    if status in _GATEWAY_STATUSES:
        content[JSON] = {"schema": {"$ref": "#/components/schemas/GatewayMessage"}}
    return {
        "description": "; ".join(title for _, title in sorted(titles.items())) + ".",
        "headers": _header_references(_STATUS_HEADERS.get(status, ())),
        "content": content,
    }


def _header_references(names: Iterable[str]) -> dict[str, Schema]:
    return {
        name: {"$ref": f"#/components/headers/{name}"}
        for name in ("X-Request-Id", "RateLimit", "RateLimit-Policy", *names)
    }
