"""Messages of a topic that a queue holds as they were published (raw message delivery)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from zebros_core.messaging.envelope import read_json
from zebros_core.messaging.errors import MalformedMessageError
from zebros_core.messaging.event_consumer import DeliveredEvent, EventConsumer, PoisonSink

E = TypeVar("E", bound=DeliveredEvent)


class TopicConsumer(EventConsumer[E]):
    """An SQS event source for one kind of message that is not an event of the bus; see `EventConsumer`.

    What is expected to arrive is said by `parse` alone, and who may send it by the queue's policy.
    """

    def __init__(
        self,
        handle: Callable[[E], None],
        *,
        name: str,
        parse: Callable[[Mapping[str, Any]], E],
        poison: PoisonSink | None = None,
    ) -> None:
        super().__init__(handle, name=name, source=(), detail_type="", parse=parse, poison=poison)

    def _read(self, record: Mapping[str, Any]) -> E:
        body = record.get("body")
        if not isinstance(body, str):
            raise MalformedMessageError("The message has no body.")
        message = read_json(body)
        if not isinstance(message, dict):
            raise MalformedMessageError("The message is not an object.")
        return self._parse(cast("dict[str, Any]", message))
