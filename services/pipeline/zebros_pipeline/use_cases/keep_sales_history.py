"""Keep the history of leads, products and opportunities, of these with their lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from zebros_core.messaging import EntityChanged, Operation
from zebros_core.records.history_events import keep_history
from zebros_pipeline.domain.opportunity import Line
from zebros_pipeline.repositories.keys import BY_ENTITY
from zebros_pipeline.use_cases.workspace import Workspace

_BOOKKEEPING: Final = frozenset({"activeAt", "stageEnteredAt"})
"""Fields that only say when others changed, which an entry of the history says itself."""

_LINES: Final = "lines"


def keep_sales_history(workspace: Workspace, change: EntityChanged) -> None:
    """Append a change to the history of its record."""
    shown = change.model_copy(
        update={
            "changed": tuple(name for name in change.changed if name not in _BOOKKEEPING),
            "snapshot": _without_bookkeeping(change.snapshot or {}),
        }
    )
    keep_history(workspace.history, BY_ENTITY, _with_lines(workspace, shown))


def _with_lines(workspace: Workspace, change: EntityChanged) -> EntityChanged:
    """Add what became of an opportunity's lines, which lie beside it and are in no event."""
    if change.entity != "opportunity" or change.operation not in {Operation.CREATED, Operation.UPDATED}:
        return change
    counts = [(values or {}).get("lineCount") for values in (change.snapshot, change.previous)]
    found = workspace.opportunities.lines_changed_by(change.id, change.version) if any(counts) else None
    if found is None:
        return change
    previous = change.previous
    if previous is not None:
        previous = {**previous, _LINES: _documents(found.before or ())}
    created = change.operation is Operation.CREATED
    return change.model_copy(
        update={
            "changed": change.changed if created else (*change.changed, _LINES),
            "snapshot": {**(change.snapshot or {}), _LINES: _documents(found.after)},
            "previous": previous,
        }
    )


def _documents(lines: tuple[Line, ...]) -> list[dict[str, Any]]:
    return [line.model_dump(mode="json", by_alias=True, exclude_none=True) for line in lines]


def _without_bookkeeping(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in _BOOKKEEPING}
