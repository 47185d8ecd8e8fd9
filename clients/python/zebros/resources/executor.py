"""What a collection needs of its client."""

from __future__ import annotations

from typing import Protocol, TypeVar

from zebros.calls.call import Call

__all__ = ["Executor"]

T = TypeVar("T")


class Executor(Protocol):
    """Executes calls; `Client` is one."""

    def execute(self, call: Call[T]) -> T: ...
