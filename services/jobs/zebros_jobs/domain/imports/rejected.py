"""Writing rejected rows in the form of the file that they came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from zebros_jobs.domain.imports.source import Cell, Dialect

__all__ = ["RejectedWriters", "WritableFile"]


class WritableFile(Protocol):
    """Takes bytes."""

    def write(self, data: bytes, /) -> int | None:
        """Take the next bytes."""
        ...


class RejectedWriters(Protocol):
    """Writes files of rejected rows, in constant memory."""

    def content_type(self, dialect: Dialect) -> str:
        """Return the media type of a file."""
        ...

    def write(self, out: WritableFile, dialect: Dialect, rows: Iterable[Sequence[Cell]]) -> None:
        """Write rows, the first of which names the columns. Texts that look like formulas are guarded."""
        ...
