"""Compare the schedules of reminders with the activities, and repair them."""

from __future__ import annotations

from dataclasses import dataclass

from zebros_activities.domain.reminders import reminder_wanted
from zebros_activities.use_cases.keep_reminder import keep_reminder
from zebros_activities.use_cases.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ReminderCheck:
    """What a page of activities showed, by activity id.

    `late` have a schedule as of an older version, or none yet: their events may be on the way, so look again after a
    minute. `wrong` have another one as of their present version, which no event will mend.
    """

    checked: int
    late: list[str]
    wrong: list[str]
    next_cursor: str | None


def check_reminders(workspace: Workspace, *, limit: int, cursor: str | None, repair: bool) -> ReminderCheck:
    """Check a page of all live activities, oldest first; with `repair`, make what those ask for that differ.

    Going through all pages with `repair` rebuilds the schedules: what is due by then is told at once. Schedules of
    activities that are gone are not looked for: they find nothing to tell. Raises ForbiddenError for a caller who may
    not export.
    """
    workspace.visibility("activity", "export")
    page = workspace.activities.page_by_creation(limit=limit, cursor=cursor)
    current = workspace.activities.batch_get(
        [(activity.activity_id, activity.related_id) for activity in page.items]
    )
    late: list[str] = []
    wrong: list[str] = []
    for activity in current.values():
        wanted = reminder_wanted(activity, workspace.now)
        kept = workspace.reminders.find(activity.activity_id) if wanted is not None else None
        if wanted is None or (kept is not None and kept.at == wanted):
            continue
        behind = kept is None or kept.version < activity.version
        (late if behind else wrong).append(activity.activity_id)
        if repair:
            keep_reminder(workspace, activity.activity_id, again=True)
    return ReminderCheck(len(current), late, wrong, page.next_cursor)
