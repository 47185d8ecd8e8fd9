"""Requests that go on in the background while something is done to the system under them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx


@dataclass
class Traffic:
    """How many requests each answer was given to, by status."""

    statuses: Counter[int] = field(default_factory=Counter[int])
    failures: list[str] = field(default_factory=list[str])

    @property
    def refused(self) -> str:
        """What went wrong, in words; empty when every request was served."""
        bad = {status: count for status, count in self.statuses.items() if status != 200}
        return f"{bad} {self.failures[:3]}" if bad or self.failures else ""


@contextmanager
def steady_traffic(
    read: Callable[[str], httpx.Response], tokens: Sequence[str], pause_seconds: float = 0.1
) -> Iterator[Traffic]:
    """Read with one token after the other, round and round, until the block ends."""
    traffic = Traffic()
    done = threading.Event()

    def run() -> None:
        number = 0
        while not done.wait(pause_seconds):
            try:
                answer = read(tokens[number % len(tokens)])
            except httpx.HTTPError as error:
                traffic.failures.append(repr(error))
            else:
                traffic.statuses[answer.status_code] += 1
                if answer.status_code != 200:
                    traffic.failures.append(answer.text[:200])
            number += 1

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield traffic
    finally:
        done.set()
        thread.join()
