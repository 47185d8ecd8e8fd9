"""Complete an activity, or open it again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from zebros_activities.domain.activity import Activity, ActivityStatus
from zebros_activities.domain.activity_rules import MAX_CLOCK_SKEW
from zebros_activities.domain.errors import ActivityCancelledError
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.errors import ValidationError
from zebros_core.records.verbs import check_version, get_live
from zebros_core.records.workspace import Saved


def complete_activity(
    workspace: Workspace,
    activity_id: str,
    *,
    outcome: str | None = None,
    completed_at: datetime | None = None,
    expected_version: int | None = None,
) -> Saved[Activity]:
    """Complete an activity now, or at a moment that is over; one that is complete already stays as it is.

    Raises ActivityCancelledError for a cancelled one, ValidationError for a moment that is ahead.
    """
    activity = _own(workspace, activity_id, expected_version)
    if completed_at is not None and completed_at > workspace.now + MAX_CLOCK_SKEW:
        message = "completedAt is not ahead of the present"
        raise ValidationError.for_field("/completedAt", "in_the_future", message)
    if activity.status is ActivityStatus.COMPLETED:
        return Saved(activity, changed=False)
    if activity.status is ActivityStatus.CANCELLED:
        raise ActivityCancelledError
    return _save(
        workspace,
        activity,
        status=ActivityStatus.COMPLETED,
        completed_at=completed_at or workspace.now,
        outcome=outcome or activity.outcome,
    )


def reopen_activity(
    workspace: Workspace, activity_id: str, *, expected_version: int | None = None
) -> Saved[Activity]:
    """Open a completed or cancelled activity again; an open one stays as it is. Its outcome stays until it has one."""
    activity = _own(workspace, activity_id, expected_version)
    if activity.is_open:
        return Saved(activity, changed=False)
    return _save(workspace, activity, status=ActivityStatus.OPEN, completed_at=None)


def _own(workspace: Workspace, activity_id: str, expected_version: int | None) -> Activity:
    activity: Activity = get_live(workspace, "activity", activity_id)
    workspace.ensure_allowed("activity", activity_id, activity, "write")
    check_version(activity, expected_version)
    return activity


def _save(workspace: Workspace, activity: Activity, **changes: Any) -> Saved[Activity]:
    changed = activity.model_copy(update=changes)
    return Saved(workspace.activities.save(changed, previous=activity), changed=True)
