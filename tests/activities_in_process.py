"""The activities service in this process: see `service_in_process`. Its schedules are kept in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from service_in_process import service_in_process

from zebros_activities.bootstrap import Container
from zebros_activities.domain.reminders import ReminderDue
from zebros_activities.settings import Settings
from zebros_core.clock import Clock
from zebros_core.errors import UnavailableError

SERVICE = "activities"


@dataclass
class InMemorySchedules:
    """Schedules that are there, by activity and instant; `fails` is what the next calls raise, one each."""

    there: dict[tuple[str, datetime], ReminderDue] = field(
        default_factory=dict[tuple[str, datetime], ReminderDue]
    )
    fails: list[str] = field(default_factory=list[str])

    def put(self, reminder: ReminderDue) -> None:
        self._perhaps_fail("put")
        self.there[reminder.activity_id, reminder.at] = reminder

    def remove(self, tenant_id: str, activity_id: str, at: datetime) -> None:
        del tenant_id
        self._perhaps_fail("remove")
        self.there.pop((activity_id, at), None)

    def _perhaps_fail(self, operation: str) -> None:
        if operation in self.fails:
            self.fails.remove(operation)
            raise UnavailableError(detail="The scheduler does not take reminders.")


@contextmanager
def activities_service(stage: str, clock: Clock | None = None) -> Iterator[Container]:
    """Start the service under a stage of its own. Its schedules are kept in memory: `schedules_of`."""
    with service_in_process(
        SERVICE,
        stage,
        lambda core, clock, dynamodb: Container(Settings(core), clock=clock, dynamodb=dynamodb),
        clock=clock,
    ) as container:
        vars(container)["schedules"] = InMemorySchedules()
        yield container


def schedules_of(container: Container) -> InMemorySchedules:
    """Return the schedules that the service has made."""
    made = container.schedules
    assert isinstance(made, InMemorySchedules)
    return made
