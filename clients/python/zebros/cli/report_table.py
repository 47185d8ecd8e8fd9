"""A report as a table: figures, how they have changed, and bars where there is room for them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from zebros.cli.output import bar, money, note, print_table

__all__ = ["report_table"]

_BAR = 16
_GAP = 2
"""Between two columns on a terminal."""

_Column = tuple[str, list[str]]


def report_table(result: Mapping[str, Any]) -> None:
    """Show a report. On a terminal that is too narrow, bars and changes are left out, and the changes told below."""
    columns: list[dict[str, Any]] = result.get("columns", [])
    rows: list[dict[str, Any]] = result.get("rows", [])
    totals: dict[str, Any] | None = result.get("totals")
    lines = [*rows, totals] if totals and rows else rows
    note(": ".join(filter(None, (result.get("title"), result.get("subtitle")))))
    on_terminal = sys.stdout.isatty()
    groups = [_group(row) for row in rows] + ["total"] * (len(lines) - len(rows))
    first = (" / ".join(result.get("by", [])) or "all", groups)
    figures = [(_heading(each["label"], on_terminal), _figures(lines, each)) for each in columns]
    changes = [("change", [_change(line, each) for line in lines]) for each in columns]
    bars = [("", _bars(rows, columns[0]))] if on_terminal and columns and len(rows) > 1 else []
    wide = [
        first,
        *(
            each
            for pair in zip(figures, changes, strict=True)
            for each in pair
            if each[0] != "change" or any(each[1])
        ),
    ]
    layouts = [[*wide, *bars], wide, [first, *figures, *bars], [first, *figures]]
    shown = next((each for each in layouts if not on_terminal or _fits(each)), layouts[-1])
    names = [name for name, _ in shown]
    cells = zip(*(_filled(column, len(lines)) for _, column in shown), strict=True)
    print_table(names, cells, empty="Nothing happened in this period.", numbers=set(names[1:]) - {""})
    if totals and "change" not in names:
        told = [f"{each['label']} {_change(totals, each)}" for each in columns if _change(totals, each)]
        if told:
            note(f"Change: {', '.join(told)}.")
    if result.get("rowCount", 0) > len(rows):
        note(f"These are the first {len(rows):,} of {result['rowCount']:,} rows; files (--csv) have all.")
    for text in result.get("notes", []):
        note(text)
    missing = ", ".join(result.get("missingRates", []))
    if missing:
        note(f"Set the rates of {missing} with: zebros pipeline currencies set")


def _heading(label: str, on_terminal: bool) -> str:
    """Figures are narrower than their names: on a terminal those are broken."""
    return label.replace(" ", "\n") if on_terminal else label


def _group(row: Mapping[str, Any]) -> str:
    return " / ".join(str(each["label"]) for each in row.get("group", [])) or "all"


def _figures(lines: Sequence[Mapping[str, Any]], column: Mapping[str, Any]) -> list[str]:
    return [_figure(line["values"].get(column["key"]), column) for line in lines]


def _figure(value: float | None, column: Mapping[str, Any]) -> str:
    if value is None:
        return ""
    match column["kind"]:
        case "rate":
            return f"{value:.2%}"
        case "money":
            return money(Decimal(str(value)), column.get("currency"))
        case "days":
            return f"{value:,.1f}"
        case _:
            return f"{value:,.0f}"


def _change(line: Mapping[str, Any], column: Mapping[str, Any]) -> str:
    """Of the former figure in percent, of shares in points; empty where there was no former figure."""
    change = (line.get("change") or {}).get(column["key"]) or {}
    absolute, percent = change.get("absolute"), change.get("percent")
    if column["kind"] == "rate":
        return "" if absolute is None else f"{absolute * 100:+,.1f} pt"
    return "" if percent is None else f"{percent:+,.1f}%"


def _bars(rows: Sequence[Mapping[str, Any]], column: Mapping[str, Any]) -> list[str]:
    """Of the first figure, as long as its share of the largest."""
    values = [row["values"].get(column["key"]) or 0 for row in rows]
    most = max(values, default=0)
    return [bar(value / most, _BAR) if most > 0 else "" for value in values]


def _filled(column: Sequence[str], length: int) -> list[str]:
    return [*column, *[""] * (length - len(column))]


def _fits(columns: Sequence[_Column]) -> bool:
    widths = (
        max((len(text) for text in (*name.split("\n"), *column)), default=0) for name, column in columns
    )
    return sum(widths) + _GAP * (len(columns) - 1) <= shutil.get_terminal_size().columns
