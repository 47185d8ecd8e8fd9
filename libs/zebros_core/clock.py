"""Time as a dependency: the wall clock, a fixed one for tests, and the hybrid logical clock that orders
writes.

Instants are aware, in UTC and whole milliseconds: the resolution in which they are stored, so that what was
written and what is read back are equal.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final, Protocol

from zebros_core.errors import BadRequestError

__all__ = ["Clock", "FixedClock", "HybridLogicalClock", "SystemClock", "to_instant"]


class Clock(Protocol):
    """Anything that tells the time."""

    def now(self) -> datetime:
        """The present instant: aware, UTC, whole milliseconds."""
        ...


def to_instant(value: datetime) -> datetime:
    """The instant in UTC, cut to milliseconds; ``ValueError`` when it has no zone."""
    if value.tzinfo is not UTC:
        if value.utcoffset() is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
    excess = value.microsecond % 1000
    return value.replace(microsecond=value.microsecond - excess) if excess else value


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return to_instant(datetime.now(UTC))


class FixedClock:
    """A clock that stands still until it is advanced."""

    def __init__(self, at: datetime | None = None) -> None:
        self._now = to_instant(at or datetime(2026, 1, 1, tzinfo=UTC))

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float = 0, **parts: float) -> datetime:
        """Moves on by ``seconds`` (and any other part of a ``timedelta``: ``days=1``); gives the new time."""
        self._now = to_instant(self._now + timedelta(seconds=seconds, **parts))
        return self._now


class HybridLogicalClock:
    """Timestamps that follow wall time, never go back, and are above everything seen so far.

    A stamp is ``{milliseconds:012x}{counter:04x}{node}``: compared as text, it orders by time, then by the
    number of stamps in that millisecond, then by node, so no two nodes ever give the same one. After Kulkarni
    et al., "Logical Physical Clocks and Consistent Snapshots in Globally Distributed Databases" (2014),
    section 3.

    The node name is made at the first stamp rather than at construction, so that containers restored from one
    snapshot get different ones.
    """

    NODE_LENGTH: Final = 6

    def __init__(self, clock: Clock, node: str | None = None, *, max_ahead_seconds: float = 60) -> None:
        if node is not None and (not node.isascii() or not node.isalnum()):
            raise ValueError("a node name is ASCII letters and digits")
        self._clock = clock
        self._node = node
        self._max_ahead = int(max_ahead_seconds * 1000)
        self._milliseconds = 0
        self._counter = 0
        self._lock = Lock()

    def tick(self, after: str | None = None) -> str:
        """The next stamp: above every stamp given or seen so far, and above ``after`` (a stamp of our own
        stores).
        """
        with self._lock:
            if after:
                self._merge(*self._parse(after))
            now = self._wall()
            if now > self._milliseconds:
                self._milliseconds, self._counter = now, 0
            else:
                self._counter += 1
                if self._counter > 0xFFFF:
                    self._milliseconds, self._counter = self._milliseconds + 1, 0
            if self._node is None:
                self._node = os.urandom(self.NODE_LENGTH // 2).hex()
            return f"{self._milliseconds:012x}{self._counter:04x}{self._node}"

    def observe(self, stamp: str) -> None:
        """Takes note of a stamp made elsewhere, so that later ticks are above it.

        One that is malformed or more than ``max_ahead_seconds`` in the future raises ``BadRequestError``: a
        device with a wrong clock must not drag everybody's time along.
        """
        milliseconds, counter = self._parse(stamp)
        if milliseconds > self._wall() + self._max_ahead:
            raise BadRequestError.for_field("hlc", "in_the_future", "The timestamp is too far in the future.")
        with self._lock:
            self._merge(milliseconds, counter)

    def _merge(self, milliseconds: int, counter: int) -> None:
        if (milliseconds, counter) > (self._milliseconds, self._counter):
            self._milliseconds, self._counter = milliseconds, counter

    def _wall(self) -> int:
        return int(self._clock.now().timestamp() * 1000)

    @staticmethod
    def _parse(stamp: str) -> tuple[int, int]:
        try:
            if len(stamp) <= 16:
                raise ValueError(stamp)
            return int(stamp[:12], 16), int(stamp[12:16], 16)
        except ValueError:
            raise BadRequestError.for_field("hlc", "invalid", "This is not a logical timestamp.") from None
