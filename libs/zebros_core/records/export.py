"""Read all live records of an entity, for imports' matches, exports, privacy requests and backups."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from zebros_core.dynamodb.paging import Page
from zebros_core.records.exported import ExportedRepository
from zebros_core.records.workspace import RecordWorkspace

__all__ = ["export_records", "read_records"]


def export_records(
    workspace: RecordWorkspace, entity: str, *, limit: int, cursor: str | None, since: datetime | None
) -> Page[Any]:
    """Return a page of the live records of an entity that the caller may export, oldest first.

    The index tells which records there are, each is then read strongly, so none is older than the call. With `since`
    only records created from then on: a caller ends with one pass since the moment at which it began, for those that
    the index did not show yet. Raises ForbiddenError for a caller who may not export.
    """
    workspace.visibility(entity, "export")
    repository = cast("ExportedRepository[Any]", workspace.records[entity])
    page = repository.page_by_creation(limit=limit, cursor=cursor, since=since)
    schema = repository.schema
    keys: list[tuple[str, str | None]] = [
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
        # One that moved to another parent between the two reads is no longer under its old key.
        if (record := current.get(id) or repository.find(id)) is not None
        and workspace.may(entity, "export", record)
    ]
    return Page(records, page.next_cursor)


def read_records(workspace: RecordWorkspace, entity: str, ids: Sequence[str]) -> list[Any]:
    """Return those of these records that are live and that the caller may see, read strongly, in the order of `ids`.

    One call for a hundred; in a table with a sort key one for each. An id that another tenant has taken in a shared
    table looks missing like any other. Raises ForbiddenError for a caller who may not read the entity.
    """
    workspace.visibility(entity, "read")
    repository = workspace.records[entity]
    found = repository.find_all(ids)
    return [
        found[id] for id in dict.fromkeys(ids) if id in found and workspace.may(entity, "read", found[id])
    ]
