"""End a series: what is still open of it after an occurrence is cancelled."""

from __future__ import annotations

from dataclasses import dataclass

from zebros_activities.domain.activity import Activity, ActivityStatus
from zebros_activities.domain.errors import NotASeriesError
from zebros_activities.use_cases.create_activity import series_member
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.errors import NotFoundError, VersionMismatchError
from zebros_core.records.verbs import get_live


@dataclass(frozen=True, slots=True)
class EndedSeries:
    """What was cancelled just now of a series, by the ids of the occurrences."""

    series_id: str
    cancelled: list[str]


def end_series(workspace: Workspace, activity_id: str) -> EndedSeries:
    """Cancel the open occurrences behind this one, which stays as it is, as do those that were completed or deleted.

    May be repeated, also when it broke off: what is cancelled already is left alone. Each occurrence is written by
    itself; one that is out of the caller's reach stays. Raises NotASeriesError for an activity by itself.
    """
    activity: Activity = get_live(workspace, "activity", activity_id)
    workspace.ensure_allowed("activity", activity_id, activity, "write")
    if activity.series_id is None or activity.occurrence is None or activity.occurrences is None:
        raise NotASeriesError
    ids = [
        series_member(workspace.context.tenant_id, activity.series_id, number)
        for number in range(activity.occurrence + 1, activity.occurrences + 1)
    ]
    # As a rule all are still about the same record: one call; one that was moved is looked for by itself.
    found = workspace.activities.batch_get([(id, activity.related_id) for id in ids])
    cancelled: list[str] = []
    for id in ids:
        member = found.get(id) or workspace.activities.find(id)
        if member is not None and _cancel(workspace, member):
            cancelled.append(id)
    return EndedSeries(activity.series_id, cancelled)


def _cancel(workspace: Workspace, member: Activity) -> bool:
    while member.is_open and workspace.may("activity", "write", member):
        cancelled = member.model_copy(update={"status": ActivityStatus.CANCELLED})
        try:
            workspace.activities.save(cancelled, previous=member)
        except VersionMismatchError:
            current = workspace.activities.find(member.activity_id)
            if current is None:
                return False
            member = current
        except NotFoundError:
            return False
        else:
            return True
    return False
