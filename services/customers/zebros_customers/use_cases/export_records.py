"""Read all live records of an entity, for imports' matches, exports, privacy requests and backups."""

from datetime import datetime
from typing import Any

from zebros_core.auth.permissions import can_see
from zebros_core.dynamodb.paging import Page
from zebros_customers.use_cases.workspace import Workspace


def export_records(
    workspace: Workspace, entity: str, *, limit: int, cursor: str | None, since: datetime | None
) -> Page[Any]:
    """Return a page of the live records of an entity that the caller may export, oldest first.

    The index tells which records there are, each is then read strongly, so none is older than the call. With `since`
    only records created from then on: a caller ends with one pass since the moment at which it began, for those that
    the index did not show yet. Raises ForbiddenError for a caller who may not export.
    """
    visibility = workspace.visibility(entity, "export")
    repository: Any = {
        "customer": workspace.customers,
        "contact": workspace.contacts,
        "document": workspace.documents,
    }[entity]
    page = repository.page_by_creation(limit=limit, cursor=cursor, since=since)
    schema = repository.schema
    keys = [
        (
            getattr(record, schema.id_field),
            getattr(record, schema.parent_field) if schema.parent_field else None,
        )
        for record in page.items
    ]
    current = repository.batch_get(keys)
    records = [
        record
        for id, _ in keys
        # A contact that moved between the two reads is no longer under its old key.
        if (record := current.get(id) or repository.find(id)) is not None
        and can_see(visibility, workspace.context, record.owner_id, record.team_id)
    ]
    return Page(records, page.next_cursor)
