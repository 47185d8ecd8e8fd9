"""A report as a document: what it is, key figures, charts, the table, and what has to be said with it."""

# ReportLab ships no types: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from decimal import Decimal
from typing import Any, BinaryIO, Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, HRFlowable, KeepTogether, Paragraph, Spacer, Table, TableStyle

from zebros_jobs.adapters.pdf.fonts import SUBSTITUTE, Letters
from zebros_jobs.adapters.pdf.pages import build
from zebros_jobs.adapters.reports.pdf.figures import MAX_PRINTED, currency_table, figure_table
from zebros_jobs.adapters.reports.pdf.pictures import pictures_of
from zebros_jobs.adapters.reports.pdf.styles import ACCENT, GRID, HEADING, PAPER, SMALL, SUBTITLE, TEXT, TITLE
from zebros_jobs.adapters.reports.pdf.tiles import Tile, tiles
from zebros_jobs.domain.reports.figures import change_text, figure
from zebros_jobs.domain.reports.measures import MeasureKind
from zebros_jobs.domain.reports.request import ReportKind
from zebros_jobs.domain.reports.result import Change, ReportColumn, ReportResult
from zebros_jobs.domain.reports.tables import DIMENSION_LABELS

__all__ = ["write_document"]

MARGIN: Final = 16 * mm
WIDTH: Final = A4[0] - 2 * MARGIN
_ROOM_FOR_A_TABLE: Final = 110
_EMPTY: Final = {
    ReportKind.SALES: "No deals were won or lost in this period.",
    ReportKind.ACTIVITIES: "No activities were made, completed or missed in this period.",
    ReportKind.ACQUISITION: "No customers were made, and no first deals won, in this period.",
    ReportKind.CONVERSION: "No leads were created or converted in this period.",
}


def write_document(result: ReportResult, out: BinaryIO) -> None:
    """Write a report as PDF; the same report gives the same bytes."""
    letters = Letters()
    flow: list[Any] = [*_head(result, letters), tiles(_tiles(result, letters), width=WIDTH)]
    if result.is_empty:
        flow += [Spacer(0, 8), _box(_EMPTY[result.report])]
    else:
        for title, drawings in pictures_of(result, letters, width=WIDTH):
            flow.append(KeepTogether([Paragraph(letters.markup(title), HEADING), *drawings]))
    if result.rows and result.by and not result.is_empty:
        kinds = " and ".join(DIMENSION_LABELS[by].lower() for by in result.by)
        # The head of the table and some rows of it, or it begins on the next page.
        flow.append(CondPageBreak(_ROOM_FOR_A_TABLE))
        flow.append(Paragraph(f"Figures by {kinds}", HEADING))
        flow.append(figure_table(result, letters, width=WIDTH))
    if any(":" in column.key for column in result.columns):
        flow.append(
            KeepTogether([Paragraph("Amounts by currency", HEADING), currency_table(result, width=WIDTH)])
        )
    flow += _notes(result, letters)
    foot = f"{result.title}, {result.period.label} · {result.tenant} · as of {result.generated_at:%Y-%m-%d %H:%M} UTC"
    build(
        out,
        flow,
        title=f"{result.title}, {result.period.label}",
        foot=foot,
        author=letters.plain(result.tenant),
        margin=MARGIN,
    )


def _head(result: ReportResult, letters: Letters) -> list[Any]:
    first, last = result.period.first, result.period.last
    about = [f"{first.isoformat()} to {last.isoformat()}", result.time_zone]
    if any(column.kind is MeasureKind.MONEY for column in result.columns):
        about.append(f"amounts in {result.base_currency}")
    if result.former_period is not None:
        about.append(f"compared with {result.former_period.label}")
    lines = [
        HRFlowable(width=34, thickness=3, color=ACCENT, hAlign="LEFT", spaceBefore=0, spaceAfter=6),
        Paragraph(letters.markup(result.tenant), SMALL),
        Paragraph(letters.markup(result.title), TITLE),
        Paragraph(letters.markup(result.subtitle), SUBTITLE),
        Paragraph(letters.markup(" · ".join(about)), SMALL),
    ]
    for each in result.filters:
        lines.append(Paragraph(letters.markup(f"{each.label}: {', '.join(each.values)}"), SMALL))
    return [*lines, Spacer(0, 10)]


def _tiles(result: ReportResult, letters: Letters) -> list[Tile]:
    shown: list[Tile] = []
    totals = result.totals
    former = result.former_period
    for key in result.tiles:
        column = result.column(key)
        change = (totals.change or {}).get(key)
        absolute = change.absolute if change is not None else None
        before = (totals.former or {}).get(key)
        shown.append(
            Tile(
                label=column.label,
                value=figure(totals.values[key], column, whole=True),
                unit=column.currency or "",
                change="" if change is None or _is_new(change, column) else change_text(change, column),
                before=f"{_before(result, before, column)} in {letters.plain(former.label)}"
                if former
                else "",
                direction=0 if not absolute else (1 if absolute > 0 else -1),
                good=column.good,
            )
        )
    return shown


def _is_new(change: Change, column: ReportColumn) -> bool:
    """Tell whether a figure cannot be compared, since there was nothing before."""
    told = change.absolute if column.kind is MeasureKind.RATE else change.percent
    return told is None


def _before(result: ReportResult, value: Decimal | None, column: ReportColumn) -> str:
    if value is None and column.kind is MeasureKind.MONEY and result.missing_rates:
        return "unknown"
    return figure(value, column, whole=True) if value else "nothing"


def _box(text: str) -> Any:
    style = TableStyle(
        [
            ("BACKGROUND", (0, 0), (-1, -1), PAPER),
            ("TOPPADDING", (0, 0), (-1, -1), 14),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 14),
            ("LEFTPADDING", (0, 0), (-1, -1), 12),
        ]
    )
    return Table([[Paragraph(text, TEXT)]], colWidths=[WIDTH], style=style, hAlign="LEFT")


def _notes(result: ReportResult, letters: Letters) -> list[Any]:
    notes = [Paragraph(letters.markup(note), SMALL) for note in result.notes]
    if result.row_count > MAX_PRINTED:
        text = (
            f"The table has the first {MAX_PRINTED:,} of {result.row_count:,} rows; the spreadsheet has all."
        )
        notes.append(Paragraph(text, SMALL))
    if letters.substituted:
        text = f"Letters that the font of this document lacks are shown as {SUBSTITUTE}; the spreadsheet has them."
        notes.append(Paragraph(text, SMALL))
    rule = HRFlowable(width="100%", thickness=0.5, color=GRID, spaceBefore=10, spaceAfter=5)
    return [KeepTogether([rule, *notes])] if notes else []
