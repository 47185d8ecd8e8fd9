"""What happens to a request between the gateway's event and the handler, and on the way back.

In this order, so that nothing is spent on a request that is refused anyway: token, tenant, permission, path,
query, body, preconditions, then one round trip for rate limit and cache, then the handler.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel

from zebros_core.auth.permissions import PermissionTable, Visibility
from zebros_core.auth.principal import caller, platform_caller
from zebros_core.auth.verifier import Claims, bearer_token
from zebros_core.cache.port import EntityKey, Hit, Miss, RateLimit, ResponseCache
from zebros_core.clock import Clock
from zebros_core.errors import BadRequestError, PreconditionRequiredError, ZebrosError
from zebros_core.http.auditing import Auditor
from zebros_core.http.caching import Fill, cache_key, check_visible, store_writes
from zebros_core.http.etag import format_etag, none_match_holds, parse_if_match
from zebros_core.http.idempotency import (
    IdempotencyKey,
    RecordsFactory,
    fingerprint,
    parse_idempotency_key,
)
from zebros_core.http.incoming import JSON, Incoming, check_media_type, check_path
from zebros_core.http.merge_patch import MergePatch
from zebros_core.http.messages import Request, Response
from zebros_core.http.query import parse_query, validate_query
from zebros_core.http.rate_limit import check_rate, rate_headers
from zebros_core.http.routing import Route
from zebros_core.http.strict_json import parse_json
from zebros_core.http.validation import validate_body
from zebros_core.http.wire import dump_json, dump_mapping
from zebros_core.observability.logger import bind
from zebros_core.tenancy import PlatformContext, TenantContext

if TYPE_CHECKING:
    from zebros_core.tenancy.registry import Tenant, TenantRegistry


class Verifier(Protocol):
    """Verifies an access token; TokenVerifier is one."""

    def verify(self, token: str) -> Claims:
        """Return the claims. Raises UnauthenticatedError."""
        ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An answer ready for the gateway."""

    status: int
    headers: Mapping[str, str]
    body: str = ""

    def to_bytes(self) -> bytes:
        """Return the answer as JSON, to be kept under an idempotency key."""
        return json.dumps([self.status, dict(self.headers), self.body], separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, kept: bytes, headers: Mapping[str, str]) -> Outgoing:
        """Return a kept answer, with further ``headers``."""
        status, kept_headers, body = json.loads(kept)
        return cls(status, {**kept_headers, **headers}, body)


