"""Activities as responses."""

from __future__ import annotations

from typing import Any

from zebros_activities.bootstrap import Container
from zebros_activities.domain.activity import Activity
from zebros_activities.handlers.bodies import ActivityBody
from zebros_activities.use_cases.descriptions import with_whole_text
from zebros_core.dynamodb.paging import Page
from zebros_core.http import Request, Response
from zebros_core.http.pages import page_response


def answer(
    request: Request[Container, Any, Any],
    activity: Activity,
    *,
    status: int | None = None,
    location: bool = False,
) -> Response:
    """Return the response that shows an activity, with its whole description."""
    whole = with_whole_text(request.services.workspace(request.context), activity)
    return shown_whole(whole, status=status, location=location)


def shown_whole(activity: Activity, *, status: int | None = None, location: bool = False) -> Response:
    """Return the response that shows an activity which was read with its whole description."""
    return Response(
        ActivityBody.of(activity, whole=True),
        status=status,
        etag=activity.version,
        location=f"/v1/activities/{activity.activity_id}" if location else None,
        owner_id=activity.owner_id,
        team_id=activity.team_id,
    )


def page_of(page: Page[Activity]) -> Response:
    """Return the response that shows a page of activities, with the beginnings of long descriptions."""
    return page_response(page, ActivityBody, ActivityBody.of)
