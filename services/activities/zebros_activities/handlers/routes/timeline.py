"""/v1/timeline"""

from __future__ import annotations

from zebros_activities.bootstrap import Container
from zebros_activities.handlers.bodies import TimelineItemBody
from zebros_activities.use_cases.get_timeline import get_timeline
from zebros_core.http import PageBody, PageQuery, Request, Response, Routes
from zebros_core.http.pages import page_response

routes = Routes("timeline")


@routes.get(
    "/v1/timeline/{entity}/{recordId}",
    operation="getTimeline",
    personal=True,
    permission=("activity", "read"),
    query=PageQuery,
    response=PageBody[TimelineItemBody],
    path_patterns={"entity": "^(customer|contact|lead|opportunity)$"},
    summary="What happened to a record and around it",
)
def get(request: Request[Container, PageQuery]) -> Response:
    """Newest first, in all services: the record itself, what belongs to it, and the activities about it; of other
    records only what the caller may see, and nothing of those that are gone. Kept from events, as a rule within two
    seconds.
    """
    page = get_timeline(
        request.services.workspace(request.context),
        request.path["entity"],
        request.path["recordId"],
        limit=request.query.limit,
        cursor=request.query.cursor,
    )
    return page_response(page, TimelineItemBody, TimelineItemBody.of)
