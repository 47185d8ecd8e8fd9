"""When to try again, and how long to wait before."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["RetryPolicy"]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with full jitter.

    The wait before attempt `n + 1` is uniform in `[0, min(max_delay, base_delay * 2**n)]` and never less than
    the `Retry-After` of the answer. An answer that asks for more than `max_retry_after_seconds` is not waited
    for: the error is raised with the figure, and the caller decides.

    Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """

    max_attempts: int = 5
    base_delay_seconds: float = 0.2
    max_delay_seconds: float = 10.0
    max_retry_after_seconds: float = 60.0
    uniform: Callable[[float, float], float] = field(default=random.uniform, repr=False)

    def delay_seconds(self, attempt: int, retry_after_seconds: float | None = None) -> float | None:
        """The wait after failed attempt number `attempt` (from 1); `None` means give up."""
        if attempt >= self.max_attempts:
            return None
        ceiling = min(self.max_delay_seconds, self.base_delay_seconds * 2 ** (attempt - 1))
        jitter = self.uniform(0.0, ceiling)
        if retry_after_seconds is None:
            return jitter
        if retry_after_seconds > self.max_retry_after_seconds:
            return None
        # Jitter goes on top: clients refused together must not come back together.
        return retry_after_seconds + jitter
