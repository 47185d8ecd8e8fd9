"""Events to EventBridge: in the largest calls it takes, and again what it did not take."""

# botocore ships no types: they end here, and callers see the protocols.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, Protocol, TypeVar

from zebros_core.dynamodb.client import error_code
from zebros_core.errors import UnavailableError
from zebros_core.messaging.envelope import instant_text

MAX_ENTRIES: Final = 10
MAX_CALL_BYTES: Final = 262_144
_ENTRY_OVERHEAD_BYTES: Final = 1_024
_TRANSIENT: Final = frozenset(
    {
        "ThrottlingException",
        "InternalFailure",
        "InternalException",
        "ServiceUnavailable",
        "RequestLimitExceeded",
    }
)


class EventBusClient(Protocol):
    """The part of the EventBridge client that is used here."""

    def put_events(self, **request: Any) -> dict[str, Any]: ...


class BusEvent(Protocol):
    """What can be put on the bus: `EntityChanged`, `AuditEvent`."""

    @property
    def detail_type(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...
    def to_wire(self) -> str: ...


E = TypeVar("E", bound=BusEvent)


@dataclass(frozen=True, slots=True)
class Refused(Generic[E]):
    """An event that the bus will never take, and its code."""

    event: E
    code: str


class EventBus:
    """Puts events on one bus.

    A call carries at most 10 entries and 256 KB and may be taken in part. The refused part is put again with
    full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), up to `attempts`
    times.
    """

    def __init__(
        self,
        client: EventBusClient,
        bus_name: str,
        source: str,
        *,
        attempts: int = 5,
        base_delay_seconds: float = 0.05,
        longest_delay_seconds: float = 1.0,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self._client = client
        self._bus_name = bus_name
        self._source = source
        self._attempts = attempts
        self._base_delay_seconds = base_delay_seconds
        self._longest_delay_seconds = longest_delay_seconds
        self._sleep = sleep
        # The system's generator: a seeded one would give containers of one snapshot the same delays.
        self._jitter = jitter or random.SystemRandom().random

    def put(self, events: Sequence[E]) -> list[Refused[E]]:
        """Put all, in order within a call; those that the bus refuses for good are returned.

        Raises UnavailableError when the bus is out of reach, or still refuses some after the last attempt.
        """
        refused: list[Refused[E]] = []
        for call in _calls([(event, self._entry(event)) for event in events]):
            refused.extend(self._put_call(call))
        return refused

    def _put_call(self, waiting: list[tuple[E, dict[str, Any]]]) -> list[Refused[E]]:
        from botocore.exceptions import BotoCoreError, ClientError

        refused: list[Refused[E]] = []
        cause: Exception | None = None
        for attempt in range(self._attempts):
            if attempt:
                ceiling = min(self._longest_delay_seconds, self._base_delay_seconds * 2**attempt)
                self._sleep(self._jitter() * ceiling)
            try:
                answer = self._client.put_events(Entries=[entry for _, entry in waiting])
            except ClientError as error:
                if error_code(error) not in _TRANSIENT:
                    raise
                cause = error
                continue
            except BotoCoreError as error:
                cause = error
                continue
            again: list[tuple[E, dict[str, Any]]] = []
            for item, outcome in zip(waiting, answer.get("Entries", ()), strict=True):
                code = outcome.get("ErrorCode")
                if code in _TRANSIENT:
                    again.append(item)
                elif code:
                    refused.append(Refused(item[0], code))
            if not again:
                return refused
            waiting = again
        raise UnavailableError(detail="The event bus does not take events.") from cause

    def _entry(self, event: BusEvent) -> dict[str, Any]:
        return {
            "EventBusName": self._bus_name,
            "Source": self._source,
            "DetailType": event.detail_type,
            "Detail": event.to_wire(),
            "Time": instant_text(event.occurred_at),
        }


def _calls(items: Sequence[tuple[E, dict[str, Any]]]) -> Iterator[list[tuple[E, dict[str, Any]]]]:
    """The items in calls that are within the bus's limits on number and size."""
    call: list[tuple[E, dict[str, Any]]] = []
    size = 0
    for item in items:
        item_size = len(item[1]["Detail"].encode()) + _ENTRY_OVERHEAD_BYTES
        if call and (len(call) == MAX_ENTRIES or size + item_size > MAX_CALL_BYTES):
            yield call
            call, size = [], 0
        call.append(item)
        size += item_size
    if call:
        yield call
