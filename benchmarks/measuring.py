"""Times of several ways of doing something, taken in turns, so that a busy moment of the machine hits all alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Timed:
    """What is timed, and what is done before each time outside the clock."""

    run: Callable[[], object]
    prepare: Callable[[], object] = _nothing


def medians(ways: Mapping[str, Timed], *, rounds: int, warm_up: int) -> dict[str, float]:
    """Return the median seconds of each way over `rounds` turns (A B C A B C …), after `warm_up` untimed ones."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(warm_up + rounds):
        for name, way in ways.items():
            way.prepare()
            started = time.perf_counter()
            way.run()
            elapsed = time.perf_counter() - started
            if turn >= warm_up:
                taken[name].append(elapsed)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}
