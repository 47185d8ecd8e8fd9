"""Move an activity to the trash."""

from __future__ import annotations

from zebros_activities.domain.activity import Activity
from zebros_activities.use_cases.descriptions import expiring_text
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.records.unique import Receipt
from zebros_core.records.verbs import delete_live


def delete_activity(
    workspace: Workspace,
    activity_id: str,
    *,
    expected_version: int | None = None,
    receipt: Receipt | None = None,
) -> Activity:
    """Move an activity to the trash, from where it can be restored for 180 days; return its tombstone.

    Of a series only this occurrence goes. Its reminder is taken back when the event arrives, and tells nobody before.
    """
    found = workspace.activities.find(activity_id)
    texts = expiring_text(workspace, found) if found is not None else ()
    return delete_live(
        workspace,
        "activity",
        activity_id,
        expected_version=expected_version,
        receipt=receipt,
        extra=texts,
    )
