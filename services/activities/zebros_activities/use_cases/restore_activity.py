"""Bring an activity back from the trash."""

from __future__ import annotations

from zebros_activities.domain.activity import Activity
from zebros_activities.use_cases.descriptions import lasting_text
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.records.unique import Receipt
from zebros_core.records.verbs import restore_deleted
from zebros_core.records.workspace import Saved


def restore_activity(
    workspace: Workspace, activity_id: str, *, skip_duplicates: bool = False, receipt: Receipt | None = None
) -> Saved[Activity]:
    """Bring an activity back as it was when it was deleted; a live one is returned as it stands."""
    found = workspace.activities.find_any(activity_id)
    texts = lasting_text(workspace, found) if found is not None and found.is_deleted else ()
    return restore_deleted(
        workspace,
        "activity",
        activity_id,
        skip_duplicates=skip_duplicates,
        receipt=receipt,
        extra=texts,
    )
