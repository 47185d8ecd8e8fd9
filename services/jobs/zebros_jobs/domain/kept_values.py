"""Values by id, in memory that does not grow with their number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

__all__ = ["KeptValues"]


class KeptValues(Protocol):
    """Keeps texts by id, the first of each."""

    def put(self, id: str, text: str) -> None:
        """Keep a text; one that is there stays."""
        ...

    def get(self, ids: Sequence[str]) -> dict[str, str]:
        """Return what is kept of these, by id."""
        ...

    def close(self) -> None:
        """Forget everything."""
        ...