@dataclass(slots=True)
class Exchange:
    """One request under way: what the answer and the metrics need to know of it, however it ends."""

    incoming: Incoming
    operation: str = "none"
    route: Route | None = None
    claims: Claims | None = None
    """Who is calling, once that is proved."""
    path: Mapping[str, str] = field(default_factory=dict[str, str])
    """The path's parameters, once they are checked."""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    """Headers of the answer, also when it is a problem."""
    cached: str = "off"


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What every route of an app works with."""

    services: Any
    verifier: Verifier
    registry: TenantRegistry
    permissions: PermissionTable
    cache: ResponseCache
    clock: Clock
    idempotency: RecordsFactory | None
    rate_limit: Callable[[Tenant], RateLimit | None]
    auditor: Auditor


class RoutePipeline:
    """Serves one route."""

    def __init__(self, route: Route, dependencies: Dependencies) -> None:
        self._route = route
        self._parameters = route.path_parameters
        self._entity = route.permission[0] if route.permission else "record"
        self._with = dependencies

    def serve(self, exchange: Exchange, path_values: Mapping[str, str]) -> Outgoing:
        """Return the answer. Raises ZebrosError for whatever the request is refused for."""
        route, incoming, have = self._route, exchange.incoming, self._with
        exchange.operation, exchange.route = route.operation, route
        claims = have.verifier.verify(bearer_token(incoming.headers.get("authorization")))
        exchange.claims = claims
        if route.access == "platform":
            administrator = platform_caller(claims)
            bind(userId=administrator.user_id)
            return self._handled(self._request(exchange, administrator, Visibility.ALL, path_values)[0])[0]
        context, tenant = caller(claims, have.registry)
        bind(tenantId=context.tenant_id, userId=context.user_id)
        visibility = Visibility.ALL
        if route.permission is not None:
            visibility = have.permissions.check(context, *route.permission)
        request, canonical_query = self._request(exchange, context, visibility, path_values)
        limit = have.rate_limit(tenant)
        key = cache_key(
            route, request.path, incoming.raw_query, canonical_query, request.query, context, visibility
        )
        entered = have.cache.enter(context.tenant_id, limit, key)
        if limit is not None and entered.rate is not None:
            exchange.headers.update(rate_headers(limit, entered.rate))
            check_rate(entered.rate)
        lookup = entered.lookup
        if isinstance(lookup, Hit):
            exchange.cached = "stale" if lookup.stale else "hit"
            if isinstance(key, EntityKey):
                check_visible(key, lookup.entry, context, visibility)
            have.auditor.answered_from_cache(route, request, lookup.entry.body)
            return self._answer(incoming, 200, lookup.entry.body.decode(), lookup.entry.version, {})
        if isinstance(lookup, Miss):
            exchange.cached = "miss"
            return self._filled(request, Fill(have.cache, lookup, visibility))
        if route.idempotency == "record" and request.idempotency is not None:
            return self._recorded(request, request.idempotency)
        return self._handled(request)[0]

    def _request(
        self,
        exchange: Exchange,
        who: TenantContext | PlatformContext,
        visibility: Visibility,
        path_values: Mapping[str, str],
    ) -> tuple[Request[Any, Any, Any], str]:
        """Return what the handler gets, and the query in its one form. Raises ZebrosError for bad input."""
        route, incoming, have = self._route, exchange.incoming, self._with
        if incoming.path.endswith("\n"):
            # The resolver's patterns end with `$`, which lets a line feed at the very end pass unseen.
            raise BadRequestError.for_field("path", "invalid_path", "A path has no control characters.")
        path = check_path(self._parameters, path_values, self._entity) if self._parameters else {}
        exchange.path = path
        parameters = parse_query(incoming.raw_query)
        query = validate_query(route.query, parameters)
        body, fields_set, document = self._body(incoming)
        canonical_query = repr(sorted(parameters.items()))
        request: Request[Any, Any, Any] = Request(
            services=have.services,
            caller=who,
            visibility=visibility,
            path=path,
            query=query,
            body=body,
            body_fields_set=fields_set,
            headers=incoming.headers,
            if_match=self._if_match(incoming),
            idempotency=self._idempotency(incoming, who, path, canonical_query, document),
            request_id=incoming.request_id,
            source_ip=incoming.source_ip,
            now=have.clock.now(),
        )
        return request, canonical_query

    def _handled(self, request: Request[Any, Any, Any]) -> tuple[Outgoing, Response, str]:
        response = self._route.handler(request)
        status = response.status or self._route.status
        body = _text(response.body)
        if response.writes:
            store_writes(self._with.cache, request.context.tenant_id, response, body)
        self._with.auditor.answered(self._route, request, response)
        headers = dict(response.headers)
        if response.location is not None:
            headers["Location"] = response.location
        return self._answer(request, status, body, response.etag, headers), response, body

    def _filled(self, request: Request[Any, Any, Any], fill: Fill) -> Outgoing:
        try:
            outgoing, response, body = self._handled(request)
        except BaseException as error:
            fill.with_error(error)
            raise
        fill.with_response(response, response.status or self._route.status, body)
        if isinstance(fill.miss.key, EntityKey) and outgoing.status == 200:
            # The handler has checked this already; were it to forget, a hit and a miss would differ.
            check_visible(fill.miss.key, response, request.context, request.visibility)
        return outgoing

    def _recorded(self, request: Request[Any, Any, Any], key: IdempotencyKey) -> Outgoing:
        if self._with.idempotency is None:
            raise RuntimeError(f"{self._route.operation} keeps outcomes, but the app has no store for them")
        records = self._with.idempotency(request.context)
        claim = records.claim(self._route.operation, key.key, key.fingerprint)
        if claim.outcome is not None:
            return Outgoing.from_bytes(claim.outcome, {"Idempotency-Replayed": "true"})
        try:
            outgoing = self._handled(request)[0]
        except ZebrosError:
            records.release(claim)
            raise
        records.complete(claim, outgoing.to_bytes())
        return outgoing

    def _answer(
        self,
        asked: Incoming | Request[Any, Any, Any],
        status: int,
        body: str,
        version: int | None,
        headers: dict[str, str],
    ) -> Outgoing:
        if version is not None:
            etag = format_etag(version)
            headers["ETag"] = etag
            if self._route.method == "GET" and status == 200:
                headers["Cache-Control"] = "private, no-cache"
                condition = asked.headers.get("if-none-match")
                if condition is not None and not none_match_holds(condition, etag):
                    return Outgoing(304, headers)
        if body:
            headers.setdefault("Content-Type", JSON)
        return Outgoing(status, headers, body)

    def _body(self, incoming: Incoming) -> tuple[Any, frozenset[str], Any]:
        """Return the body as the handler gets it, the fields that were sent, and the plain document."""
        route = self._route
        if route.body is None:
            if incoming.raw_body:
                raise BadRequestError.for_field("", "unexpected_body", "This operation takes no body.")
            return None, frozenset(), None
        raw = incoming.body()
        if not raw:
            raise BadRequestError.for_field("", "missing_body", "This operation needs a body.")
        check_media_type(incoming.headers.get("content-type"), merge_patch=route.merge_patch)
        document = parse_json(raw)
        if route.merge_patch:
            patch = MergePatch(route.body, document)
            return patch, patch.fields_set, document
        body = validate_body(route.body, raw)
        return body, frozenset(body.model_fields_set), document

    def _if_match(self, incoming: Incoming) -> int | None:
        route = self._route
        header = incoming.headers.get("if-match")
        if route.if_match == "none":
            return None
        if header is None:
            if route.if_match == "required":
                raise PreconditionRequiredError.for_field(
                    "If-Match", "missing", "Send the ETag of the version that this replaces as If-Match."
                )
            return None
        return parse_if_match(header)

    def _idempotency(
        self,
        incoming: Incoming,
        who: TenantContext | PlatformContext,
        path: Mapping[str, str],
        query: str,
        document: Any,
    ) -> IdempotencyKey | None:
        header = incoming.headers.get("idempotency-key")
        if header is None or self._route.idempotency == "none":
            return None
        mark = fingerprint(who.user_id, self._route.operation, path, query, document)
        return IdempotencyKey(parse_idempotency_key(header), mark)


def _text(body: BaseModel | Mapping[str, Any] | bytes | None) -> str:
    if body is None:
        return ""
    if isinstance(body, BaseModel):
        return dump_json(body)
    if isinstance(body, bytes):
        return body.decode("utf-8")
    return dump_mapping(body)
