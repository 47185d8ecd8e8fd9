"""What every resource of records shows beside its own fields: its keeping, its history."""

from __future__ import annotations

from typing import Any, Literal

from zebros_core.dynamodb.paging import Page
from zebros_core.http.messages import Request, Response
from zebros_core.http.pages import page_response
from zebros_core.http.paging import PageQuery
from zebros_core.http.wire import Instant, WireModel
from zebros_core.records.history import HistoryEntry
from zebros_core.records.verbs import get_history

__all__ = [
    "EXTERNAL_ID_PATTERN",
    "FieldChangeBody",
    "HistoryEntryBody",
    "RecordBody",
    "history_response",
    "shown",
]

EXTERNAL_ID_PATTERN = r"^[^#/\x00-\x1f\x7f]{1,128}$"
"""What an external id in a path looks like."""


class RecordBody(WireModel):
    """What every record shows of its keeping. `version` is the ETag."""

    version: int
    created_at: Instant
    created_by: str
    updated_at: Instant
    updated_by: str


def shown(body: type[WireModel], record: Any) -> dict[str, Any]:
    """Return the values of the body's fields as the record has them; tags in order."""
    values = {name: getattr(record, name) for name in body.model_fields}
    if "tags" in values:
        # A set has no order; two equal records must give equal bytes.
        values["tags"] = sorted(values["tags"])
    return values


class FieldChangeBody(WireModel):
    """A field before and after."""

    before: Any
    after: Any


class HistoryEntryBody(WireModel):
    """What one version of a record changed."""

    version: int
    operation: Literal["created", "updated", "deleted", "restored", "removed"]
    at: Instant
    actor: str
    job: str | None
    changes: dict[str, FieldChangeBody]

    @classmethod
    def of(cls, entry: HistoryEntry) -> HistoryEntryBody:
        """Return the body of an entry."""
        return cls.model_validate(entry.model_dump())


def history_response(request: Request[Any, PageQuery], entity: str, id: str) -> Response:
    """Return the response that shows a page of a record's history, newest first.

    The services of the request make its workspace.
    """
    query = request.query
    page: Page[HistoryEntry] = get_history(
        request.services.workspace(request.context), entity, id, limit=query.limit, cursor=query.cursor
    )
    return page_response(page, HistoryEntryBody, HistoryEntryBody.of)
