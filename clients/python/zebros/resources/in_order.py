"""Several requests at once, their answers in order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["run_in_order"]

T = TypeVar("T")

# The gateway gives up after 30 seconds: a service that answers slowly must not get more to do at once.
_FAST_SECONDS = 4.0
_SLOW_SECONDS = 8.0


def run_in_order(jobs: Iterable[Callable[[], T]], parallel: int) -> Iterator[T]:
    """Run jobs, and give their results in the order of the jobs.

    The first one runs alone; then up to `parallel` at once as long as they are quick, and fewer when they are
    slow. Lazy: no more jobs are taken than run. The first error ends it, once those that run are through.
    """
    if parallel <= 1:
        yield from (job() for job in jobs)
        return
    width = _Width(parallel)
    with ThreadPoolExecutor(parallel, thread_name_prefix="zebros-batch") as pool:
        running: deque[Future[T]] = deque()
        for job in jobs:
            running.append(pool.submit(width.timed, job))
            while len(running) >= width.now:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()


class _Width:
    """How many jobs may run at once now."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.now = 1

    def timed(self, job: Callable[[], T]) -> T:
        begun = time.monotonic()
        result = job()
        seconds = time.monotonic() - begun
        if seconds < _FAST_SECONDS:
            self.now = min(self._limit, self.now + 1)
        elif seconds > _SLOW_SECONDS:
            self.now = max(1, self.now - 1)
        return result
