"""Read an activity."""

from __future__ import annotations

from collections.abc import Sequence

from zebros_activities.domain.activity import Activity
from zebros_activities.use_cases.descriptions import with_whole_text
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.records.export import read_records
from zebros_core.records.verbs import find_live_by_external_id, get_live


def get_activity(workspace: Workspace, activity_id: str) -> Activity:
    """Return a live activity that the caller may see, with its whole description. Raises NotFoundError."""
    return with_whole_text(workspace, get_live(workspace, "activity", activity_id))


def find_activity_by_external_id(workspace: Workspace, external_id: str) -> Activity:
    """Return the live activity with this external id, if the caller may see it. Raises NotFoundError."""
    return with_whole_text(workspace, find_live_by_external_id(workspace, "activity", external_id))


def read_texts(workspace: Workspace, activity_ids: Sequence[str]) -> dict[str, str | None]:
    """Return the whole descriptions of those of these activities that are live and that the caller may see, by id."""
    found: list[Activity] = read_records(workspace, "activity", activity_ids)
    return {activity.activity_id: with_whole_text(workspace, activity).description for activity in found}
