"""What of a person's change belongs into the audit log."""

from __future__ import annotations

from typing import Any

from zebros_core.audit.event import AuditEvent
from zebros_core.ids import derived_id
from zebros_core.messaging import EntityChanged, Operation

_TOLD = ("role", "teamId", "status")


def entry_of(change: EntityChanged) -> AuditEvent | None:
    """Return the entry about a person who was added, removed, or given another role, team or status; else None.

    It is derived from the write itself, so that no change of rights is without one; an event always gives the same.
    """
    snapshot, previous = change.snapshot or {}, change.previous or {}
    told = [name for name in _TOLD if name in change.changed]
    if change.operation is Operation.UPDATED and not told:
        return None
    action = "user.changed"
    details: dict[str, Any] = {}
    if change.operation is Operation.UPDATED:
        for name in told:
            details[name] = snapshot.get(name)
            details[f"{name}Before"] = previous.get(name)
    else:
        action = f"user.{'added' if change.operation is Operation.CREATED else change.operation.value}"
        details = {name: snapshot.get(name) for name in _TOLD}
    return AuditEvent(
        id=derived_id(change.tenant_id, "entity-changed", change.event_id),
        tenant_id=change.tenant_id,
        at=change.occurred_at,
        actor=change.actor or "unknown",
        action=action,
        entity="user",
        record_id=change.id,
        details=details,
    )
