"""What use cases need of what is outside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from zebros_activities.domain.reminders import ReminderDue


@dataclass(frozen=True, slots=True)
class Reference:
    """A record of another service that the actor may see: the record itself by wire names, and its customer."""

    entity: str
    id: str
    customer_id: str | None
    record: Mapping[str, Any]


class References(Protocol):
    """Records of other services, as the actor may see them."""

    def prefetch(self, entity: str, ids: Iterable[str]) -> None:
        """Read these records at once, so that `find` need not ask for each."""
        ...

    def find(self, entity: str, id: str) -> Reference | None:
        """Return a live record, read strongly, or None for one that the actor may not see, or that is none.

        Raises UnavailableError when its service does not answer.
        """
        ...


class ReminderSchedules(Protocol):
    """Brings reminders to their time."""

    def put(self, reminder: ReminderDue) -> None:
        """Bring the reminder back at its instant, or some seconds later. Repeating it changes nothing.

        Raises UnavailableError.
        """
        ...

    def remove(self, tenant_id: str, activity_id: str, at: datetime) -> None:
        """Take back the schedule of that instant; none there is no error. Raises UnavailableError."""
        ...
