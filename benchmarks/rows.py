"""A row of the report, and the three forms in which rows are shown: a table, JSON, markdown."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

FLAT = "flat: "
"""How the names of rows about growth begin: `flat: operation, what`."""

RESULTS = Path(__file__).parent / "results" / "latest.json"


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement. `ratio` is ours to baseline; the row holds while that is at most `limit`."""

    name: str
    ours: float
    baseline: float
    unit: str
    limit: float
    against: str
    """What the baseline is."""

    @property
    def ratio(self) -> float:
        """Ours to the baseline. Over a baseline of nothing, ours counts on top of 1: nothing to nothing is 1."""
        return self.ours / self.baseline if self.baseline else 1.0 + self.ours

    @property
    def holds(self) -> bool:
        """Whether the ratio is within its limit."""
        return self.ratio <= self.limit

    def document(self) -> dict[str, Any]:
        """Return the row as it is kept."""
        return {
            "name": self.name,
            "ours": round(self.ours, 4),
            "baseline": round(self.baseline, 4),
            "unit": self.unit,
            "ratio": round(self.ratio, 3),
            "limit": self.limit,
            "holds": self.holds,
            "against": self.against,
        }


def machine() -> dict[str, Any]:
    """Return what the run depends on: the machine and its Python."""
    return {
        "cpus": os.cpu_count(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def show(rows: Sequence[Row], engine: str) -> None:
    """Print the tables: ratios row by row, and the counts of an operation on one line."""
    console = Console(width=None if os.isatty(1) else 110)
    ratios = [row for row in rows if not row.name.startswith(FLAT)]
    if ratios:
        table = _table(f"Against {engine}", ("what",), ("ours", "baseline", "ratio", "limit"))
        for row in ratios:
            ours, baseline = _figure(row.ours, row.unit), _figure(row.baseline, row.unit)
            table.add_row(row.name, ours, baseline, f"{row.ratio:.2f}", f"{row.limit:g}", _mark(row.holds))
        console.print(table)
    counted: dict[str, list[Row]] = {}
    for row in rows:
        if row.name.startswith(FLAT):
            counted.setdefault(row.name.removeprefix(FLAT).rpartition(", ")[0], []).append(row)
    if counted:
        against = next(iter(counted.values()))[0].against
        table = _table(
            f"At the smallest and the most, {against}", ("operation",), ("calls", "units", "items")
        )
        for operation, counts in counted.items():
            cells = [
                f"{row.baseline:g}" if row.ratio == 1 else f"{row.baseline:g} → {row.ours:g}"
                for row in counts
            ]
            table.add_row(operation, *cells, _mark(all(row.holds for row in counts)))
        console.print(table)


def _table(title: str, left: Sequence[str], right: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    for name in left:
        table.add_column(name)
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    return table


def _mark(holds: bool) -> str:
    return "[green]holds[/]" if holds else "[red]missed[/]"


def write(rows: Sequence[Row], engine: str, *, complete: bool) -> bool:
    """Write the results file; of a run that was not complete, only its rows, into results of the same engine.

    Return whether it was written.
    """
    documents = [row.document() for row in rows]
    if not complete:
        former = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
        if former.get("engine") != engine or former.get("machine") != machine():
            return False
        measured = {document["name"]: document for document in documents}
        documents = [measured.pop(document["name"], document) for document in former["rows"]]
        documents += measured.values()  # of a group that is new
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    results = {"engine": engine, "machine": machine(), "rows": documents}
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return True


def markdown(document: Mapping[str, Any]) -> str:
    """Return a results document as the table of the README.

    Rows of one operation at several sizes are many; the README shows how many hold and the worst of them.
    """
    lines = ["| what | ours | baseline | ratio | limit |", "| --- | ---: | ---: | ---: | ---: |"]
    flat = [row for row in document["rows"] if row["name"].startswith(FLAT)]
    for row in document["rows"]:
        if row not in flat:
            lines.append(
                f"| {row['name']} | {_figure(row['ours'], row['unit'])} | {_figure(row['baseline'], row['unit'])} "
                f"({row['against']}) | {row['ratio']:.2f} | {row['limit']:g} |"
            )
    if flat:
        worst = max(flat, key=lambda row: row["ratio"])
        operations = len({row["name"].rpartition(", ")[0] for row in flat})
        held = sum(row["holds"] for row in flat)
        lines.append(
            f"| calls, units and items of {operations} operations | {held} of {len(flat)} flat "
            f"| {worst['against']} | {worst['ratio']:.2f} at worst | {worst['limit']:g} |"
        )
    about = document["machine"]
    lines += [
        "",
        f"{document['engine']}, {about['cpus']} CPUs ({about['architecture']}), Python {about['python']}. "
        "All rows: `benchmarks/results/latest.json`.",
    ]
    return "\n".join(lines)


def _figure(value: float, unit: str) -> str:
    """Three digits that count, and whole numbers whole."""
    return f"{value:,.0f} {unit}" if value >= 1000 else f"{value:.3g} {unit}"
