"""Comments on activities, oldest first below their activity."""

from __future__ import annotations

from zebros_activities.domain.comment import Comment
from zebros_activities.repositories.keys import LOOKUP_TABLE
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.operations import WriteOp, write
from zebros_core.dynamodb.paging import Page
from zebros_core.dynamodb.store import TenantStore


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

    def put(self, activity_id: str, comment: Comment) -> WriteOp:
        """Return the write of a comment, to be one of several."""
        row = comment.model_dump(mode="json", by_alias=True, exclude={"comment_id"})
        return self._lookup.put_op(("comments", activity_id), comment.comment_id, row)

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
