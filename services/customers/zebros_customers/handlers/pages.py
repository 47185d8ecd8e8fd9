"""Pages and histories as responses: the same for every resource."""

from collections.abc import Callable
from typing import Any

from zebros_core.dynamodb.paging import Page
from zebros_core.http import PageBody, PageQuery, Request, Response
from zebros_core.http.wire import WireModel
from zebros_customers.bootstrap import Container
from zebros_customers.handlers.bodies import HistoryEntryBody
from zebros_customers.use_cases.get_history import get_history


def page_response(page: Page[Any], body: type[WireModel], of: Callable[[Any], WireModel]) -> Response:
    """Return the response that shows a page, each item as `of` makes it."""
    items = [of(item) for item in page.items]
    return Response(PageBody[body].model_construct(items=items, next_cursor=page.next_cursor))


def history_response(request: Request[Container, PageQuery], entity: str, id: str) -> Response:
    """Return the response that shows a page of a record's history."""
    query = request.query
    workspace = request.services.workspace(request.context)
    page = get_history(workspace, entity, id, limit=query.limit, cursor=query.cursor)
    return page_response(page, HistoryEntryBody, HistoryEntryBody.of)
