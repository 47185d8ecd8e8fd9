"""A report as a workbook: a summary with a chart, and all figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO, Final

from zebros_jobs.adapters.tables.workbook import SheetBook
from zebros_jobs.domain.formulas import guarded
from zebros_jobs.domain.reports.measures import MeasureKind
from zebros_jobs.domain.reports.result import ReportResult
from zebros_jobs.domain.reports.tables import columns_of, header_of, rows_of
from zebros_jobs.domain.tables import Column

__all__ = ["write_workbook"]

_FIGURES: Final = "Figures"
_CHARTED_ROWS: Final = 60
"""Rows of a chart; more are thinner than a line."""
_BLUE, _GREY, _ORANGE = "#0072B2", "#B9C7D3", "#D55E00"
_FORMATS: Final = {
    MeasureKind.COUNT: "#,##0",
    MeasureKind.MONEY: "#,##0.00",
    MeasureKind.RATE: "0.0%",
    MeasureKind.DAYS: "#,##0.0",
}
_WIDTHS: Final = (30, 18, 18, 12)


def write_workbook(result: ReportResult, out: BinaryIO) -> None:
    """Write the workbook of a report."""
    with SheetBook(out) as book:
        summary = _write_summary(book, result)
        columns = columns_of(result)
        sheet = book.sheet(_FIGURES, columns)
        for cells in rows_of(result):
            sheet.row(cells)
        if result.rows and result.by:
            summary.insert_chart("F2", _chart(book, result, columns), {"x_scale": 1.6, "y_scale": 1.5})


def _write_summary(book: SheetBook, result: ReportResult) -> Any:
    """Write what the report is, the whole with its change, and the notes; return the sheet."""
    sheet = book.add("Summary")
    for place, width in enumerate(_WIDTHS):
        sheet.set_column(place, place, width)
    lines: list[tuple[str, Any]] = [
        (result.title, book.format(header=True)),
        (result.subtitle, None),
        (f"{result.tenant} · {result.period.first} to {result.period.last}, {result.time_zone}", None),
        (f"As of {result.generated_at:%Y-%m-%d %H:%M} UTC", None),
        *((f"{each.label}: {', '.join(each.values)}", None) for each in result.filters),
    ]
    row = 0
    for text, form in lines:
        _text(sheet, row, 0, text, form)
        row += 1
    row += 1
    before = result.former_period.label if result.former_period is not None else ""
    for place, title in enumerate(("Figure", result.period.label, before, "Change" if before else "")):
        _text(sheet, row, place, title, book.format(header=True))
    for column in result.columns:
        row += 1
        form = book.format(_FORMATS[column.kind])
        _text(sheet, row, 0, header_of(result, column), None)
        value = result.totals.values[column.key]
        if value is not None:
            sheet.write_number(row, 1, float(value), form)
        if result.totals.former is not None and result.totals.change is not None:
            former, percent = result.totals.former[column.key], result.totals.change[column.key].percent
            if former is not None:
                sheet.write_number(row, 2, float(former), form)
            if percent is not None:
                sheet.write_number(row, 3, float(percent) / 100, book.format("+0.0%;-0.0%;0.0%"))
    row += 1
    for note in result.notes:
        row += 1
        _text(sheet, row, 0, note, None)
    return sheet


def _text(sheet: Any, row: int, column: int, text: str, form: Any) -> None:
    sheet.write_string(row, column, guarded(text), form)


def _chart(book: SheetBook, result: ReportResult, columns: Sequence[Column]) -> Any:
    """Return the chart of what the report is about, beside the former period, with its share on an axis of its own."""
    names = [column.name for column in columns]
    last = min(len(result.rows), _CHARTED_ROWS)
    lead = result.column(result.lead)

    def cells(name: str) -> list[Any]:
        place = names.index(name)
        return [_FIGURES, 1, place, last, place]

    chart = book.chart({"type": "column"})
    series: list[tuple[str, str, str]] = [(lead.key, result.period.label, _BLUE)]
    if result.former_period is not None:
        series.append((f"{lead.key}.before", result.former_period.label, _GREY))
    for key, title, colour in series:
        chart.add_series(
            {
                "name": title,
                "categories": [_FIGURES, 1, 0, last, len(result.by) - 1],
                "values": cells(key),
                "fill": {"color": colour},
                "gap": 60,
                "overlap": 0,
            }
        )
    if result.line is not None and len(result.by) == 1:
        line = book.chart({"type": "line"})
        column = result.column(result.line)
        line.add_series(
            {
                "name": column.label,
                "categories": [_FIGURES, 1, 0, last, 0],
                "values": cells(column.key),
                "line": {"color": _ORANGE, "width": 2},
                "y2_axis": True,
            }
        )
        line.set_y2_axis({"num_format": "0%", "min": 0})
        chart.combine(line)
    unit = f", {lead.currency}" if lead.currency else ""
    chart.set_title({"name": f"{lead.label}{unit}", "name_font": {"size": 12}})
    chart.set_y_axis(
        {"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#DCE2E8"}}}
    )
    chart.set_legend({"position": "bottom"})
    return chart
