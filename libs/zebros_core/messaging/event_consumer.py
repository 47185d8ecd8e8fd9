"""A queue's batch of events of one kind to a handler: what fails is delivered again, the rest is done.

Events come late, twice and out of order: a handler must bear a repetition. `Consumer` adds what the changes of
records allow, which have versions: the newest alone, and nothing that was applied before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, cast

from zebros_core.messaging.envelope import read_json
from zebros_core.messaging.errors import MalformedMessageError, PoisonError

_LOG = logging.getLogger(__name__)


class DeliveredEvent(Protocol):
    """What a consumer has to know of an event."""

    @property
    def tenant_id(self) -> str: ...
    @property
    def key(self) -> tuple[str, ...]:
        """What the event is about; events of one key succeed or fail together, and begin with the tenant."""
        ...


E = TypeVar("E", bound=DeliveredEvent)


class PoisonSink(Protocol):
    """Where messages are kept that cannot be handled (`FailureStore`)."""

    def keep(
        self, kind: str, reason: str, payload: Mapping[str, Any], *, tenant_id: str | None = None
    ) -> str: ...


@dataclass(frozen=True, slots=True)
class _Message(Generic[E]):
    id: str
    record: Mapping[str, Any]
    event: E


class EventConsumer(Generic[E]):
    """An SQS event source for one use of one kind of the bus's events.

    - `name` of this consumer, under which its failures are kept.
    - `source` of the events on the bus, or several; a message from elsewhere is poison.
    - `detail_type` and `parse`: the kind of event, and what reads its envelope (raising PoisonError).
    - `handle` is called for each event; what it raises sends the event back to the queue, but `PoisonError`.
    - `handle_batch`, instead of `handle`, is called once for each tenant of the batch; when it raises, all of
      that tenant's go back, except that after a `PoisonError` each key is tried alone.
    - `serves` says whether a tenant's events are handled at all; others are acknowledged. A tenant that is being
      erased would otherwise get new derived data from the deletions themselves.
    - `poison` keeps what cannot be handled and lets the queue forget it; without one it goes the queue's own
      way to its dead letters.
    """

    def __init__(
        self,
        handle: Callable[[E], None] | None = None,
        *,
        handle_batch: Callable[[Sequence[E]], None] | None = None,
        name: str,
        source: str | Collection[str],
        detail_type: str,
        parse: Callable[[Mapping[str, Any]], E],
        serves: Callable[[str], bool] | None = None,
        poison: PoisonSink | None = None,
    ) -> None:
        if (handle is None) == (handle_batch is None):
            raise ValueError("give either handle or handle_batch")
        self._handle = handle
        self._handle_batch = handle_batch
        self._name = name
        self._sources = frozenset([source] if isinstance(source, str) else source)
        self._detail_type = detail_type
        self._parse = parse
        self._serves = serves
        self._poison = poison

    def handler(self, event: Mapping[str, Any], context: object = None) -> dict[str, list[dict[str, str]]]:
        """The Lambda entry: {"batchItemFailures": [{"itemIdentifier": messageId}, …]}."""
        failed: list[str] = []
        waiting: list[_Message[E]] = []
        for record in cast("Sequence[Mapping[str, Any]]", event.get("Records", ())):
            message_id = str(record.get("messageId", ""))
            try:
                found = self._read(record)
            except PoisonError as error:
                if not self._set_aside(record, error, None):
                    failed.append(message_id)
                continue
            if self._wants(found):
                waiting.append(_Message(message_id, record, found))
        for group in self._groups(waiting):
            failed.extend(self._deliver(group))
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    def replay(self, event: Mapping[str, Any]) -> None:
        """Handle kept messages anew. Raises what goes wrong; nothing is set aside then."""
        found = [self._read(record) for record in event.get("Records", ())]
        self._apply([one for one in found if self._wants(one)])

    # -- what a kind of event may do otherwise -----------------------------------------------------------------

    def _wants(self, event: E) -> bool:
        """Whether the event is handled at all; others are acknowledged."""
        return self._serves is None or self._serves(event.tenant_id)

    def _order(self, event: E) -> int:
        """Where the event comes among those that are delivered together; the same number keeps their order."""
        del event
        return 0

    def _apply(self, events: Sequence[E]) -> None:
        """Hand over events that came together."""
        if events and self._handle_batch is not None:
            self._handle_batch(events)
        for event in events:
            if self._handle is not None:
                self._handle(event)

    # -- the batch ---------------------------------------------------------------------------------------------

    def _read(self, record: Mapping[str, Any]) -> E:
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
        if fields.get("source") not in self._sources or fields.get("detail-type") != self._detail_type:
            raise MalformedMessageError("The message is not from the expected source.")
        detail = fields.get("detail")
        if not isinstance(detail, dict):
            raise MalformedMessageError("The message has no detail.")
        return self._parse(cast("dict[str, Any]", detail))

    def _groups(self, waiting: Sequence[_Message[E]]) -> list[list[_Message[E]]]:
        """What succeeds or fails together: a key's events, or for a batch handler a tenant's; in their order."""
        groups: dict[tuple[str, ...], list[_Message[E]]] = {}
        for message in waiting:
            key = message.event.key if self._handle is not None else (message.event.tenant_id,)
            groups.setdefault(key, []).append(message)
        return [sorted(group, key=lambda message: self._order(message.event)) for group in groups.values()]

    def _deliver(self, group: Sequence[_Message[E]]) -> list[str]:
        """The ids of those messages of the group that must come again."""
        try:
            self._apply([message.event for message in group])
        except PoisonError as error:
            keys = list(dict.fromkeys(message.event.key for message in group))
            if len(keys) > 1:
                return [
                    message_id
                    for key in keys
                    for message_id in self._deliver(
                        [message for message in group if message.event.key == key]
                    )
                ]
            return [
                message.id
                for message in group
                if not self._set_aside(message.record, error, message.event.tenant_id)
            ]
        except Exception as error:  # noqa: BLE001 - a record's trouble is told to the queue, not to the other records
            _LOG.warning("events not handled, will come again", exc_info=error, extra={"events": len(group)})
            return [message.id for message in group]
        return []

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
