"""A page of records as a response."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zebros_core.dynamodb.paging import Page
from zebros_core.http.messages import Response
from zebros_core.http.paging import PageBody
from zebros_core.http.wire import WireModel


def page_response(page: Page[Any], body: type[WireModel], of: Callable[[Any], WireModel]) -> Response:
    """Return the response that shows a page, each item as ``of`` makes it."""
    items = [of(item) for item in page.items]
    return Response(PageBody[body].model_construct(items=items, next_cursor=page.next_cursor))
