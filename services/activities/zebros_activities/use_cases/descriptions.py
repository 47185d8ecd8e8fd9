"""Long descriptions: the whole text for whoever reads one activity, the beginning for lists."""

from __future__ import annotations

from zebros_activities.domain.activity import Activity, beginning
from zebros_activities.repositories.texts import REPLACED_TTL_SECONDS
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.dynamodb.operations import WriteOp
from zebros_core.dynamodb.schema import BESIDE_TOMBSTONE_TTL_SECONDS
from zebros_core.errors import UnavailableError

_MAX_ATTEMPTS = 5


def with_whole_text(workspace: Workspace, activity: Activity) -> Activity:
    """Return the activity with its whole description; one that was changed meanwhile as it is now.

    One more read for a description that has no room in the record. What is returned is to be shown, never to be stored.
    """
    for _ in range(_MAX_ATTEMPTS):
        if activity.description_at is None:
            return activity
        text = workspace.texts.find(activity.activity_id, activity.description_at)
        if text is not None:
            return activity.model_copy(update={"description": text})
        activity = workspace.activities.get(activity.activity_id)
    raise UnavailableError(detail="This activity changes faster than it can be read.")


def stored_text(activity: Activity, text: str | None) -> tuple[Activity, bool]:
    """Return a new activity with what its record keeps of a description, and whether there is more to store."""
    if text is None:
        return activity, False
    kept, whole = beginning(text, activity.room_for_text)
    return activity.model_copy(
        update={"description": kept, "description_at": None if whole else activity.version}
    ), not whole


def replaced_text(
    workspace: Workspace, revised: Activity, previous: Activity, whole_before: str | None, text: str | None
) -> tuple[Activity, tuple[WriteOp, ...]]:
    """Return the changed activity with what its record keeps of the description, and the writes of the text.

    `previous` is as it is kept, `whole_before` its whole description. What is replaced stays for a while.
    """
    if text == whole_before:
        return revised, ()
    version = previous.version + (2 if revised.related_id != previous.related_id else 1)
    kept, whole = (None, True) if text is None else beginning(text, revised.room_for_text)
    changed = revised.model_copy(update={"description": kept, "description_at": None if whole else version})
    writes: list[WriteOp] = []
    if text is not None and not whole:
        writes.append(workspace.texts.put(previous.activity_id, version, text))
    if previous.description_at is not None and whole_before is not None:
        writes.append(
            workspace.texts.put(
                previous.activity_id, previous.description_at, whole_before, ttl_seconds=REPLACED_TTL_SECONDS
            )
        )
    return changed, tuple(writes)


def expiring_text(workspace: Workspace, activity: Activity) -> tuple[WriteOp, ...]:
    """Return the write that lets a text end with the tombstone of its activity."""
    return _again(workspace, activity, BESIDE_TOMBSTONE_TTL_SECONDS)


def lasting_text(workspace: Workspace, activity: Activity) -> tuple[WriteOp, ...]:
    """Return the write that keeps the text of a restored activity."""
    return _again(workspace, activity, None)


def _again(workspace: Workspace, activity: Activity, ttl_seconds: int | None) -> tuple[WriteOp, ...]:
    if activity.description_at is None:
        return ()
    if workspace.texts.find(activity.activity_id, activity.description_at) is None:
        return ()
    # Not written again: an erasure since it was read would be undone.
    return (workspace.texts.end(activity.activity_id, activity.description_at, ttl_seconds),)
