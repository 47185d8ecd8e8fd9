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
        """Ours to the baseline; of nothing to nothing it is 1."""
        if self.baseline == 0:
            return 1.0 if self.ours == 0 else float("inf")
        return self.ours / self.baseline

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
    """Print the table."""
    table = Table(title=f"Against {engine}", title_justify="left", header_style="bold")
    for title, justify in (
        ("what", "left"),
        ("ours", "right"),
        ("baseline", "right"),
        ("unit", "left"),
        ("ratio", "right"),
        ("limit", "right"),
        ("", "left"),
    ):
        table.add_column(title, justify=justify, no_wrap=True)  # pyright: ignore[reportArgumentType]
    for row in rows:
        mark = "[green]holds[/]" if row.holds else "[red]missed[/]"
        table.add_row(
            row.name,
            f"{row.ours:.3g}",
            f"{row.baseline:.3g}",
            row.unit,
            f"{row.ratio:.2f}",
            f"{row.limit:g}",
            mark,
        )
    width = None if os.isatty(1) else 130
    Console(width=width).print(table)


def write(rows: Sequence[Row], engine: str, seconds: float) -> None:
    """Write the results file."""
    document = {
        "engine": engine,
        "machine": machine(),
        "seconds": round(seconds),
        "rows": [row.document() for row in rows],
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def markdown(document: Mapping[str, Any]) -> str:
    """Return a results document as the table of the README.

    Rows of one operation at several sizes are many; the README shows how many hold and the worst of them.
    """
    lines = ["| what | ours | baseline | ratio | limit |", "| --- | ---: | ---: | ---: | ---: |"]
    flat = [row for row in document["rows"] if row["name"].startswith("flat: ")]
    for row in document["rows"]:
        if row not in flat:
            lines.append(
                f"| {row['name']} | {row['ours']:.3g} {row['unit']} | {row['baseline']:.3g} {row['unit']} "
                f"({row['against']}) | {row['ratio']:.2f} | {row['limit']:g} |"
            )
    if flat:
        worst = max(flat, key=lambda row: row["ratio"])
        held = sum(row["holds"] for row in flat)
        lines.append(
            f"| calls and units of {len(flat) // 2} operations, {worst['against'].split(' to ')[-1]} "
            f"| {held} of {len(flat)} flat | the same with 1,000 | {worst['ratio']:.2f} at worst "
            f"| {worst['limit']:g} |"
        )
    about = document["machine"]
    lines += [
        "",
        f"{document['engine']}, {about['cpus']} CPUs ({about['architecture']}), Python {about['python']}. "
        "All rows: `benchmarks/results/latest.json`.",
    ]
    return "\n".join(lines)
