"""The audit log as services write it: what was refused, exported, read in bulk or changed in somebody's rights.

`AuditTrail` is where a service says it, `BusAuditTrail` puts it on the bus as `AuditRecorded`, and the auth
service keeps it. Names are resolved when they are first used: a function that refuses nobody loads nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zebros_core.audit.consumer import AuditConsumer
    from zebros_core.audit.event import (
        AUDIT_DETAIL_TYPE,
        AUDIT_VERSION,
        AuditEvent,
        audit_json_schema,
        new_audit_event,
        parse_audit_recorded,
    )
    from zebros_core.audit.trail import AuditTrail, BusAuditTrail, InMemoryAuditTrail, record_refusal

_HOMES = {
    "consumer": ("AuditConsumer",),
    "event": (
        "AUDIT_DETAIL_TYPE",
        "AUDIT_VERSION",
        "AuditEvent",
        "audit_json_schema",
        "new_audit_event",
        "parse_audit_recorded",
    ),
    "trail": ("AuditTrail", "BusAuditTrail", "InMemoryAuditTrail", "record_refusal"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "AUDIT_DETAIL_TYPE",
    "AUDIT_VERSION",
    "AuditConsumer",
    "AuditEvent",
    "AuditTrail",
    "BusAuditTrail",
    "InMemoryAuditTrail",
    "audit_json_schema",
    "new_audit_event",
    "parse_audit_recorded",
    "record_refusal",
]


def __getattr__(name: str) -> Any:
    try:
        home = _HOME_OF[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
