"""Records that can be read from the first to the last, by creation."""

from datetime import datetime
from typing import TypeVar

from zebros_core.dynamodb.entity import StoredEntity
from zebros_core.dynamodb.repository import Page, Repository

E = TypeVar("E", bound=StoredEntity)

_AFTER_ALL = "9999"
"""A sort value behind every instant."""


class ExportedRepository(Repository[E]):
    """A repository whose table has the index `created`."""

    def page_by_creation(self, *, limit: int, cursor: str | None, since: datetime | None = None) -> Page[E]:
        """Return a page of all live records, oldest first, of those created at `since` or later."""
        start = since.strftime("%Y-%m-%dT%H:%M:%S") if since is not None else None
        return self._page(
            "created",
            None,
            limit=limit,
            cursor=cursor,
            query_name=f"{self.schema.table}-by-creation",
            sort_between=(start, _AFTER_ALL) if start is not None else None,
        )
