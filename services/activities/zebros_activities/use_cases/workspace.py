"""What a use case works with: one caller's rights and the repositories of that caller's tenant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zebros_activities.domain.ports import References, ReminderSchedules
from zebros_activities.domain.values import is_time_zone
from zebros_activities.repositories.activities import ActivityRepository
from zebros_activities.repositories.comments import CommentRepository
from zebros_activities.repositories.moves import MoveRepository
from zebros_activities.repositories.people import PersonRepository
from zebros_activities.repositories.reminders import ReminderRepository
from zebros_activities.repositories.texts import TextRepository
from zebros_activities.repositories.timeline import TimelineRepository
from zebros_core.records.workspace import RecordWorkspace


@dataclass(frozen=True, slots=True)
class Workspace(RecordWorkspace):
    """One caller's access to one tenant. Made for each request by the composition root."""

    activities: ActivityRepository
    texts: TextRepository
    comments: CommentRepository
    people: PersonRepository
    reminders: ReminderRepository
    moves: MoveRepository
    timelines: TimelineRepository
    references: References
    schedules: ReminderSchedules
    tenant_time_zone: Callable[[], str | None]
    """Gives the time zone that the tenant was set up with."""

    def time_zone_of(self, user_id: str) -> str:
        """Return the zone in which somebody's days are: their own choice, else their tenant's, else UTC."""
        person = self.people.find(user_id)
        chosen = (person.time_zone if person else None) or self.tenant_time_zone()
        return chosen if chosen is not None and is_time_zone(chosen) else "UTC"
