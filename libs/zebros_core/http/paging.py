"""Pages: ``limit`` and ``cursor`` in, ``items`` and ``nextCursor`` out."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BeforeValidator, Field

from zebros_core.http.query import QueryModel
from zebros_core.http.wire import WireModel

MAX_LIMIT = 200
DEFAULT_LIMIT = 50


def _digits(value: object) -> object:
    # int() would also take "+5", " 5 " and "1_0".
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise ValueError("must be a whole number")
    return value


DIGITS = BeforeValidator(_digits)
"""Put last on an integer query parameter: ``Annotated[int, Field(ge=1), DIGITS]`` takes decimal digits only.
"""


class PageQuery(QueryModel):
    """The parameters of every list; lists with filters add theirs in a subclass."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Items to return at most."), DIGITS] = (
        DEFAULT_LIMIT
    )
    cursor: Annotated[
        str | None, Field(min_length=1, max_length=1024, description="The nextCursor of the page before.")
    ] = None


T = TypeVar("T")


class PageBody(WireModel, Generic[T]):
    """One page of a list. ``nextCursor`` is null on the last page; a page may be short, even empty, before
    that.
    """

    items: list[T]
    next_cursor: str | None

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """Name ``PageBody[Widget]`` ``WidgetPage`` in the API's schemas."""
        return f"{params[0].__name__}Page"
