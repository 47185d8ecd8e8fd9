"""Keep the history of activities, with whole descriptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zebros_activities.repositories.keys import BY_ENTITY, LOOKUP_TABLE
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.messaging import EntityChanged, Operation
from zebros_core.privacy.trash import TrashIndex
from zebros_core.records.history_events import keep_history

_TEXT = frozenset({"description", "descriptionAt"})


def keep_activity_history(workspace: Workspace, change: EntityChanged) -> None:
    """Append a change to the history of its record; of a long description as a whole, before and after.

    Also keeps which activities are in the trash.
    """
    TrashIndex(workspace.activities.store, LOOKUP_TABLE).note(change)
    keep_history(workspace.history, BY_ENTITY, _with_whole_text(workspace, change))


def _with_whole_text(workspace: Workspace, change: EntityChanged) -> EntityChanged:
    created = change.operation is Operation.CREATED
    if change.snapshot is None or (not created and _TEXT.isdisjoint(change.changed)):
        return change
    changed = tuple(name for name in change.changed if name not in _TEXT)
    previous = change.previous
    if previous is not None:
        # Only what changed is there; a version of the text that did not change is that of the record.
        before = {"description": change.snapshot.get("description"), **previous}
        previous = _whole(workspace, change.id, before)
    return change.model_copy(
        update={
            "snapshot": _whole(workspace, change.id, change.snapshot),
            "previous": previous,
            "changed": changed if created else (*changed, "description"),
        }
    )


def _whole(workspace: Workspace, activity_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with the whole description, and without the version that says where it is."""
    found = dict(values)
    at = found.pop("descriptionAt", None)
    text = workspace.texts.find(activity_id, at) if isinstance(at, int) else None
    return found if text is None else {**found, "description": text}
