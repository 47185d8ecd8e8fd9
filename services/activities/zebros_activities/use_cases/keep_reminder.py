"""Keep the schedule of an activity's reminder, and remind when its time has come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from zebros_activities.domain.reminders import ReminderDue, reminder_wanted
from zebros_activities.repositories.reminders import KeptReminder
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.errors import ConflictError, NotFoundError

_AT_ONCE: Final = timedelta(seconds=2)
"""What is due so soon is not worth a schedule, and a schedule in the past is refused."""


def keep_reminder(workspace: Workspace, activity_id: str, *, again: bool = False) -> None:
    """Make, move or take back the schedule, so that it is what the activity asks for as it is now.

    Called for each change, in whatever order and however often: the row of the schedule says by which version it was
    made, and whoever read an older one gives way. A schedule that a fault leaves over finds nothing to remind of. A
    reminder that is due by now is told at once. `again` makes the schedule anew even if there should be one: a repair.
    """
    stale: set[datetime] = set()
    while True:
        # The row first: if somebody with a newer version changes it from here on, it cannot be written below.
        kept = workspace.reminders.find(activity_id)
        activity = workspace.activities.find_any(activity_id)
        if activity is None:
            return
        wanted = reminder_wanted(activity, workspace.now)
        ahead = wanted if wanted is not None and wanted > workspace.now + _AT_ONCE else None
        if kept is None and ahead is None:
            present = None
            break
        if (
            kept is not None
            and kept.version >= activity.version
            and not (again and kept.version == activity.version)
        ):
            present = kept.at
            break
        if ahead is not None:
            workspace.schedules.put(
                ReminderDue(tenant_id=_tenant(workspace), activity_id=activity_id, at=ahead)
            )
            stale.add(ahead)
        if workspace.reminders.keep(activity_id, KeptReminder(activity.version, ahead), previous=kept):
            stale |= {kept.at} if kept is not None and kept.at is not None else set()
            present = ahead
            break
    for at in stale - {present}:
        workspace.schedules.remove(_tenant(workspace), activity_id, at)
    if wanted is not None and ahead is None:
        remind(workspace, activity_id, wanted)


def remind(workspace: Workspace, activity_id: str, at: datetime) -> bool:
    """Mark an activity as reminded of, whose event tells its owner; False where there is nothing to tell (any more).

    It is told once, however often this is called: the mark is part of a versioned write. Nothing is told of one that
    was completed, cancelled, deleted or moved meanwhile: its reminder is then another one, or none.
    """
    while True:
        activity = workspace.activities.find(activity_id)
        wanted = reminder_wanted(activity, workspace.now)
        if activity is None or wanted is None or wanted != at:
            return False
        try:
            workspace.activities.save(
                activity.model_copy(update={"reminded_at": workspace.now}), previous=activity
            )
        except (ConflictError, NotFoundError):
            continue
        return True


def _tenant(workspace: Workspace) -> str:
    return workspace.context.tenant_id
