"""What reports are counted and written with, as the work of a report sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from zebros_jobs.domain.reports.periods import Period
from zebros_jobs.domain.reports.request import ReportFormat, ReportParameters
from zebros_jobs.domain.reports.result import ReportResult

__all__ = ["Engine", "Engines", "Writers"]


class Engine(Protocol):
    """Tables of one report, and its query."""

    def load(self, table: str, parts: Sequence[Path]) -> int:
        """Fill a table from files of JSON lines, compressed or not, and return how many rows it has."""
        ...

    def count(
        self, asked: ReportParameters, steps: Sequence[Period], *, by: str | None
    ) -> list[Mapping[str, Any]]:
        """Return what the report's query counts, by step, member of `by` and, of money, currency."""
        ...


class Engines(Protocol):
    """Makes engines."""

    def __call__(self, folder: Path) -> AbstractContextManager[Engine]:
        """Return an engine that works in a folder, and reaches nothing else."""
        ...


class Writers(Protocol):
    """Writes reports as files."""

    def write(self, form: ReportFormat, result: ReportResult, out: BinaryIO) -> None:
        """Write a report in a format; the same report gives the same bytes."""
        ...
