"""Keep what each version of a record changed."""

from collections.abc import Sequence
from typing import Any

from zebros_core.messaging import EntityChanged, Operation
from zebros_customers.domain.history import FieldChange, HistoryEntry
from zebros_customers.use_cases.workspace import Workspace


def keep_history(workspace: Workspace, change: EntityChanged) -> None:
    """Append the change to the record's history; a repeated one changes nothing.

    A removal is the old row of a record that moved to another customer; the move itself is its own entry.
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
            for name in _changed_names(workspace, change)
            if _has_value(before.get(name)) or _has_value(after.get(name))
        },
    )
    workspace.history.append(change.entity, change.id, entry)


def _changed_names(workspace: Workspace, change: EntityChanged) -> Sequence[str]:
    """Return the fields to show: those that changed, on a create all that can, on a delete or restore none."""
    if change.operation is not Operation.CREATED:
        return change.changed
    schema = (workspace.customers if change.entity == "customer" else workspace.contacts).schema
    return [schema.stored_name(name) for name in schema.codes]


def _has_value(value: Any) -> bool:
    """Tell whether there is anything to show: neither null nor a collection of nothing."""
    if isinstance(value, dict):
        members: dict[str, Any] = value
        return any(_has_value(member) for member in members.values())
    return value is not None and value != []
