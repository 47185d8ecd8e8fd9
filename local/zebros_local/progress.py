"""Progress on a terminal or in a log: one line for each step, and a sign of life while a step lasts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console

# Without a terminal no spinner moves, so a line is printed this often while a step lasts.
HEARTBEAT_SECONDS = 2.0


@dataclass
class Step:
    """A running step; `note` says what it is doing now."""

    title: str
    detail: str = ""

    def note(self, detail: str) -> None:
        self.detail = detail


class Progress:
    """Prints steps to a console as they begin, last and end."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)

    def say(self, message: str) -> None:
        self._console.print(message, markup=False)

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Run one step; its line tells the outcome and the seconds it took."""
        step = Step(title)
        begun = time.monotonic()
        with self._alive(step, begun):
            try:
                yield step
            except BaseException:
                self._line("failed", step, begun)
                raise
        self._line("done", step, begun)

    def _line(self, mark: str, step: Step, begun: float) -> None:
        seconds = time.monotonic() - begun
        sign = {"done": "✓", "failed": "✗", "…": "…"}[mark]
        detail = f" · {step.detail}" if step.detail else ""
        self._console.print(f"{sign} {step.title}{detail} ({seconds:.1f} s)", markup=False, soft_wrap=True)

    @contextmanager
    def _alive(self, step: Step, begun: float) -> Iterator[None]:
        if self._console.is_terminal:
            with (
                self._console.status(step.title) as status,
                _every(0.2, lambda: status.update(_now(step, begun))),
            ):
                yield
            return
        with _every(HEARTBEAT_SECONDS, lambda: self._line("…", step, begun)):
            yield


def _now(step: Step, begun: float) -> str:
    detail = f" · {step.detail}" if step.detail else ""
    return f"{step.title}{detail} ({time.monotonic() - begun:.0f} s)"


@contextmanager
def _every(seconds: float, act: Callable[[], None]) -> Iterator[None]:
    done = threading.Event()

    def run() -> None:
        while not done.wait(seconds):
            act()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
