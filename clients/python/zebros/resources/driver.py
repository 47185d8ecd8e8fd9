"""Operations of several calls with waits between them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

from zebros.calls.call import Call
from zebros.resources.executor import Executor

__all__ = ["drive"]

T = TypeVar("T")


def drive(steps: Generator[Call[Any] | float, Any, T], client: Executor, sleep: Callable[[float], None]) -> T:
    """Execute the calls and wait the seconds that an operation asks for; return what it ends with."""
    wanted = next(steps)
    while True:
        found = None
        if isinstance(wanted, float | int):
            sleep(wanted)
        else:
            found = client.execute(wanted)
        try:
            wanted = steps.send(found)
        except StopIteration as end:
            return end.value
