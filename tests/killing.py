"""Workers that die at one of the things that they do: counted in a run that nobody kills, then one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jobs_in_process import JobsWorld

__all__ = ["KilledError", "Killer"]


class KilledError(BaseException):
    """The process is gone: nothing after it is done."""


class Killer:
    """Counts what a worker does, and kills it at one point; then no more. `watch` says what is counted."""

    def __init__(self) -> None:
        self.at: int | None = None
        self.kinds: list[str] = []
        """What was done, in its order."""

    @property
    def count(self) -> int:
        """How much was done."""
        return len(self.kinds)

    def begin(self, at: int | None = None) -> None:
        """Count from the beginning, and kill at this point."""
        self.kinds, self.at = [], at

    def reached(self, kind: str) -> None:
        """Note that something is about to be done, or was done; die if this is the point."""
        self.kinds.append(kind)
        if self.count == self.at:
            self.at = None
            raise KilledError

    def watch(self, world: JobsWorld, monkeypatch: pytest.MonkeyPatch, *methods: tuple[type, str]) -> None:
        """Be reached before and after each call of a door and of these methods."""
        for owner, name in methods:
            monkeypatch.setattr(owner, name, self._watched(getattr(owner, name), f"{owner.__name__}.{name}"))
        world.doors.before = lambda service, call: self.reached("before a call")
        world.doors.after = lambda service, call: self.reached("after a call")

    def _watched(self, method: Any, name: str) -> Any:
        def watched(*arguments: Any, **options: Any) -> Any:
            self.reached(f"before {name}")
            result = method(*arguments, **options)
            self.reached(f"after {name}")
            return result

        return watched

    def points(self, every: int | None, *, first: int = 1) -> Iterator[int]:
        """Give every n-th of the points that were counted from the `first` on, and the middle one of each kind."""
        by_kind: dict[str, list[int]] = {}
        for point, kind in enumerate(self.kinds, 1):
            if point >= first:
                by_kind.setdefault(kind, []).append(point)
        middle = {points[len(points) // 2] for points in by_kind.values()}
        walked = range(first, self.count + 1, every) if every is not None else ()
        yield from sorted({*walked, *middle})
