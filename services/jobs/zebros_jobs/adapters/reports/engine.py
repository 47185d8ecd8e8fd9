"""What reports count with: DuckDB over files of a work folder.

It reaches that folder and nothing else: no network, no extension that is not built in, no setting that a query could
change. Queries are the files of `sql`; what a report asks for is bound to them as parameters and never part of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import duckdb

from zebros_jobs.domain.reports.periods import Period
from zebros_jobs.domain.reports.request import ReportKind, ReportParameters
from zebros_jobs.domain.reports.spooling import SCHEMA, looks_at_products

__all__ = ["MEMORY_MEGABYTES", "DuckDbEngine"]

MEMORY_MEGABYTES: Final = 512
"""What DuckDB keeps in memory; more goes to the work folder. A function of the smallest size that works has 1,769."""
THREADS: Final = 2
_LARGEST_ROW: Final = 1024 * 1024


class DuckDbEngine:
    """One report's tables and queries. Use as a context manager; the folder is the caller's to remove."""

    def __init__(
        self, folder: Path, *, memory_megabytes: int = MEMORY_MEGABYTES, threads: int = THREADS
    ) -> None:
        self._connection = duckdb.connect(
            str(folder / "report.duckdb"),
            config={
                "memory_limit": f"{memory_megabytes}MB",
                "threads": threads,
                "temp_directory": str(folder / "spill"),
                "home_directory": str(folder),
                "extension_directory": str(folder / "extensions"),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "custom_extension_repository": str(folder / "extensions"),
                "preserve_insertion_order": False,
            },
        )
        for setting in (
            f"SET allowed_directories = [{_quoted(str(folder))}]",
            "SET enable_external_access = false",
            "SET lock_configuration = true",
        ):
            self._connection.execute(setting)
        for table, columns in SCHEMA.items():
            declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            self._connection.execute(f"CREATE TABLE {table} ({declared})")

    def load(self, table: str, parts: Sequence[Path]) -> int:
        """Fill a table from files of JSON lines, compressed or not, and return how many rows it has; what was in it
        before is gone.
        """
        self._connection.execute(f"TRUNCATE {table}")
        if parts:
            listed = ", ".join(_quoted(str(path)) for path in parts)
            columns = ", ".join(f"{name}: {_quoted(kind)}" for name, kind in SCHEMA[table].items())
            # Names and types are those of SCHEMA, paths are of the work folder: nothing here is anybody's input.
            self._connection.execute(
                f"INSERT INTO {table} SELECT * FROM read_json([{listed}], format = 'newline_delimited',"  # noqa: S608
                f" columns = {{{columns}}}, maximum_object_size = {_LARGEST_ROW})"
            )
        row = self._connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
        return int(row[0]) if row is not None else 0

    def count(
        self, asked: ReportParameters, steps: Sequence[Period], *, by: str | None
    ) -> list[Mapping[str, Any]]:
        """Return what the report's query counts, by step, member of `by` and, of money, currency."""
        text = _query(asked.report)
        known = {
            "by": by or "",
            "splits": looks_at_products(asked),
            "first": steps[0].first,
            "owners": _chosen(asked.filters.owner_ids),
            "teams": _chosen(asked.filters.team_ids),
            "products": _chosen(asked.filters.product_ids),
            "currencies": _chosen(asked.filters.currencies),
        }
        self._set_calendar(steps)
        found = self._connection.execute(
            text, {name: value for name, value in known.items() if f"${name}" in text}
        )
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def _set_calendar(self, steps: Sequence[Period]) -> None:
        """Say which day is in which step."""
        self._connection.execute("CREATE OR REPLACE TEMP TABLE calendar (day DATE, step INTEGER)")
        self._connection.execute(
            """
            INSERT INTO calendar
            SELECT unnest(generate_series(first, last, INTERVAL 1 DAY))::DATE, step
            FROM (SELECT unnest($numbers) AS step, unnest($firsts) AS first, unnest($lasts) AS last)
            """,
            {
                "numbers": list(range(len(steps))),
                "firsts": [step.first for step in steps],
                "lasts": [step.last for step in steps],
            },
        )

    def close(self) -> None:
        """Give memory and files back."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _chosen(values: Sequence[str]) -> list[str] | None:
    return list(values) or None


@cache
def _query(report: ReportKind) -> str:
    return (
        files("zebros_jobs.adapters.reports").joinpath(f"sql/{report.value}.sql").read_text(encoding="utf-8")
    )
