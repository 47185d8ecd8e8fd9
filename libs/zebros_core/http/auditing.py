"""What the API says to the audit log: refusals of its own accord, and what routes declare.

One entry for each refused request and no more; nobody's entry causes another. A request that is not refused and not
declared costs a test of a flag.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from zebros_core.auth.principal import NO_LOG_OF_ITS_OWN
from zebros_core.auth.verifier import Claims
from zebros_core.clock import Clock
from zebros_core.errors import ForbiddenError
from zebros_core.http.incoming import Incoming
from zebros_core.http.messages import Request, Response
from zebros_core.http.routing import Route
from zebros_core.observability.metrics import Metrics

if TYPE_CHECKING:
    from zebros_core.audit.event import AuditEvent
    from zebros_core.audit.trail import AuditTrail

BULK_RECORDS = 100
"""So many records of persons in one answer are a read in bulk."""
_LONGEST_ID = 128


@dataclass(frozen=True, slots=True)
class Auditor:
    """Writes the entries of one app; without a trail, none."""

    trail: AuditTrail | None
    clock: Clock
    metrics: Metrics
    logger: logging.Logger

    def refused(
        self,
        error: ForbiddenError,
        *,
        route: Route,
        incoming: Incoming,
        claims: Claims,
        path: Mapping[str, str],
    ) -> None:
        """Record that a caller was refused. A log out of reach is counted and logged: the refusal stands."""
        if self.trail is None:
            return
        from zebros_core.audit.event import AuditEvent
        from zebros_core.audit.trail import record_refusal
        from zebros_core.ids import new_id
        from zebros_core.tenancy.context import PLATFORM_TENANT_ID

        codes = {fault.code for fault in error.fields}
        has_log = claims.tenant_id is not None and not codes & NO_LOG_OF_ITS_OWN
        details: dict[str, Any] = _details(route)
        if codes:
            details["reason"] = ",".join(sorted(codes))[:200]
        if claims.tenant_id is not None and not has_log:
            details["tenant"] = claims.tenant_id
        if claims.client_id:
            details["client"] = claims.client_id[:200]
        event = AuditEvent(
            id=new_id(self.clock),
            tenant_id=claims.tenant_id if claims.tenant_id is not None and has_log else PLATFORM_TENANT_ID,
            at=self.clock.now(),
            actor=claims.subject,
            action="permission.refused",
            entity=route.permission[0] if route.permission else None,
            record_id=_record_id(path),
            outcome="refused",
            details=details,
            ip=incoming.source_ip or None,
            request_id=incoming.request_id or None,
        )
        record_refusal(self.trail, event, operation=route.operation, metrics=self.metrics, logger=self.logger)

    def answered(self, route: Route, request: Request[Any, Any, Any], response: Response) -> None:
        """Record what the route declares, before the answer leaves. UnavailableError refuses it."""
        if route.audit is None and not route.personal:
            return
        count = _count(response.body)
        if route.audit is not None:
            details = {**_details(route), **response.audit}
            if count is not None:
                details.setdefault("records", count)
            self._record(route, request, route.audit, details)
        if route.personal and count is not None and count >= BULK_RECORDS:
            self._record(route, request, "personal-data.read", {**_details(route), "records": count})

    def answered_from_cache(self, route: Route, request: Request[Any, Any, Any], body: bytes) -> None:
        """The same for a list that the cache gave. Its body is counted only if it can hold so many."""
        if route.personal and getattr(request.query, "limit", BULK_RECORDS) >= BULK_RECORDS:
            self.answered(route, request, Response(json.loads(body)))

    def _record(
        self, route: Route, request: Request[Any, Any, Any], action: str, details: Mapping[str, Any]
    ) -> None:
        if self.trail is None:
            return
        from zebros_core.audit.event import new_audit_event

        event: AuditEvent = new_audit_event(
            request.caller,
            action,
            clock=self.clock,
            entity=route.permission[0] if route.permission else None,
            record_id=_record_id(request.path),
            details=dict(details),
            ip=request.source_ip or None,
            request_id=request.request_id or None,
        )
        self.trail.record(event)


def _details(route: Route) -> dict[str, Any]:
    details = {"operation": route.operation, "method": route.method, "path": route.path}
    if route.permission is not None:
        details["permission"] = ":".join(route.permission)
    return details


def _record_id(path: Mapping[str, str]) -> str | None:
    """The last parameter of the path, which names the record; None when no record's id looks like that."""
    value = list(path.values())[-1] if path else ""
    fits = 0 < len(value) <= _LONGEST_ID and "#" not in value and value.isprintable()
    return value if fits else None


def _count(body: BaseModel | Mapping[str, Any] | bytes | None) -> int | None:
    """How many records a list's answer holds; None for what is no list."""
    items: Any = body.get("items") if isinstance(body, Mapping) else getattr(body, "items", None)
    return len(items) if isinstance(items, list) else None  # pyright: ignore[reportUnknownArgumentType]
