"""What follows from a change: activities go with the records that they are about, comments with their activities.

A customer that was merged away is answered for by its winner; a contact, lead or opportunity may go to another one.
Activities of a record that was deleted stay as they are. Comments on a deleted activity end when it cannot be restored
any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from zebros_activities.domain.activity import Activity, RelatedType
from zebros_activities.domain.timeline import merged_into
from zebros_activities.repositories.activities import Listing, Span
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.errors import ConflictError, NotFoundError, UnavailableError
from zebros_core.messaging import EntityChanged, Operation

_PAGE: Final = 50
_ABOUT: Final = frozenset({"relatedId", "customerId"})
COMMENTS_AT_ONCE: Final = 2_000
"""Comments that get another end in one call: some seconds. A queue brings an event five times."""


def follow_up(workspace: Workspace, change: EntityChanged) -> None:
    """Do what follows from a change. It may come late or twice, and a run that broke off goes on where it was.

    Where a record went is noted first, by version; then the activities are settled one by one, each compared with the
    notes as they are, so that what was settled already is left alone.
    """
    winner_id = merged_into(change)
    if winner_id is not None:
        workspace.moves.merge(change.id, winner_id)
        _settle_all(workspace, {"customerId": change.id})
    elif change.entity == "activity":
        if change.operation in {Operation.CREATED, Operation.RESTORED} or not _ABOUT.isdisjoint(
            change.changed
        ):
            activity = workspace.activities.find(change.id)
            if activity is not None:
                _settle(workspace, activity)
        if change.operation in {Operation.DELETED, Operation.RESTORED}:
            _end_comments(workspace, change.id)
    elif change.operation is Operation.UPDATED and "customerId" in change.changed:
        customer_id = (change.snapshot or {}).get("customerId")
        if workspace.moves.move(change.entity, change.id, change.version, customer_id):
            _settle_all(workspace, {"relatedKey": change.id})


def _end_comments(workspace: Workspace, activity_id: str) -> None:
    """Let the comments on an activity end with it if it is in the trash now, and never if it is not.

    Nothing is taken from the event. Whoever was overtaken by another change while they wrote finds another version
    behind them, and begins again: the last to write leaves what the record asks for. Raises UnavailableError when
    there is more to write than one call may: the event comes again, and finds the rest.
    """
    left = COMMENTS_AT_ONCE
    activity = workspace.activities.find_any(activity_id)
    while activity is not None:
        try:
            changed, all_are_so = workspace.comments.end(activity_id, activity.deleted_at, at_most=left)
        except ConflictError:
            raise UnavailableError(detail="A comment was removed meanwhile.") from None
        if not all_are_so:
            raise UnavailableError(detail="There are more comments than are written at once.")
        if not changed:
            return
        left -= changed
        seen, activity = activity.version, workspace.activities.find_any(activity_id)
        if activity is not None and activity.version == seen:
            return


def _settle_all(workspace: Workspace, wanted: dict[str, str]) -> None:
    for activity in _all(workspace, wanted):
        _settle(workspace, activity)


def _all(workspace: Workspace, wanted: dict[str, str]) -> Iterator[Activity]:
    """Give the activities that an index shows, page by page, each as it is now."""
    cursor: str | None = None
    while True:
        page = workspace.activities.page_by_time(wanted, Span(), Listing(_PAGE, cursor, "all"))
        # The index may still show one that has gone elsewhere: only what is found under its old key is as it was.
        yield from workspace.activities.batch_get(
            [(activity.activity_id, activity.related_id) for activity in page.items]
        ).values()
        cursor = page.next_cursor
        if cursor is None:
            return


def _settle(workspace: Workspace, activity: Activity) -> None:
    """Make an activity say where its record is now. One that is gone, or was changed to the same meanwhile, is done."""
    current: Activity | None = activity
    while current is not None:
        place = _place(workspace, current)
        if all(getattr(current, name) == value for name, value in place.items()):
            return
        try:
            workspace.activities.save(current.model_copy(update=place), previous=current)
        except (ConflictError, NotFoundError):
            current = workspace.activities.find(current.activity_id)
        else:
            return


def _place(workspace: Workspace, activity: Activity) -> dict[str, Any]:
    """Return what an activity is to say of its record and customer, by the notes of where they went."""
    if activity.related_type is None or activity.related_id is None:
        return {}
    if activity.related_type is RelatedType.CUSTOMER:
        winner_id = workspace.moves.winner_of(activity.related_id)
        return {"related_id": winner_id, "customer_id": winner_id}
    customer_id = workspace.moves.customer_of(
        activity.related_type.value, activity.related_id, activity.customer_id
    )
    return {"customer_id": workspace.moves.winner_of(customer_id) if customer_id else None}
