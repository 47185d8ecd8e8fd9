"""Change an activity."""

from __future__ import annotations

from collections.abc import Callable

from zebros_activities.domain.activity import Activity, ActivityDraft
from zebros_activities.domain.activity_rules import check_draft
from zebros_activities.use_cases.descriptions import replaced_text, with_whole_text
from zebros_activities.use_cases.relations import check_participants, customer_of
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.records.unique import Receipt
from zebros_core.records.verbs import check_version, get_live
from zebros_core.records.workspace import Saved


def update_activity(
    workspace: Workspace,
    activity_id: str,
    revise: Callable[[ActivityDraft], ActivityDraft],
    *,
    expected_version: int | None = None,
    skip_duplicates: bool = False,
    receipt: Receipt | None = None,
) -> Saved[Activity]:
    """Change an activity to what `revise` makes of its writable part; another related record takes two versions.

    Of a series only this occurrence changes. Errors as in `create_activity`, and VersionMismatchError when the
    activity is not at `expected_version` or changes meanwhile.
    """
    activity: Activity = get_live(workspace, "activity", activity_id)
    workspace.ensure_allowed("activity", activity_id, activity, "write")
    check_version(activity, expected_version)
    whole = with_whole_text(workspace, activity)
    check_version(whole, activity.version)
    draft = revise(whole.draft())
    check_draft(draft, workspace.now, activity)
    revised = activity.revised(draft, workspace.now)
    if (revised.related_type, revised.related_id) != (activity.related_type, activity.related_id):
        revised = revised.model_copy(update={"customer_id": customer_of(workspace, draft)})
    check_participants(workspace, draft, activity.participants.contact_ids)
    workspace.ensure_assignable("activity", revised.owner_id, revised.team_id)
    workspace.check_custom("activity", revised.custom, activity.custom)
    revised, texts = replaced_text(workspace, revised, activity, whole.description, draft.description)
    with workspace.naming_only_visible():
        stored = workspace.activities.save_unique(
            revised, previous=activity, skip_duplicates=skip_duplicates, receipt=receipt, extra=texts
        )
    return Saved(stored, stored.version != activity.version)
