"""Several requests at once, their answers in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["run_in_order"]

T = TypeVar("T")


def run_in_order(jobs: Iterable[Callable[[], T]], parallel: int) -> Iterator[T]:
    """Run up to `parallel` jobs at once, and give their results in the order of the jobs.

    Lazy: no more jobs are taken than run. The first error ends it, once those that run are through.
    """
    if parallel <= 1:
        yield from (job() for job in jobs)
        return
    with ThreadPoolExecutor(parallel, thread_name_prefix="zebros-batch") as pool:
        running: deque[Future[T]] = deque()
        for job in jobs:
            running.append(pool.submit(job))
            if len(running) == parallel:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
