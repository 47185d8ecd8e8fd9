"""Times of several ways of doing something, taken in turns, so that a busy moment of the machine hits all alike. And
memory's peak.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


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


def peak_megabytes() -> float:
    """Return the most memory that this process has had.

    Linux counts in `ru_maxrss` what the process that started this one had at that moment, so it is asked for another
    number there.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
    # Bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
