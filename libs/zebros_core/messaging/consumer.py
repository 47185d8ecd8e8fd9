"""Changes of records to a handler, record by record.

A batch is folded to the newest event of each record, what was applied before is dropped (`AppliedVersions`),
and a handler must still bear a repetition: it may have been stopped between its effect and the note of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

from zebros_core.messaging.envelope import DETAIL_TYPE, EntityChanged, parse_entity_changed
from zebros_core.messaging.event_consumer import EventConsumer, PoisonSink
from zebros_core.messaging.versions import AppliedVersions

Handle: TypeAlias = Callable[[EntityChanged], None]
HandleBatch: TypeAlias = Callable[[Sequence[EntityChanged]], None]


class Consumer(EventConsumer[EntityChanged]):
    """An SQS event source for one use of `EntityChanged`; see `EventConsumer`, and beyond it:

    - `entities`: others are acknowledged unread (a rule's filter may be wider than the consumer).
    - `fold`: hand over only the newest event of a record. Turn it off where every version counts.
    - `applied` drops events that are not newer than what was applied.
    """

    def __init__(
        self,
        handle: Handle | None = None,
        *,
        handle_batch: HandleBatch | None = None,
        name: str,
        source: str | Collection[str],
        entities: frozenset[str] | None = None,
        fold: bool = True,
        applied: AppliedVersions | None = None,
        serves: Callable[[str], bool] | None = None,
        poison: PoisonSink | None = None,
    ) -> None:
        super().__init__(
            handle,
            handle_batch=handle_batch,
            name=name,
            source=source,
            detail_type=DETAIL_TYPE,
            parse=parse_entity_changed,
            serves=serves,
            poison=poison,
        )
        self._entities = entities
        self._fold = fold
        self._applied = applied

    def _wants(self, event: EntityChanged) -> bool:
        return (self._entities is None or event.entity in self._entities) and super()._wants(event)

    def _order(self, event: EntityChanged) -> int:
        return event.version

    def _apply(self, events: Sequence[EntityChanged]) -> None:
        if self._fold:
            events = newest(events)
        due = [change for change in events if self._applied is None or self._applied.is_newer(change)]
        if due and self._handle_batch is not None:
            self._handle_batch(due)
        for change in due:
            if self._handle is not None:
                self._handle(change)
            if self._applied is not None:
                self._applied.record(change)


def newest(changes: Sequence[EntityChanged]) -> list[EntityChanged]:
    """The newest event of each record, in the order in which the records first appear."""
    found: dict[tuple[str, str, str], EntityChanged] = {}
    for change in changes:
        known = found.get(change.key)
        if known is None or change.version > known.version:
            found[change.key] = change
    return list(found.values())
