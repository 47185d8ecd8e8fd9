"""Routes as data: one declaration beside the handler, which the app and the API document both read."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Required, TypedDict, Unpack

from pydantic import BaseModel

from zebros_core.errors import ZebrosError
from zebros_core.http.messages import Request, Response
from zebros_core.http.query import NoQuery, QueryModel

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
IfMatch = Literal["none", "optional", "required"]
Idempotent = Literal["create", "record", "none"]
Access = Literal["tenant", "platform"]
Handler = Callable[[Request[Any, Any, Any]], Response]

_TEMPLATE_NAME = re.compile(r"\{(\w+)\}")
_PATH = re.compile(r"(/[A-Za-z0-9:._-]*(\{\w+\}(:[a-z][A-Za-z-]*)?)?)+")
ULID_PATTERN = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"


@dataclass(frozen=True, slots=True)
class CacheRule:
    """How a GET is cached.

    A record: ``CacheRule(entity="widget", id_param="widgetId")``; used when the query string is empty, since
    the entry is the record's plain body. A list: ``CacheRule(list_name="widgets")``, or of one parent
    ``CacheRule(list_name="widgets/{ownerId}")`` with path parameters in braces. ``narrowed_by`` names the field
    of the query, a ``Visibility`` or None, by which callers ask for less than they may see: the list is then theirs
    or their team's, and kept as such.
    """

    entity: str | None = None
    id_param: str | None = None
    list_name: str | None = None
    narrowed_by: str | None = None

    def __post_init__(self) -> None:
        record = self.entity is not None and self.id_param is not None
        if record == (self.list_name is not None):
            raise ValueError("a cache rule names either entity and id_param, or list_name")


@dataclass(frozen=True, slots=True)
class Example:
    """A named request body for the API document, checked against the route's model."""

    name: str
    body: Mapping[str, Any]
    summary: str = ""


@dataclass(frozen=True, slots=True)
class HeaderParameter:
    """A request header that an operation reads beyond the standard ones, as the API document shows it."""

    name: str
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})


