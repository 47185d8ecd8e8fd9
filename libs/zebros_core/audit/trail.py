"""Where a service says what belongs into the audit log."""

# botocore ships no types: they end here, and callers see the protocols.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from zebros_core.errors import UnavailableError

if TYPE_CHECKING:
    from zebros_core.audit.event import AuditEvent
    from zebros_core.messaging.bus import EventBus
    from zebros_core.observability.metrics import Metrics


class AuditTrail(Protocol):
    """Takes entries; when `record` returns, the entry is safe from a crash of this process."""

    def record(self, event: AuditEvent) -> None:
        """Take one entry. Raises UnavailableError when it cannot be kept."""
        ...


class BusAuditTrail:
    """Puts entries on the event bus, whose rule and queue keep them for the auth service.

    `bus` is called at the first entry: a container that refuses nobody makes no client.
    """

    def __init__(self, bus: Callable[[], EventBus]) -> None:
        self._make = bus
        self._bus: EventBus | None = None

    def record(self, event: AuditEvent) -> None:
        from botocore.exceptions import ClientError

        if self._bus is None:
            self._bus = self._make()
        try:
            refused = self._bus.put([event])
        except (ClientError, UnavailableError) as error:
            raise _not_kept() from error
        if refused:
            raise _not_kept()


def record_refusal(
    trail: AuditTrail, event: AuditEvent, *, operation: str, metrics: Metrics, logger: logging.Logger
) -> None:
    """Record that somebody was refused something. The refusal stands when the log is out of reach: that is logged,
    and counted as ``AuditFailures``.
    """
    try:
        trail.record(event)
    except UnavailableError as trouble:
        metrics.emit({"AuditFailures": (1, "Count")}, operation=operation)
        logger.error("refusal not recorded", exc_info=trouble, extra={"operation": operation})


class InMemoryAuditTrail:
    """Keeps entries in a list, for tests. With `out_of_reach` it takes none."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []
        self.out_of_reach = False

    def record(self, event: AuditEvent) -> None:
        if self.out_of_reach:
            raise _not_kept()
        self.events.append(event)


def _not_kept() -> UnavailableError:
    return UnavailableError(detail="The audit log cannot be written, and this is not done without it.")
