"""The audit log's end of the bus."""

from __future__ import annotations

from collections.abc import Callable, Collection

from zebros_core.audit.event import AUDIT_DETAIL_TYPE, AuditEvent, parse_audit_recorded
from zebros_core.messaging.event_consumer import EventConsumer, PoisonSink


class AuditConsumer(EventConsumer[AuditEvent]):
    """An SQS event source of `AuditRecorded`. `handle` must bear a repetition: the same entry has the same id.

    What handles entries must write none itself, or one entry would beget the next for ever.
    """

    def __init__(
        self,
        handle: Callable[[AuditEvent], None],
        *,
        name: str,
        source: str | Collection[str],
        poison: PoisonSink | None = None,
        serves: Callable[[str], bool] | None = None,
    ) -> None:
        super().__init__(
            handle,
            name=name,
            source=source,
            detail_type=AUDIT_DETAIL_TYPE,
            parse=parse_audit_recorded,
            poison=poison,
            serves=serves,
        )
