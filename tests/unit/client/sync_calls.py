"""Every call of the SDK to the sync service, with the request that it makes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from zebros import Client
from zebros.calls import sync as raw

CONFLICT = "01JC8Z4T5V6W7X8Y9ZABCDEFGH"
EDIT = {
    "mutationId": "m-1",
    "entity": "customer",
    "id": CONFLICT,
    "operation": "update",
    "baseVersion": 3,
    "changes": {"industry": "medical"},
    "base": {},
    "changedAt": "2026-12-01T11:00:00.000Z",
}

CALLS: list[tuple[Callable[[Client], object], str, str, Any]] = [
    (
        lambda c: c.sync.pull("c1", entities={"customer": 1}, max_bytes=1000),
        "POST",
        "/v1/sync/pull",
        {"cursor": "c1", "entities": {"customer": 1}, "maxBytes": 1000},
    ),
    (
        lambda c: c.sync.push("phone", datetime(2026, 12, 1, 12, tzinfo=UTC), [EDIT]),
        "POST",
        "/v1/sync/push",
        {"clientId": "phone", "sentAt": "2026-12-01T12:00:00.000Z", "mutations": [EDIT]},
    ),
    (lambda c: c.sync.head(7), "GET", "/v1/sync/head", None),
    (lambda c: c.sync.status(), "GET", "/v1/sync/status", None),
    (lambda c: c.sync.schema(), "GET", "/v1/sync/schema", None),
    (
        lambda c: list(c.sync.conflicts.list(state="open")),
        "GET",
        "/v1/sync/conflicts?state=open&limit=50",
        None,
    ),
    (lambda c: c.sync.conflicts.get(CONFLICT), "GET", f"/v1/sync/conflicts/{CONFLICT}", None),
    (
        lambda c: c.sync.conflicts.resolve(CONFLICT, {"companyName": "device"}),
        "POST",
        f"/v1/sync/conflicts/{CONFLICT}:resolve",
        {"fields": {"companyName": "device"}},
    ),
    (
        lambda c: c.execute(raw.check_states("verify", None)),
        "POST",
        "/v1/sync/states:verify",
        {"cursor": None},
    ),
    (
        lambda c: c.execute(raw.check_states("rebuild", "c")),
        "POST",
        "/v1/sync/states:rebuild",
        {"cursor": "c"},
    ),
]
