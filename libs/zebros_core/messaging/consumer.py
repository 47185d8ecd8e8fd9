"""A queue's batch to a handler, record by record: what fails is delivered again, the rest is done.

Events come late, twice and out of order. A batch is folded to the newest event of each record, what was
applied before is dropped (`AppliedVersions`), and a handler must still bear a repetition: it may have been
stopped between its effect and the note of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, cast

from zebros_core.messaging.envelope import DETAIL_TYPE, EntityChanged, parse_entity_changed, read_json
from zebros_core.messaging.errors import MalformedMessageError, PoisonError
from zebros_core.messaging.versions import AppliedVersions

_LOG = logging.getLogger(__name__)

Handle: TypeAlias = Callable[[EntityChanged], None]
HandleBatch: TypeAlias = Callable[[Sequence[EntityChanged]], None]


class PoisonSink(Protocol):
    """Where messages are kept that cannot be handled (`FailureStore`)."""

    def keep(
        self, kind: str, reason: str, payload: Mapping[str, Any], *, tenant_id: str | None = None
    ) -> str: ...


@dataclass(frozen=True, slots=True)
class _Message:
    id: str
    record: Mapping[str, Any]
    change: EntityChanged


class Consumer:
    """An SQS event source for one use of the bus's events.

    - `name` of this consumer, under which its failures are kept.
    - `source` of the events on the bus; a message from elsewhere is poison.
    - `handle` is called for each event; what it raises sends the event back to the queue, but `PoisonError`.
    - `handle_batch`, instead of `handle`, is called once for each tenant of the batch; when it raises, all of
      that tenant's go back, except that after a `PoisonError` each record is tried alone.
    - `entities`: others are acknowledged unread (a rule's filter may be wider than the consumer).
    - `fold`: hand over only the newest event of a record. Turn it off where every version counts.
    - `applied` drops events that are not newer than what was applied.
    - `poison` keeps what cannot be handled and lets the queue forget it; without one it goes the queue's own
      way to its dead letters.
    """

    def __init__(
        self,
        handle: Handle | None = None,
        *,
        handle_batch: HandleBatch | None = None,
        name: str,
        source: str,
        entities: frozenset[str] | None = None,
        fold: bool = True,
        applied: AppliedVersions | None = None,
        poison: PoisonSink | None = None,
    ) -> None:
        if (handle is None) == (handle_batch is None):
            raise ValueError("give either handle or handle_batch")
        self._handle = handle
        self._handle_batch = handle_batch
        self._name = name
        self._source = source
        self._entities = entities
        self._fold = fold
        self._applied = applied
        self._poison = poison

    def handler(self, event: Mapping[str, Any], context: object = None) -> dict[str, list[dict[str, str]]]:
        """The Lambda entry: {"batchItemFailures": [{"itemIdentifier": messageId}, …]}."""
        failed: list[str] = []
        waiting: list[_Message] = []
        for record in cast("Sequence[Mapping[str, Any]]", event.get("Records", ())):
            message_id = str(record.get("messageId", ""))
            try:
                change = self._read(record)
            except PoisonError as error:
                if not self._set_aside(record, error, None):
                    failed.append(message_id)
                continue
            if self._wants(change):
                waiting.append(_Message(message_id, record, change))
        for group in self._groups(waiting):
            failed.extend(self._deliver(group))
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    def replay(self, event: Mapping[str, Any]) -> None:
        """Handle kept messages anew. Raises what goes wrong; nothing is set aside then."""
        changes = [self._read(record) for record in event.get("Records", ())]
        self._apply([change for change in changes if self._wants(change)])

    def _wants(self, change: EntityChanged) -> bool:
        return self._entities is None or change.entity in self._entities

    def _read(self, record: Mapping[str, Any]) -> EntityChanged:
        """The envelope inside the bus's own inside the queue's."""
        body = record.get("body")
        if not isinstance(body, str):
            raise MalformedMessageError("The message has no body.")
        outer = read_json(body)
        if not isinstance(outer, dict):
            raise MalformedMessageError("The message is not an event.")
        fields = cast("dict[str, Any]", outer)
        # Checked here as well as in the rule: rules are written elsewhere, and emulators apply only some
        # patterns.
        if fields.get("source") != self._source or fields.get("detail-type") != DETAIL_TYPE:
            raise MalformedMessageError("The message is not from the expected source.")
        detail = fields.get("detail")
        if not isinstance(detail, dict):
            raise MalformedMessageError("The message has no detail.")
        return parse_entity_changed(cast("dict[str, Any]", detail))

    def _groups(self, waiting: Sequence[_Message]) -> list[list[_Message]]:
        """What succeeds or fails together: a record's events, or for a batch handler a tenant's; oldest
        first.
        """
        groups: dict[tuple[str, ...], list[_Message]] = {}
        for message in waiting:
            key = message.change.key if self._handle is not None else (message.change.tenant_id,)
            groups.setdefault(key, []).append(message)
        return [sorted(group, key=lambda message: message.change.version) for group in groups.values()]

    def _deliver(self, group: Sequence[_Message]) -> list[str]:
        """The ids of those messages of the group that must come again."""
        try:
            self._apply([message.change for message in group])
        except PoisonError as error:
            records = list(dict.fromkeys(message.change.key for message in group))
            if len(records) > 1:
                return [
                    message_id
                    for key in records
                    for message_id in self._deliver(
                        [message for message in group if message.change.key == key]
                    )
                ]
            return [
                message.id
                for message in group
                if not self._set_aside(message.record, error, message.change.tenant_id)
            ]
        except Exception as error:  # noqa: BLE001 - a record's trouble is told to the queue, not to the other records
            _LOG.warning("events not handled, will come again", exc_info=error, extra={"events": len(group)})
            return [message.id for message in group]
        return []

    def _apply(self, changes: Sequence[EntityChanged]) -> None:
        if self._fold:
            changes = newest(changes)
        due = [change for change in changes if self._applied is None or self._applied.is_newer(change)]
        if due and self._handle_batch is not None:
            self._handle_batch(due)
        for change in due:
            if self._handle is not None:
                self._handle(change)
            if self._applied is not None:
                self._applied.record(change)

    def _set_aside(self, record: Mapping[str, Any], error: PoisonError, tenant_id: str | None) -> bool:
        """Whether the poison is safely kept, so that the queue may forget it."""
        fields = [fault.field for fault in error.fields]
        _LOG.error("event cannot be handled", extra={"reason": error.code, "fields": fields})
        if self._poison is None:
            return False
        message = {name: record[name] for name in ("messageId", "body") if name in record}
        try:
            self._poison.keep(self._name, error.code, {"Records": [message]}, tenant_id=tenant_id)
        except Exception as trouble:  # noqa: BLE001 - the queue still has it, and will bring it again
            _LOG.warning("failure not kept", exc_info=trouble)
            return False
        return True


def newest(changes: Sequence[EntityChanged]) -> list[EntityChanged]:
    """The newest event of each record, in the order in which the records first appear."""
    found: dict[tuple[str, str, str], EntityChanged] = {}
    for change in changes:
        known = found.get(change.key)
        if known is None or change.version > known.version:
            found[change.key] = change
    return list(found.values())