class Declaration(TypedDict, total=False):
    """What a route says about itself; see :class:`Route`."""

    operation: Required[str]
    access: Access
    permission: tuple[str, str] | None
    query: type[QueryModel]
    body: type[BaseModel] | None
    merge_patch: bool
    response: type[BaseModel] | None
    status: int
    statuses: Mapping[int, str]
    etag: bool
    if_match: IfMatch
    cache: CacheRule | None
    audit: str | None
    personal: bool
    compress: bool
    errors: tuple[type[ZebrosError], ...]
    idempotent: Idempotent | bool
    path_patterns: Mapping[str, str]
    request_headers: tuple[HeaderParameter, ...]
    summary: str
    description: str
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the API, under its unique ``operation`` id."""

    method: Method
    path: str
    operation: str
    handler: Handler
    tag: str
    access: Access = "tenant"
    """``platform`` lets administrators of the platform in and nobody else: ``request.platform`` says who, and
    there is no tenant, no permission to look up, no cache and no tenant's rate limit."""
    permission: tuple[str, str] | None = None
    """Entity and action to look up in the permission table; None lets every caller of a tenant in."""
    query: type[QueryModel] = NoQuery
    body: type[BaseModel] | None = None
    """The body's model. With ``merge_patch`` it is the resource's writable part; the handler gets a
    MergePatch.
    """
    merge_patch: bool = False
    response: type[BaseModel] | None = None
    status: int = 200
    statuses: Mapping[int, str] = field(default_factory=dict[int, str])
    """Further successful statuses with their meaning: ``{200: "It existed already."}``."""
    etag: bool = False
    """The answer carries the record's version; on a GET, If-None-Match gives 304."""
    if_match: IfMatch = "none"
    """``required`` refuses a request without If-Match (428)."""
    cache: CacheRule | None = None
    audit: str | None = None
    """The action under which each success is recorded in the audit log before it is answered:
    ``records.exported``. A success that cannot be recorded is answered 503."""
    personal: bool = False
    """The answer is a list of persons or their data: one of 100 records or more is recorded as
    ``personal-data.read``."""
    compress: bool = False
    """The answer may be large: it is compressed for callers who take gzip."""
    errors: tuple[type[ZebrosError], ...] = ()
    """Errors of this operation beyond those that follow from the declaration."""
    idempotent: Idempotent | bool = "none"
    """``create`` (or True) hands key and fingerprint to the handler, which makes them part of its write;
    ``record`` keeps the answer for 24 hours under the key."""
    path_patterns: Mapping[str, str] = field(default_factory=dict[str, str])
    """Patterns of the path parameters that are not ids."""
    request_headers: tuple[HeaderParameter, ...] = ()
    """Headers that the handler reads from the request itself."""
    summary: str = ""
    description: str = ""
    examples: tuple[Example, ...] = ()

    @property
    def idempotency(self) -> Idempotent:
        """How an Idempotency-Key is treated."""
        if isinstance(self.idempotent, str):
            return self.idempotent
        return "create" if self.idempotent else "none"

    @property
    def path_names(self) -> tuple[str, ...]:
        """Names of the path parameters, in order."""
        return tuple(_TEMPLATE_NAME.findall(self.path))

    @property
    def path_parameters(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """Name and pattern of each path parameter; compiled patterns are kept by ``re``."""
        return tuple((name, re.compile(self.pattern_of(name))) for name in self.path_names)

    def pattern_of(self, name: str) -> str:
        """Regular expression of a path parameter; an id unless ``path_patterns`` says otherwise."""
        return self.path_patterns.get(name, ULID_PATTERN)


class Routes:
    """A collection of routes under one tag of the API document.

    ::

        routes = Routes("widgets")

        @routes.get("/v1/widgets/{widgetId}", operation="getWidget", permission=("widget", "read"))
        def get_widget(request: Request[Services]) -> Response: ...
    """

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self._routes: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def get(self, path: str, **declaration: Unpack[Declaration]) -> Callable[[Handler], Handler]:
        """Declare a GET."""
        return self.route("GET", path, **declaration)

    def post(self, path: str, **declaration: Unpack[Declaration]) -> Callable[[Handler], Handler]:
        """Declare a POST. It takes an Idempotency-Key unless told ``idempotent="none"``."""
        declaration.setdefault("idempotent", "create")
        return self.route("POST", path, **declaration)

    def put(self, path: str, **declaration: Unpack[Declaration]) -> Callable[[Handler], Handler]:
        """Declare a PUT."""
        return self.route("PUT", path, **declaration)

    def patch(self, path: str, **declaration: Unpack[Declaration]) -> Callable[[Handler], Handler]:
        """Declare a PATCH."""
        return self.route("PATCH", path, **declaration)

    def delete(self, path: str, **declaration: Unpack[Declaration]) -> Callable[[Handler], Handler]:
        """Declare a DELETE."""
        return self.route("DELETE", path, **declaration)

    def route(
        self, method: Method, path: str, **declaration: Unpack[Declaration]
    ) -> Callable[[Handler], Handler]:
        """Declare an operation; the decorated handler is returned as it is.

        Raises ValueError for a declaration that contradicts itself.
        """
        if not _PATH.fullmatch(path):
            raise ValueError(f"{path!r} is not a path of literals and {{parameters}}")

        def register(handler: Handler) -> Handler:
            declaration.setdefault("description", inspect.cleandoc(handler.__doc__ or ""))
            route = Route(method=method, path=path, handler=handler, tag=self.tag, **declaration)
            _check(route)
            self._routes.append(route)
            return handler

        return register


def combine(*collections: Iterable[Route]) -> tuple[Route, ...]:
    """Return all routes, more literal paths first. Raises ValueError for one declared twice."""
    routes = [route for collection in collections for route in collection]
    for attribute in ("operation", "path"):
        seen: set[tuple[str, ...]] = set()
        for route in routes:
            key = (
                (route.operation,)
                if attribute == "operation"
                else (route.method, _TEMPLATE_NAME.sub("{}", route.path))
            )
            if key in seen:
                raise ValueError(f"declared twice: {' '.join(key)}")
            seen.add(key)
    # `/widgets/{id}:restore` is tried before `/widgets/{id}`, whose parameter would take the suffix too.
    return tuple(
        sorted(routes, key=lambda route: (-len(_TEMPLATE_NAME.sub("", route.path)), route.path, route.method))
    )


def _check(route: Route) -> None:
    if route.merge_patch and (route.method != "PATCH" or route.body is None):
        raise ValueError(f"{route.operation}: a merge patch is a PATCH with a body model")
    if route.cache is not None and route.method != "GET":
        raise ValueError(f"{route.operation}: only a GET is cached")
    if route.access == "platform" and (route.permission is not None or route.cache is not None):
        raise ValueError(f"{route.operation}: a platform route has neither a tenant's permission nor a cache")
    if route.access == "platform" and route.idempotency == "record":
        # Outcomes are kept in a tenant's own store, and here is none: let the write itself be repeatable.
        raise ValueError(f"{route.operation}: a platform route takes 'create' or 'none' as idempotent")
    if route.method != "POST" and route.idempotency != "none":
        raise ValueError(f"{route.operation}: only a POST takes an idempotency key")
    if (
        route.cache is not None
        and route.cache.id_param is not None
        and route.cache.id_param not in route.path_names
    ):
        raise ValueError(f"{route.operation}: {route.cache.id_param} is not in the path")
