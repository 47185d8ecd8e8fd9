"""Find records by what no two of them share: an external id, a name, an e-mail address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from zebros_core.auth.permissions import Visibility
from zebros_core.dynamodb.gathering import gathering
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.repository import Repository
from zebros_core.records.workspace import RecordWorkspace

__all__ = ["find_ids", "find_records"]


def find_records(workspace: RecordWorkspace, entity: str, by: str, values: Iterable[str]) -> dict[str, Any]:
    """Return the live records that have these values and that the caller may see, by value, read strongly.

    `by` is `externalId` or a kind of value as records' `unique_values` name it, and values are in the form in which
    those are compared. One that is out of sight looks missing. A value that was let in for a second record is the first
    one's. Raises ForbiddenError for a caller who may not read the entity.
    """
    workspace.visibility(entity, "read")
    repository = workspace.records[entity]
    with gathering(repository.store):
        ids = _guarded(repository, by, values)
        if repository.schema.parent_attribute is None:
            # Ids of the tenant's own guards are its own records: one call for a hundred in every isolation model.
            records: Mapping[str, Any] = repository.batch_get(ids.values())
        else:
            repository.prefetch(ids.values())
            records = {id: record for id in ids.values() if (record := repository.find(id)) is not None}
    return {
        value: records[id]
        for value, id in ids.items()
        if id in records and workspace.may(entity, "read", records[id])
    }


def find_ids(workspace: RecordWorkspace, entity: str, by: str, values: Iterable[str]) -> dict[str, str]:
    """Return the ids of the same records: without reading those, for whoever may see all."""
    if workspace.visibility(entity, "read") is not Visibility.ALL:
        repository = workspace.records[entity]
        found = find_records(workspace, entity, by, values)
        return {value: getattr(record, repository.schema.id_field) for value, record in found.items()}
    repository = workspace.records[entity]
    with gathering(repository.store):
        return _guarded(repository, by, values)


def _guarded(repository: Repository[Any], by: str, values: Iterable[str]) -> dict[str, str]:
    """Return who has a value, by value; a call for a hundred."""
    schema = repository.schema
    if schema.lookup_table is None:
        return {}
    guards, kind = LookupTable(repository.store, schema.lookup_table), f"{schema.entity}.{by}"
    wanted = list(dict.fromkeys(values))
    guards.prefetch(guards.guard_place(kind, value) for value in wanted)
    return {value: id for value in wanted if (id := guards.guarded_id(kind, value)) is not None}
