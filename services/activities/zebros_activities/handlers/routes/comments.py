"""/v1/activities/{activityId}/comments"""

from __future__ import annotations

from zebros_activities.bootstrap import Container
from zebros_activities.domain.comment import CommentDraft
from zebros_activities.handlers.bodies import CommentBody
from zebros_activities.use_cases.manage_comments import add_comment, list_comments, remove_comment
from zebros_core.http import Example, NoQuery, PageBody, PageQuery, Request, Response, Routes
from zebros_core.http.pages import page_response

routes = Routes("comments")


@routes.get(
    "/v1/activities/{activityId}/comments",
    operation="listComments",
    personal=True,
    permission=("activity", "read"),
    query=PageQuery,
    response=PageBody[CommentBody],
    summary="List comments on an activity",
)
def list_(request: Request[Container, PageQuery]) -> Response:
    """Oldest first."""
    page = list_comments(
        request.services.workspace(request.context),
        request.path["activityId"],
        limit=request.query.limit,
        cursor=request.query.cursor,
    )
    return page_response(page, CommentBody, CommentBody.of)


@routes.post(
    "/v1/activities/{activityId}/comments",
    operation="createComment",
    permission=("activity", "write"),
    body=CommentDraft,
    response=CommentBody,
    status=201,
    idempotent="record",
    summary="Comment on an activity",
    examples=(Example("comment", {"text": "They moved; call the new number."}),),
)
def create(request: Request[Container, NoQuery, CommentDraft]) -> Response:
    """In the caller's name, on any activity that the caller may see."""
    activity_id = request.path["activityId"]
    comment = add_comment(request.services.workspace(request.context), activity_id, request.body)
    return Response(CommentBody.of(comment))


@routes.delete(
    "/v1/activities/{activityId}/comments/{commentId}",
    operation="deleteComment",
    permission=("activity", "write"),
    status=204,
    summary="Remove a comment",
)
def delete(request: Request[Container]) -> Response:
    """One's own, or any on an activity that one may change."""
    workspace = request.services.workspace(request.context)
    remove_comment(workspace, request.path["activityId"], request.path["commentId"])
    return Response()
