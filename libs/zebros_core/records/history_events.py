"""Keep the history of records from the events of their tables: what a consumer calls for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zebros_core.dynamodb.schema import EntitySchema
from zebros_core.messaging.envelope import EntityChanged, Operation
from zebros_core.records.history import FieldChange, HistoryEntry, HistoryRepository

__all__ = ["keep_history"]


def keep_history(
    history: HistoryRepository, schemas: Mapping[str, EntitySchema[Any]], change: EntityChanged
) -> None:
    """Append a change to the record's history; a repeated one changes nothing. `schemas` are by entity.

    A removal is the old row of a record that moved to another parent; the move itself is its own entry.
    """
    if change.operation is Operation.REMOVED:
        return
    after = change.snapshot or {}
    before = change.previous or {}
    entry = HistoryEntry(
        version=change.version,
        operation=change.operation.value,
        at=change.occurred_at,
        actor=change.actor or "unknown",
        job=change.job,
        changes={
            name: FieldChange(before=before.get(name), after=after.get(name))
            for name in _changed_names(schemas[change.entity], change)
            if _has_value(before.get(name)) or _has_value(after.get(name))
        },
    )
    # A move to another key is new there, and very large changes leave out what was before.
    former_unknown = change.operation is Operation.UPDATED and change.previous is None
    history.append(change.entity, change.id, entry, former_unknown=former_unknown)


def _changed_names(schema: EntitySchema[Any], change: EntityChanged) -> Sequence[str]:
    """Return the fields to show: those that changed, on a create all that can, on a delete or restore none."""
    if change.operation is not Operation.CREATED:
        return change.changed
    return [schema.stored_name(name) for name in schema.codes]


def _has_value(value: Any) -> bool:
    """Tell whether there is anything to show: neither null nor a collection of nothing."""
    if isinstance(value, dict):
        members: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        return any(_has_value(member) for member in members.values())
    return value is not None and value != []
