"""What a route handler receives and returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic

from pydantic import BaseModel
from typing_extensions import TypeVar

from zebros_core.auth.permissions import Visibility
from zebros_core.http.idempotency import IdempotencyKey
from zebros_core.tenancy import PlatformContext, TenantContext

S = TypeVar("S", default=Any)
Q = TypeVar("Q", default=Any)
B = TypeVar("B", default=Any)


@dataclass(frozen=True, slots=True)
class Request(Generic[S, Q, B]):
    """A request that is authenticated, permitted and valid.

    Written in a signature as ``Request[Services]``, ``Request[Services, WidgetQuery]`` or
    ``Request[Services, NoQuery, CreateWidget]``.
    """

    services: S
    caller: TenantContext | PlatformContext
    """Who is calling; handlers ask for ``context`` or ``platform``, as their route's access says."""
    visibility: Visibility
    """What the route's permission covers for this caller; ``all`` for a route without a permission."""
    path: Mapping[str, str]
    query: Q
    body: B
    """The body as the route's model; a MergePatch of it on a merge-patch route; None on a route without a
    body.
    """
    body_fields_set: frozenset[str]
    """Python names of the top-level body fields that the client sent."""
    headers: Mapping[str, str]
    """By lower-case name."""
    if_match: int | None
    """The version named by If-Match; None when absent or ``*``. A foreign tag is 0, which no record has."""
    idempotency: IdempotencyKey | None
    request_id: str
    source_ip: str
    """The caller's address as the gateway saw it; empty when unknown."""
    now: datetime

    @property
    def context(self) -> TenantContext:
        """The caller of one tenant. RuntimeError on a route of the platform, which has none."""
        if not isinstance(self.caller, TenantContext):
            raise RuntimeError("a platform route has no tenant's context")
        return self.caller

    @property
    def platform(self) -> PlatformContext:
        """The administrator of the platform. RuntimeError on a tenant's route."""
        if not isinstance(self.caller, PlatformContext):
            raise RuntimeError("a tenant's route has no platform context")
        return self.caller


@dataclass(frozen=True, slots=True)
class CacheWrite:
    """A record that the handler has committed, for the response cache.

    ``body`` is the record's GET body; None takes the response's own body when it is of this version, and
    otherwise only raises the floor. ``lists`` names the cached lists that the write may have changed.
    """

    entity: str
    id: str
    version: int
    lists: tuple[str, ...] = ()
    body: BaseModel | None = None
    owner_id: str | None = None
    team_id: str | None = None
    deleted: bool = False
    """The record is gone: readers are told so without a look into the store."""


@dataclass(frozen=True, slots=True)
class Response:
    """What a handler answers. ``status`` None means the route's own."""

    body: BaseModel | Mapping[str, Any] | bytes | None = None
    status: int | None = None
    etag: int | None = None
    """The version of the record in the body: sets ETag and answers If-None-Match."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    location: str | None = None
    owner_id: str | None = None
    """Owner and team of the record in the body: needed on a cached route by id, so that a hit can be hidden.
    """
    team_id: str | None = None
    writes: tuple[CacheWrite, ...] = ()
    audit: Mapping[str, str | int | bool | None] = field(default_factory=dict[str, "str | int | bool | None"])
    """What the entry of an audited route says beyond operation and record: names, counts, roles; no content."""
