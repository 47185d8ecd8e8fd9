"""Which charts a report has: columns or stacks in the course of time, bars for owners, teams and the like."""

# ReportLab ships no types: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from zebros_jobs.adapters.pdf.fonts import Letters
from zebros_jobs.adapters.reports.pdf.charts import (
    Series,
    bar_chart,
    column_chart,
    legend,
    line_chart,
    stacked_chart,
)
from zebros_jobs.adapters.reports.pdf.styles import ACCENT, FORMER, LINE, MUTED, SERIES
from zebros_jobs.domain.reports.figures import figure
from zebros_jobs.domain.reports.periods import Grain
from zebros_jobs.domain.reports.result import GroupKey, ReportColumn, ReportResult

__all__ = ["pictures_of"]

Picture = tuple[str, list[Any]]
"""A heading and what stands below it."""

_BARS: Final = 12
_STACKED: Final = 6
_COLUMNS: Final = 370
"""Columns of a chart; more are thinner than what a printer draws."""
_GRAINS: Final = frozenset(grain.value for grain in Grain)


def pictures_of(result: ReportResult, letters: Letters, *, width: float) -> list[Picture]:
    """Return the charts of a report that has something to show."""
    lead = _shown(result)
    if lead is None:
        return []
    match [by in _GRAINS for by in result.by]:
        case [True]:
            return _by_time(result, lead, width)
        case [False]:
            return _by_group(result, lead, letters, width)
        case [True, False]:
            return _by_both(result, lead, letters, width)
        case _:
            return []


def _shown(result: ReportResult) -> ReportColumn | None:
    """Return what charts show: what the report is about or, where that cannot be told, the next figure that can."""
    told = (key for key in (result.lead, *result.tiles) if result.totals.values[key] is not None)
    key = next(told, None)
    return None if key is None or not result.rows else result.column(key)


def _by_time(result: ReportResult, lead: ReportColumn, width: float) -> list[Picture]:
    rows = result.rows[:_COLUMNS]
    labels = _time_labels(result, [row.group[0] for row in rows])
    compared = result.former_period
    values = Series(result.period.label, [row.values[lead.key] for row in rows], ACCENT)
    series = [values]
    if compared is not None and _has_any(former := [(row.former or {})[lead.key] for row in rows]):
        series.append(Series(compared.label, former, FORMER))
    pictures = [
        (
            _title(lead, result.by[0]),
            [
                *([legend(series, width=width)] if len(series) > 1 else []),
                column_chart(labels, series, lead.kind, width=width, height=148),
            ],
        )
    ]
    if result.line is None:
        return pictures
    share = result.column(result.line)
    lines = [Series(result.period.label, [row.values[share.key] for row in rows], LINE)]
    if compared is not None and _has_any(before := [(row.former or {})[share.key] for row in rows]):
        lines.append(Series(compared.label, before, MUTED, dashed=True))
    if _has_any(lines[0].values):
        pictures.append(
            (
                _title(share, result.by[0]),
                [
                    *([legend(lines, width=width)] if len(lines) > 1 else []),
                    line_chart(labels, lines, share.kind, width=width, height=88),
                ],
            )
        )
    return pictures


def _by_group(result: ReportResult, lead: ReportColumn, letters: Letters, width: float) -> list[Picture]:
    rows = [row for row in result.rows if row.values[lead.key] is not None][:_BARS]
    labels = [letters.plain(row.group[0].label) for row in rows]
    series = [Series(result.period.label, [row.values[lead.key] for row in rows], ACCENT)]
    compared = result.former_period
    if compared is not None and _has_any(before := [(row.former or {})[lead.key] for row in rows]):
        series.append(Series(compared.label, before, FORMER))
    texts = [figure(row.values[lead.key], lead, whole=True) for row in rows]
    first = f", the first {len(rows)} of {result.row_count:,}" if result.row_count > len(rows) else ""
    return [
        (
            _title(lead, f"{result.by[0]}{first}"),
            [
                *([legend(series, width=width)] if len(series) > 1 else []),
                bar_chart(labels, series, lead.kind, texts, width=width),
            ],
        )
    ]


def _by_both(result: ReportResult, lead: ReportColumn, letters: Letters, width: float) -> list[Picture]:
    """Return stacks: in the course of time, those members with most of the whole, and the others together."""
    steps = list(dict.fromkeys(row.group[0].id for row in result.rows))[:_COLUMNS]
    named = {row.group[0].id: row.group[0] for row in result.rows}
    cells: dict[tuple[str | None, str | None], Decimal] = {}
    wholes: dict[str | None, Decimal] = {}
    for row in result.rows:
        step, member, value = row.group[0].id, row.group[1].id, row.values[lead.key] or Decimal(0)
        cells[step, member] = value
        wholes[member] = wholes.get(member, Decimal(0)) + value
    ranked = sorted(wholes, key=lambda member: (-wholes[member], member is None, member or ""))
    first, rest = ranked[:_STACKED], ranked[_STACKED:]
    labels = {row.group[1].id: row.group[1].label for row in result.rows}
    series = [
        Series(letters.plain(labels[member]), [cells.get((step, member)) for step in steps], colour)
        for member, colour in zip(first, SERIES, strict=False)
    ]
    if rest:
        sums = [sum((cells.get((step, member), Decimal(0)) for member in rest), Decimal(0)) for step in steps]
        series.append(Series(f"{len(rest)} others", sums, SERIES[-1]))
    times = _time_labels(result, [named[step] for step in steps])
    chart = stacked_chart(times, series, lead.kind, width=width, height=185)
    return [(_title(lead, f"{result.by[0]} and {result.by[1]}"), [legend(series, width=width), chart])]


def _title(column: ReportColumn, by: str) -> str:
    return f"{column.label} by {by}" + (f", {column.currency}" if column.currency else "")


def _has_any(values: Sequence[Decimal | None]) -> bool:
    return any(values)


def _time_labels(result: ReportResult, groups: Sequence[GroupKey]) -> list[str]:
    """Return short names of steps, with the year where there are several."""
    several = result.period.first.year != result.period.last.year and result.by[0] not in ("year", "day")
    return [
        f"{group.short_label} ’{(group.id or '')[2:4]}" if several else str(group.short_label)
        for group in groups
    ]
