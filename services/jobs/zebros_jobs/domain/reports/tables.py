"""A report as a table of cells, for files that other programs read."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from zebros_jobs.domain.reports.measures import MeasureKind
from zebros_jobs.domain.reports.periods import Grain
from zebros_jobs.domain.reports.result import ReportColumn, ReportResult, ReportRow
from zebros_jobs.domain.tables import Cell, Column, ColumnKind

__all__ = ["DIMENSION_LABELS", "cells_of", "columns_of", "header_of", "rows_of"]

DIMENSION_LABELS: Final = {
    "day": "Day",
    "week": "Week",
    "month": "Month",
    "quarter": "Quarter",
    "year": "Year",
    "owner": "Owner",
    "team": "Team",
    "region": "Region",
    "product": "Product",
    "industry": "Industry",
    "source": "Source",
    "type": "Type",
}
_KINDS: Final = {
    MeasureKind.COUNT: ColumnKind.INTEGER,
    MeasureKind.MONEY: ColumnKind.MONEY,
    MeasureKind.RATE: ColumnKind.PERCENT,
    MeasureKind.DAYS: ColumnKind.NUMBER,
}
_GRAINS: Final = frozenset(grain.value for grain in Grain)
_HUNDRED: Final = Decimal(100)


def columns_of(result: ReportResult) -> list[Column]:
    """Return the columns: the groups, the figures, and where there is a comparison each before and its change.

    A step of time is written in a form that sorts (`2017-03`); an owner, team or product with the id behind the name.
    """
    columns: list[Column] = []
    for by in result.by:
        columns.append(Column(by, ColumnKind.TEXT, DIMENSION_LABELS[by], width=14 if by in _GRAINS else 28))
        if by in ("owner", "team", "product"):
            columns.append(Column(f"{by}Id", ColumnKind.TEXT, f"{DIMENSION_LABELS[by]} id"))
    for column in result.columns:
        columns.append(Column(column.key, _KINDS[column.kind], header_of(result, column)))
    if result.former_period is not None:
        for column in result.columns:
            columns.append(
                Column(f"{column.key}.before", _KINDS[column.kind], f"{header_of(result, column)}, before")
            )
            columns.append(
                Column(f"{column.key}.change", ColumnKind.PERCENT, f"{header_of(result, column)}, change")
            )
    return columns


def rows_of(result: ReportResult) -> Iterator[list[Cell]]:
    """Give the cells of the rows, in the order of the columns, and the whole at last."""
    for row in result.rows:
        yield cells_of(result, row)
    yield cells_of(result, result.totals)


def cells_of(result: ReportResult, row: ReportRow) -> list[Cell]:
    """Return the cells of a row; that without a group is the whole."""
    cells: list[Cell] = []
    for place, by in enumerate(result.by):
        group = row.group[place] if row.group else None
        if group is None:
            cells.append("Total" if place == 0 else None)
        else:
            cells.append(group.id if by in _GRAINS else group.label)
        if by in ("owner", "team", "product"):
            cells.append(group.id if group is not None else None)
    for column in result.columns:
        cells.append(_cell(column, row.values[column.key]))
    if result.former_period is not None:
        for column in result.columns:
            percent = (row.change or {})[column.key].percent
            cells.append(_cell(column, (row.former or {})[column.key]))
            cells.append(None if percent is None else percent / _HUNDRED)
    return cells


def _cell(column: ReportColumn, value: Decimal | None) -> Cell:
    if value is None:
        return None
    return int(value) if column.kind is MeasureKind.COUNT else value


def header_of(result: ReportResult, column: ReportColumn) -> str:
    """Return what stands above a column: its unit, too, and what is converted where there are several currencies."""
    if column.currency is None or ":" in column.key:
        return column.label
    several = any(":" in each.key for each in result.columns)
    return f"{column.label}, {'all in ' if several else ''}{column.currency}"
