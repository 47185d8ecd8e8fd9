"""Histories as responses: the same for every resource."""

from zebros_core.http import PageQuery, Request, Response
from zebros_core.http.pages import page_response
from zebros_customers.bootstrap import Container
from zebros_customers.handlers.bodies import HistoryEntryBody
from zebros_customers.use_cases.get_history import get_history


def history_response(request: Request[Container, PageQuery], entity: str, id: str) -> Response:
    """Return the response that shows a page of a record's history."""
    query = request.query
    workspace = request.services.workspace(request.context)
    page = get_history(workspace, entity, id, limit=query.limit, cursor=query.cursor)
    return page_response(page, HistoryEntryBody, HistoryEntryBody.of)
