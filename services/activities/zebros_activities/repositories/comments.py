"""Comments on activities, oldest first below their activity.

There may be any number, so those of a deleted activity get their end after it, from the event of its deletion.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from zebros_activities.domain.comment import Comment
from zebros_activities.repositories.keys import LOOKUP_TABLE
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.operations import MAX_OPERATIONS, WriteOp, write
from zebros_core.dynamodb.paging import Page
from zebros_core.dynamodb.schema import TOMBSTONE_TTL_SECONDS
from zebros_core.dynamodb.store import TenantStore

DELETED_TTL_SECONDS: Final = TOMBSTONE_TTL_SECONDS + 15 * 24 * 3600
"""As long as the activity can be restored, and a day longer than a queue keeps the event of that."""


class CommentRepository:
    """One tenant's comments."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def new_id(self) -> str:
        """Return an id, which sorts behind those before it."""
        return self._store.new_id()

    def add(self, activity_id: str, comment: Comment) -> None:
        """Store a comment."""
        write(self._store, [self.put(activity_id, comment)])

    def put(self, activity_id: str, comment: Comment, *, deleted: bool = False) -> WriteOp:
        """Return the write of a comment, to be one of several; it ends if its activity is `deleted` and stays so."""
        row = comment.model_dump(mode="json", by_alias=True, exclude={"comment_id"})
        return self._lookup.put_op(
            ("comments", activity_id),
            comment.comment_id,
            row,
            ttl_seconds=DELETED_TTL_SECONDS if deleted else None,
        )

    def rewrite(self, activity_id: str, comment: Comment, *, former: str) -> None:
        """Put another text in the place of one, which ends when that would. Raises ConflictError for a lost race."""
        op = self._lookup.add_op(
            ("comments", activity_id),
            comment.comment_id,
            {},
            sets={"text": comment.text},
            condition={"text": former},
        )
        write(self._store, [op])

    def find(self, activity_id: str, comment_id: str) -> Comment | None:
        """Return a comment, or None."""
        row = self._lookup.get(("comments", activity_id), comment_id)
        return None if row is None else Comment.model_validate({"commentId": comment_id, **row})

    def remove(self, activity_id: str, comment_id: str) -> None:
        """Remove a comment; none there is no error."""
        self._lookup.delete(("comments", activity_id), comment_id)

    def page(self, activity_id: str, *, limit: int, cursor: str | None) -> Page[Comment]:
        """Return a page of an activity's comments, oldest first. One Query."""
        page = self._lookup.query(("comments", activity_id), limit=limit, cursor=cursor)
        comments = [Comment.model_validate({"commentId": row.pop("sk"), **row}) for row in page.items]
        return Page(comments, page.next_cursor)

    def end(self, activity_id: str, deleted_at: datetime | None, *, at_most: int) -> tuple[int, bool]:
        """Let comments end after an activity that was deleted then, or never; tell how many changed, and if all did.

        Those that end so already are only read: whoever repeats it goes on where it stopped. A Query for a hundred, and
        a transaction where some of them change. Raises ConflictError where one was removed meanwhile.
        """
        ends_at = None if deleted_at is None else int(deleted_at.timestamp()) + DELETED_TTL_SECONDS
        partition = ("comments", activity_id)
        changed, after = 0, None
        while True:
            ends, after = self._lookup.ends(partition, limit=MAX_OPERATIONS, after=after)
            differing = [id for id, end in ends.items() if end != ends_at]
            due = differing[: at_most - changed]
            write(self._store, [self._lookup.end_at_op(partition, id, ends_at) for id in due])
            changed += len(due)
            if len(due) < len(differing):
                return changed, False
            if after is None:
                return changed, True
