"""The queue of what changed anywhere: the log and the states follow it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from zebros_core.messaging import Consumer, EntityChanged
from zebros_sync.bootstrap import Container, container
from zebros_sync.domain.people import shown_person
from zebros_sync.settings import OWNER_OF, PEOPLE, SOURCES
from zebros_sync.use_cases.append_changes import append_changes


def append(have: Container, changes: Sequence[EntityChanged]) -> None:
    """Append one tenant's changes to its log."""
    workspace = have.system_workspace(changes[0].tenant_id, "sync")
    append_changes(workspace.log, [_shown(have.whole(change)) for change in changes])


def _shown(change: EntityChanged) -> EntityChanged:
    if change.entity != PEOPLE or change.snapshot is None:
        return change
    return change.model_copy(update={"snapshot": shown_person(change.snapshot)})


def consumer(have: Container) -> Consumer:
    """Return the consumer of changes of whatever devices keep."""
    return have.consumer(
        "changes",
        handle_batch=lambda changes: append(have, changes),
        entities=frozenset({*OWNER_OF, PEOPLE}),
        fold=True,
        source=SOURCES,
    )


@cache
def _consumer() -> Consumer:
    return consumer(container())


def changes_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Append what changed."""
    return _consumer().handler(event, context)
