"""What a tenant has in the sync service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from things.customers import customer
from zebros_core.clock import SystemClock

if TYPE_CHECKING:
    from estate import Estate


def pushed(*mutations: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a device sends that has made these mutations just now."""
    now = SystemClock().now().isoformat()
    return {
        "clientId": "phone",
        "sentAt": now,
        "mutations": [{"changedAt": now, **mutation} for mutation in mutations],
    }


def _conflict(estate: Estate) -> str:
    """Let a device edit what somebody has edited since; the tenant wants to decide about customers itself."""
    id = customer(estate)
    estate.send("PATCH", f"/v1/customers/{id}", {"industry": estate.text("industry")})
    edit = {
        "mutationId": f"{estate.mark}-{estate.number()}",
        "entity": "customer",
        "id": id,
        "operation": "update",
        "baseVersion": 1,
        "changes": {"industry": estate.text("industry")},
    }
    (outcome,) = estate.send("POST", "/v1/sync/push", pushed(edit)).body["outcomes"]
    assert outcome["outcome"] == "conflict", outcome
    return str(outcome["conflictId"])


def _cursor(estate: Estate, path: str, name: str) -> str:
    cursor = estate.send("POST", path, {}).body[name]
    assert cursor is not None
    return str(cursor)


MAKERS: dict[str, Callable[[Estate], str]] = {
    "conflict": lambda e: _conflict(e),
    "pull_cursor": lambda e: _cursor(e, "/v1/sync/pull", "cursor"),
    "verify_cursor": lambda e: _cursor(e, "/v1/sync/states:verify", "nextCursor"),
    "rebuild_cursor": lambda e: _cursor(e, "/v1/sync/states:rebuild", "nextCursor"),
}
NEVER: dict[str, Callable[[str], str]] = {
    name: lambda mark, name=name: f"{mark}-{name}"
    for name in ("pull_cursor", "verify_cursor", "rebuild_cursor")
}


def more(estate: Estate) -> None:
    """Have a second conflict."""
    _conflict(estate)
