"""Put activities back as an export gave them, with their whole descriptions and their comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import Field

from zebros_activities.domain.activity import Activity, Delivery, DeliveryStatus, beginning
from zebros_activities.domain.comment import Comment, CommentText
from zebros_activities.domain.values import Instant
from zebros_activities.repositories.anchors import AnchoredCursors
from zebros_activities.use_cases.descriptions import replaced_text, with_whole_text
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.dynamodb.operations import MAX_OPERATIONS, write
from zebros_core.dynamodb.paging import Page
from zebros_core.errors import ValidationError
from zebros_core.http.validation import validate_document
from zebros_core.records.export import read_records
from zebros_core.records.reinstate import ReinstateRules, Side
from zebros_core.values import RecordId, Value

_COMMENTS: Final = "comments"
MAX_COMMENTS: Final = 10_000
"""Comments of one activity that come back."""

_COMMENTS_A_PAGE: Final = 500
"""Of two thousand characters at most: a megabyte or two."""

_RESTORED: Final = "restored"


class KeptComment(Value):
    """A comment as backups hold it."""

    comment_id: RecordId
    text: CommentText
    author_id: Annotated[str, Field(min_length=1, max_length=256)]
    at: Instant


class _BesideActivity(Value):
    """What an exported activity has beside its fields."""

    comments: Annotated[tuple[KeptComment, ...], Field(max_length=MAX_COMMENTS)] = ()


def read_comments(
    workspace: Workspace, activity_ids: Sequence[str], *, cursor: str | None
) -> Page[tuple[str, list[Comment]]]:
    """Return the comments on activities that are live and that the caller may see, by activity, oldest first.

    Some hundreds a page: an activity with more comes again with the next cursor.
    """
    order = list(dict.fromkeys(activity_ids))
    cursors = AnchoredCursors(workspace.activities.store, "comments-of", {"ids": order}, "all")
    begun = cursors.begin(cursor, order[0])
    there = {activity.activity_id for activity in read_records(workspace, "activity", order)}
    comments: list[tuple[str, list[Comment]]] = []
    room = _COMMENTS_A_PAGE
    for id in order[order.index(begun.at) :]:
        if id not in there:
            continue
        if room == 0:
            return Page(comments, cursors.go_on(id, None))
        within = begun.cursor if id == begun.at else None
        page = workspace.comments.page(id, limit=room, cursor=within)
        if page.items:
            comments.append((id, page.items))
        room -= len(page.items)
        if page.next_cursor is not None:
            return Page(comments, cursors.go_on(id, page.next_cursor))
    return Page(comments, None)


def _activity(
    workspace: Workspace, record: Activity, document: Mapping[str, Any], present: Activity | None
) -> Activity:
    del workspace
    _beside(document)
    if record.description_at is not None and beginning(record.description or "", record.room_for_text)[1]:
        message = "the whole text, of which an export has the beginning"
        raise ValidationError.for_field("/record/description", "incomplete", message)
    return record.model_copy(update={"description_at": None, "delivery": _delivery(record, present)})


def _delivery(record: Activity, present: Activity | None) -> Delivery | None:
    """A mail that was on its way when the backup was made is not sent by being put back."""
    delivery = record.delivery
    if delivery is None or delivery.status is not DeliveryStatus.QUEUED:
        return delivery
    if present is not None and not present.is_deleted:
        return present.delivery
    return delivery.model_copy(update={"status": DeliveryStatus.FAILED, "reason": _RESTORED})


def _comments_ahead(
    workspace: Workspace, record: Activity, document: Mapping[str, Any], present: Activity | None
) -> None:
    deleted = present is not None and present.is_deleted
    operations = [
        workspace.comments.put(record.activity_id, Comment.model_construct(**dict(comment)), deleted=deleted)
        for comment in _beside(document).comments
    ]
    for start in range(0, len(operations), MAX_OPERATIONS):
        write(workspace.activities.store, operations[start : start + MAX_OPERATIONS])


def _beside(document: Mapping[str, Any]) -> _BesideActivity:
    comments = {_COMMENTS: document[_COMMENTS]} if _COMMENTS in document else {}
    return validate_document(_BesideActivity, comments)


def _with_text(
    workspace: Workspace,
    record: Activity,
    previous: Activity | None,
    version: int,
    document: Mapping[str, Any],
) -> Side:
    """Store the text of a description that has no room in the record; what it replaces stays for a while."""
    del document
    text = record.description
    if previous is None or previous.is_deleted:
        # The text of what is in the trash ends with it.
        nothing = record.model_copy(
            update={"description": None, "description_at": None, "version": version - 1}
        )
        return Side(*replaced_text(workspace, nothing, nothing, None, text))
    kept = previous
    if previous.description_at is not None:
        start, _ = beginning(previous.description or "", previous.room_for_text)
        kept = previous.model_copy(update={"description": start})
    revised = record.model_copy(
        update={"description": kept.description, "description_at": kept.description_at}
    )
    return Side(*replaced_text(workspace, revised, kept, previous.description, text), previous=kept)


RULES: Final[Mapping[str, ReinstateRules]] = {
    "activity": ReinstateRules(
        beside=frozenset({_COMMENTS}),
        settle=_activity,
        complete=with_whole_text,
        side=_with_text,
        ahead=_comments_ahead,
    ),
}
