"""Circuit breaker: stop asking what does not answer, and try again now and then."""

from __future__ import annotations

import time
from collections.abc import Callable


class CircuitBreaker:
    """Closed, open, half-open (M. Nygard, Release It!, 2007).

    After `threshold` failures in a row it opens for `cooldown_seconds`; then one call is let through as a
    probe, and its failure doubles the pause, up to `longest_seconds`. One success closes it. A container
    serves one request at a time, so the state needs no lock: two threads may at worst both probe.
    """

    def __init__(
        self,
        *,
        threshold: int = 3,
        cooldown_seconds: float = 1.0,
        longest_seconds: float = 30.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._threshold = threshold
        self._first_pause = cooldown_seconds
        self._longest_pause = longest_seconds
        self._monotonic = monotonic
        self._failures = 0
        self._pause = cooldown_seconds
        self._closed_again_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether calls are being refused at this moment."""
        return self._failures >= self._threshold and self._monotonic() < self._closed_again_at

    def allows(self) -> bool:
        """Whether to make the call. While half-open only the first caller gets True."""
        if self._failures < self._threshold:
            return True
        now = self._monotonic()
        if now < self._closed_again_at:
            return False
        self._closed_again_at = now + self._pause
        return True

    def succeeded(self) -> None:
        self._failures = 0
        self._pause = self._first_pause

    def failed(self) -> None:
        self._failures += 1
        if self._failures < self._threshold:
            return
        if self._failures > self._threshold:
            self._pause = min(self._pause * 2, self._longest_pause)
        self._closed_again_at = self._monotonic() + self._pause
