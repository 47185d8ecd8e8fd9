"""The queue of audit entries of every service."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from zebros_auth.bootstrap import container
from zebros_core.audit import AuditConsumer, AuditEvent


def _keep(event: AuditEvent) -> None:
    have = container()
    if event.ip is not None and have.was_erased(event.tenant_id, "user", event.actor):
        event = event.model_copy(update={"ip": None})
    have.audit_log(event.tenant_id).append(event)


@cache
def _consumer() -> AuditConsumer:
    have = container()
    return AuditConsumer(
        _keep,
        name="audit",
        source=have.settings.event_sources,
        poison=have.failures,
        serves=have.keeps_data_of,
    )


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Append a batch of entries, each once."""
    return _consumer().handler(event, context)
