"""Comments on an activity: whoever may see it reads them, and may add one if they write activities at all."""

from __future__ import annotations

from zebros_activities.domain.activity import Activity
from zebros_activities.domain.comment import Comment, CommentDraft
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.dynamodb.paging import Page
from zebros_core.errors import ForbiddenError, NotFoundError
from zebros_core.records.verbs import get_live


def list_comments(workspace: Workspace, activity_id: str, *, limit: int, cursor: str | None) -> Page[Comment]:
    """Return a page of the comments on an activity, oldest first. Raises NotFoundError."""
    get_live(workspace, "activity", activity_id)
    return workspace.comments.page(activity_id, limit=limit, cursor=cursor)


def add_comment(workspace: Workspace, activity_id: str, draft: CommentDraft) -> Comment:
    """Add a comment in the caller's name. Raises NotFoundError, ForbiddenError for who writes no activities."""
    get_live(workspace, "activity", activity_id)
    workspace.visibility("activity", "write")
    comment = Comment(
        comment_id=workspace.comments.new_id(),
        text=draft.text,
        author_id=workspace.context.user_id,
        at=workspace.now,
    )
    workspace.comments.add(activity_id, comment)
    return comment


def remove_comment(workspace: Workspace, activity_id: str, comment_id: str) -> None:
    """Remove a comment: one's own, or any on an activity that one may change. Raises NotFoundError, ForbiddenError."""
    activity: Activity = get_live(workspace, "activity", activity_id)
    comment = workspace.comments.find(activity_id, comment_id)
    if comment is None:
        raise NotFoundError("comment", comment_id)
    if comment.author_id != workspace.context.user_id and not workspace.may("activity", "write", activity):
        raise ForbiddenError("this comment is somebody else's, on an activity that you may not change")
    workspace.comments.remove(activity_id, comment_id)
