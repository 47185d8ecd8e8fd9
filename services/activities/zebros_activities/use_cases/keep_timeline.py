"""Keep the timelines of the records that a change concerns."""

from __future__ import annotations

from zebros_activities.domain.timeline import concerned, entry_of, merged_into, subject_of
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.messaging import EntityChanged


def keep_timeline(workspace: Workspace, change: EntityChanged) -> None:
    """Put a change on the timelines of all whom it concerns. It may come late or twice.

    An entry is the same row each time; what is shown of the record is that of its newest version.
    """
    workspace.timelines.keep_subject(subject_of(change))
    winner_id = merged_into(change)
    if winner_id is not None:
        workspace.moves.merge(change.id, winner_id)
    entry = entry_of(change)
    if entry is not None:
        for record in concerned(change):
            workspace.timelines.add(record, entry)
