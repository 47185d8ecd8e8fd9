"""Read the timeline of a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from zebros_activities.domain.timeline import Entry, Subject
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.auth.permissions import can_see
from zebros_core.dynamodb.paging import Page
from zebros_core.errors import ForbiddenError, NotFoundError

_MAX_READS: Final = 5


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """An entry, and the title of what it is about as it is now."""

    entry: Entry
    title: str


def get_timeline(
    workspace: Workspace, entity: str, record_id: str, *, limit: int, cursor: str | None
) -> Page[TimelineItem]:
    """Return a page of what happened to a record and around it, newest first.

    Of other records what the caller may see of them, and nothing of those that are gone. A customer's holds that of the
    customers that were merged into it. Kept from events, so the newest may be missing for a moment. At most five
    rounds are read, then the page is short and has a cursor. Raises NotFoundError for a record out of sight.
    """
    if workspace.references.find(entity, record_id) is None:
        raise NotFoundError(entity, record_id)
    records = [(entity, record_id)]
    if entity == "customer":
        records += [("customer", loser) for loser in workspace.moves.losers_of(record_id)]
    found: list[TimelineItem] = []
    for _ in range(_MAX_READS):
        page = workspace.timelines.page(records, limit=limit - len(found), cursor=cursor)
        subjects = workspace.timelines.subjects((entry.entity, entry.id) for entry in page.items)
        for entry in page.items:
            record = (entry.entity, entry.id)
            subject = subjects.get(record)
            if record in records or _may_see(workspace, subject):
                found.append(TimelineItem(entry, subject.title if subject else ""))
        cursor = page.next_cursor
        if cursor is None or len(found) >= limit:
            break
    return Page(found, cursor)


def _may_see(workspace: Workspace, subject: Subject | None) -> bool:
    if subject is None or subject.deleted:
        return False
    try:
        visibility = workspace.visibility(subject.entity, "read")
    except ForbiddenError:
        return False
    return can_see(visibility, workspace.context, subject.owner_id, subject.team_id)
