"""The app of one function: routes over powertools' resolver, errors as problems, a metric line each."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.api_gateway import Response as GatewayResponse
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as RouteNotFoundError

from zebros_core.auth.permissions import PermissionTable
from zebros_core.cache.port import RateLimit, ResponseCache
from zebros_core.clock import Clock, SystemClock
from zebros_core.errors import BadRequestError, ForbiddenError, ZebrosError
from zebros_core.http.auditing import Auditor
from zebros_core.http.idempotency import RecordsFactory
from zebros_core.http.incoming import read_event
from zebros_core.http.pipeline import Dependencies, Exchange, Outgoing, RoutePipeline, Verifier
from zebros_core.http.problems import (
    METHOD_NOT_ALLOWED,
    PROBLEM_JSON,
    ROUTE_NOT_FOUND,
    Problem,
    internal_error,
    problem_of,
)
from zebros_core.http.rate_limit import tenant_rate_limit
from zebros_core.http.routing import Route, combine
from zebros_core.observability.logger import log_context
from zebros_core.observability.metrics import Metrics

if TYPE_CHECKING:
    from zebros_core.audit.trail import AuditTrail
    from zebros_core.tenancy.registry import Tenant, TenantRegistry

_TEMPLATE = re.compile(r"\{(\w+)\}")
_NO_STORE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


class HttpApp:
    """Serves the HTTP API events of one function; built once per container.

    A container has one request at a time, and so has an app: the resolver keeps the present event in itself.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        *,
        services: Any,
        verifier: Verifier,
        registry: TenantRegistry,
        permissions: PermissionTable,
        cache: ResponseCache,
        metrics: Metrics,
        logger: logging.Logger,
        clock: Clock | None = None,
        idempotency: RecordsFactory | None = None,
        rate_limit: Callable[[Tenant], RateLimit | None] = tenant_rate_limit,
        audit: AuditTrail | None = None,
    ) -> None:
        """``services`` is handed to every handler. ``idempotency`` opens the store of kept outcomes for a
        caller. ``audit`` takes every refusal for want of a right, and what routes declare to be recorded.

        Raises ValueError for a route that is to be recorded where there is no trail.
        """
        self.routes = combine(routes)
        if audit is None and any(route.audit or route.personal for route in self.routes):
            raise ValueError("routes declare what is recorded in an audit log, but the app has none")
        self._metrics = metrics
        self._logger = logger
        self._exchange: Exchange | None = None
        self._allowed = _allowed_methods(self.routes)
        self._resolver = APIGatewayHttpResolver()
        self._auditor = Auditor(audit, clock or SystemClock(), metrics, logger)
        dependencies = Dependencies(
            services=services,
            verifier=verifier,
            registry=registry,
            permissions=permissions,
            cache=cache,
            clock=clock or SystemClock(),
            idempotency=idempotency,
            rate_limit=rate_limit,
            auditor=self._auditor,
        )
        for route in self.routes:
            rule = _TEMPLATE.sub(r"<\1>", route.path)
            served = self._served(RoutePipeline(route, dependencies))
            self._resolver.route(rule, method=route.method, compress=route.compress)(served)
        self._resolver.exception_handler(RouteNotFoundError)(self._no_route)
        self._resolver.exception_handler(ZebrosError)(self._refused)
        self._resolver.exception_handler(Exception)(self._defect)

    def handler(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """Answer an event of the gateway (payload format 2.0)."""
        started = time.perf_counter()
        incoming = read_event(event)
        exchange = self._exchange = Exchange(incoming)
        with log_context(requestId=incoming.request_id):
            answer: dict[str, Any] = self._resolver.resolve(event, context)
            status = answer["statusCode"]
            self._metrics.emit(
                {
                    "Requests": (1, "Count"),
                    "ServerErrors": (int(status >= 500), "Count"),
                    "Latency": (round((time.perf_counter() - started) * 1000, 3), "Milliseconds"),
                },
                operation=exchange.operation,
                properties={"method": incoming.method, "status": status, "cache": exchange.cached},
            )
        return answer

    def _served(self, pipeline: RoutePipeline) -> Callable[..., GatewayResponse[str]]:
        def serve(**path: str) -> GatewayResponse[str]:
            return self._gateway_response(pipeline.serve(self._current, path))

        return serve

    @property
    def _current(self) -> Exchange:
        if self._exchange is None:
            raise RuntimeError("no request is under way")
        return self._exchange

    def _gateway_response(self, outgoing: Outgoing) -> GatewayResponse[str]:
        exchange = self._current
        headers: dict[str, str | list[str]] = {
            **_NO_STORE,
            "X-Request-Id": exchange.incoming.request_id,
            **exchange.headers,
            **outgoing.headers,
        }
        return GatewayResponse(status_code=outgoing.status, body=outgoing.body, headers=headers)

    def _problem(self, problem: Problem) -> GatewayResponse[str]:
        incoming = self._current.incoming
        body = problem.body(instance=incoming.path, request_id=incoming.request_id)
        headers = {**problem.headers, "Content-Type": PROBLEM_JSON}
        return self._gateway_response(Outgoing(problem.type.status, headers, body))

    def _refused(self, error: ZebrosError) -> GatewayResponse[str]:
        problem = problem_of(error)
        exchange = self._current
        if isinstance(error, ForbiddenError) and exchange.route is not None and exchange.claims is not None:
            self._auditor.refused(
                error,
                route=exchange.route,
                incoming=exchange.incoming,
                claims=exchange.claims,
                path=exchange.path,
            )
        if problem.type.status >= 500:
            self._logger.warning("request failed", exc_info=error, extra={"code": error.code})
        return self._problem(problem)

    def _defect(self, error: Exception) -> GatewayResponse[str]:
        # Nobody has classified this: it is a defect, and the metric ServerErrors has an alarm.
        self._logger.error("unclassified error", exc_info=error, extra={"operation": self._current.operation})
        return self._problem(internal_error())

    def _no_route(self, error: RouteNotFoundError) -> GatewayResponse[str]:
        del error
        path = self._current.incoming.path
        methods = sorted({method for pattern, method in self._allowed if pattern.fullmatch(path)})
        if methods and self._current.incoming.method.upper() not in methods:
            allow = ", ".join(methods)
            return self._problem(
                Problem(METHOD_NOT_ALLOWED, f"This resource takes {allow}.", headers={"Allow": allow})
            )
        if "#" in path or not path.isprintable():
            message = "A path has neither '#' nor control characters."
            return self._refused(BadRequestError.for_field("path", "invalid_path", message))
        return self._problem(Problem(ROUTE_NOT_FOUND, "No resource has this path."))


def _allowed_methods(routes: Iterable[Route]) -> tuple[tuple[re.Pattern[str], str], ...]:
    def pattern(path: str) -> re.Pattern[str]:
        parts = _TEMPLATE.split(path)
        # Parameters are at the odd places; what stands between them is literal.
        return re.compile("".join("[^/]+" if i % 2 else re.escape(part) for i, part in enumerate(parts)))

    return tuple((pattern(route.path), route.method) for route in routes)
