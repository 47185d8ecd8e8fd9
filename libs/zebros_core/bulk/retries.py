"""Patience with doors: a call that was not answered is repeated until the caller's own time is over.

A door that is throttled, restarted or without capacity answers a moment later; a job must not fail for that. Only what
may be repeated is: reads, and writes that carry ids by which a door knows them again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from zebros_core.errors import UnavailableError

__all__ = ["IDEMPOTENT", "NO_PATIENCE", "DoorRefusedError", "Patience"]

IDEMPOTENT: Final = frozenset(
    {
        "apply",
        "changes",
        "collect",
        "comments",
        "countChanges",
        "erase",
        "export",
        "fields",
        "find",
        "lines",
        "putSettings",
        "read",
        "reinstate",
        "related",
        "schema",
        "settings",
        "stageEntries",
        "teams",
        "texts",
    }
)
"""The verbs that may be repeated after any failure and end in the same state; others are sent once."""

_BASE_SECONDS: Final = 0.1
_MOST_SECONDS: Final = 5.0

T = TypeVar("T")


class DoorRefusedError(UnavailableError):
    """A door refused a call for a reason that no caller is told, such as a context that is not signed for it.

    Unavailable to whoever asked us; asking again would not help.
    """


@dataclass(frozen=True, slots=True)
class Patience:
    """Until when a call is repeated, in `time.monotonic` seconds, and for how many `seconds` at most.

    Between two attempts is a random pause that grows.

    The pause is of full jitter, so that many callers of a door that comes back do not come all at once.
    """

    until: float = float("inf")
    seconds: float = float("inf")
    monotonic: Callable[[], float] = field(default=time.monotonic)
    sleep: Callable[[float], None] = field(default=time.sleep)
    # The system's generator: a seeded one would give every container restored from one snapshot the same pauses.
    jitter: Callable[[], float] = field(default=random.SystemRandom().random)

    def repeat(self, attempt: Callable[[], T]) -> T:
        """Return what an attempt gives. Raises the last UnavailableError when another one would come too late."""
        number = 0
        until = min(self.until, self.monotonic() + self.seconds)
        while True:
            try:
                return attempt()
            except DoorRefusedError:
                raise
            except UnavailableError:
                pause = self.jitter() * min(_MOST_SECONDS, _BASE_SECONDS * 2**number)
                if self.monotonic() + pause >= until:
                    raise
            self.sleep(pause)
            number += 1


NO_PATIENCE: Final = Patience(until=float("-inf"))
"""One attempt: for people's requests, who ask again themselves."""
