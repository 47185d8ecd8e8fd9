"""Failures, handled once more: after the cause is repaired, from the failures bucket."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from zebros_core.errors import ZebrosError
from zebros_core.messaging.failures import PREFIX, FailureStore

_LOG = logging.getLogger(__name__)

Handler: TypeAlias = Callable[[Mapping[str, Any]], None]
"""Handles the kept event, or raises: ``StreamPublisher.replay``, ``Consumer.replay``."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many were handled and forgotten, and the keys of those that are still there."""

    handled: int
    remaining: tuple[str, ...]


def replay(
    store: FailureStore,
    handlers: Mapping[str, Handler],
    *,
    prefix: str = PREFIX,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Replayed:
    """Give each kept failure to the handler of its kind (`stream`, or the name of a consumer).

    A failure is forgotten only after its handler took it whole; one that fails as before stays. What is not
    of our own error types is raised and ends the replay, which can be started again: events that are
    published twice are harmless.
    """
    handled = 0
    remaining: list[str] = []
    for number, key in enumerate(list(store.keys(prefix)), start=1):
        if _replay_one(store, handlers, key):
            handled += 1
        else:
            remaining.append(key)
        on_progress(number)
    return Replayed(handled, tuple(remaining))


def _replay_one(store: FailureStore, handlers: Mapping[str, Handler], key: str) -> bool:
    try:
        failure = store.read(key)
        handler = handlers.get(failure.kind)
        if handler is None:
            return False
        handler(failure.payload)
    except ZebrosError as error:
        _LOG.warning("failure not replayed", extra={"failure_key": key, "reason": error.code})
        return False
    store.forget(key)
    return True
