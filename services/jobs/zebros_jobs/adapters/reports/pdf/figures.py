"""The tables of a report."""

# ReportLab ships no types: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from reportlab.platypus import Paragraph

from zebros_jobs.adapters.pdf.fonts import MEDIUM, REGULAR, Letters, width_of
from zebros_jobs.adapters.reports.pdf.styles import BAD, CELL, CELL_HEAD, CELL_HEAD_RIGHT, GOOD, MUTED
from zebros_jobs.adapters.reports.pdf.tables import data_table
from zebros_jobs.domain.reports.figures import change_text, figure
from zebros_jobs.domain.reports.measures import MeasureKind
from zebros_jobs.domain.reports.result import Change, ReportColumn, ReportResult, ReportRow
from zebros_jobs.domain.reports.tables import DIMENSION_LABELS

__all__ = ["MAX_PRINTED", "currency_table", "figure_table"]

MAX_PRINTED: Final = 2_000
_PADDING: Final = 7.0
_SMALLEST: Final = 58.0
"""Points that a column of names has at least."""
_BY_UNIT_FROM: Final = Decimal(10_000)
"""From this total on money is printed without its minor unit."""


def figure_table(result: ReportResult, letters: Letters, *, width: float) -> Any:
    """Return the rows and the whole; beside what the report is about stands how it has changed."""
    columns = [column for column in result.columns if ":" not in column.key]
    lead = result.column(result.lead)
    compared = result.former_period is not None
    whole = _is_large(result)
    rows = [*result.rows[:MAX_PRINTED], result.totals]
    texts = [_texts(row, columns, lead, compared=compared, whole=whole) for row in rows]
    heads = _heads(columns, lead, compared=compared)
    widths = [
        max(_longest_word(head), *(width_of(line[place], REGULAR, CELL.fontSize) for line in texts))
        + _PADDING
        for place, head in enumerate(heads)
    ]
    names = len(result.by)
    name_widths = _name_widths(rows, names, letters, room=width - sum(widths))
    # What names leave is spread, so that figures stand in even columns; where they leave nothing, figures give way.
    spare = width - sum(widths) - sum(name_widths)
    widths = [each + spare / len(widths) for each in widths]
    head = [
        *(Paragraph(DIMENSION_LABELS[by], CELL_HEAD) for by in result.by),
        *(Paragraph(text, CELL_HEAD_RIGHT) for text in heads),
    ]
    body = [[*_names(row, names, letters), *line] for row, line in zip(rows, texts, strict=True)]
    return data_table(
        head,
        body,
        [*name_widths, *widths],
        right=range(names, names + len(widths)),
        total=True,
        commands=[
            ("FONTNAME", (0, -1), (-1, -1), MEDIUM),
            *(_coloured(rows, lead, names + heads.index("Change")) if compared else ()),
        ],
    )


def _name_widths(rows: Sequence[ReportRow], names: int, letters: Letters, *, room: float) -> list[float]:
    """Return how wide the columns of names are: as wide as names are, at most what there is room for."""
    wanted = [
        2 * _PADDING
        + max(
            [
                width_of(letters.plain(row.group[n].label), REGULAR, CELL.fontSize)
                for row in rows
                if row.group
            ],
            default=0.0,
        )
        for n in range(names)
    ]
    most = max(room / names, _SMALLEST)
    return [min(each, max(most, room - sum(wanted) + each)) for each in wanted]


def _is_large(result: ReportResult) -> bool:
    amounts = [
        value
        for column in result.columns
        if column.kind is MeasureKind.MONEY and (value := result.totals.values[column.key]) is not None
    ]
    return max(amounts, default=Decimal(0)) >= _BY_UNIT_FROM


def _heads(columns: Sequence[ReportColumn], lead: ReportColumn, *, compared: bool) -> list[str]:
    heads: list[str] = []
    for column in columns:
        heads.append(column.label)
        if compared and column.key == lead.key:
            heads.append("Change")
    return heads


def _texts(
    row: ReportRow, columns: Sequence[ReportColumn], lead: ReportColumn, *, compared: bool, whole: bool
) -> list[str]:
    texts: list[str] = []
    for column in columns:
        texts.append(figure(row.values[column.key], column, whole=whole))
        if compared and column.key == lead.key:
            texts.append(change_text((row.change or {}).get(column.key), column))
    return texts


def _names(row: ReportRow, names: int, letters: Letters) -> list[Any]:
    if not row.group:
        return ["Total", *[""] * (names - 1)]
    return [Paragraph(letters.markup(group.label), CELL) for group in row.group]


def _coloured(rows: Sequence[ReportRow], lead: ReportColumn, place: int) -> list[Any]:
    """Return the commands that colour changes: good ones, bad ones, and those that cannot be told."""
    commands: list[Any] = []
    for number, row in enumerate(rows, start=1):
        change = (row.change or {}).get(lead.key, Change(absolute=None, percent=None))
        better = (change.absolute or Decimal(0)) * lead.good
        colour = MUTED if not better else (GOOD if better > 0 else BAD)
        commands.append(("TEXTCOLOR", (place, number), (place, number), colour))
    return commands


def _longest_word(text: str) -> float:
    return max(width_of(word, MEDIUM, CELL_HEAD_RIGHT.fontSize) for word in text.split())


def currency_table(result: ReportResult, *, width: float) -> Any:
    """Return the whole of each currency, as it is: nothing is converted here."""
    single = [column for column in result.columns if ":" in column.key]
    keys = list(dict.fromkeys(column.key.partition(":")[0] for column in single))
    codes = list(dict.fromkeys(str(column.currency) for column in single))
    compared = result.former_period is not None
    heads = ["Currency"]
    for key in keys:
        heads += [result.column(key).label, *(["Before", "Change"] if compared else [])]
    rows: list[list[str]] = []
    for code in codes:
        line = [code]
        for key in keys:
            column = result.column(f"{key}:{code}")
            line.append(figure(result.totals.values[column.key], column))
            if compared:
                line.append(figure((result.totals.former or {}).get(column.key), column))
                line.append(change_text((result.totals.change or {}).get(column.key), column))
        rows.append(line)
    first = 50.0
    each = (width - first) / (len(heads) - 1)
    head = [Paragraph(heads[0], CELL_HEAD), *(Paragraph(text, CELL_HEAD_RIGHT) for text in heads[1:])]
    return data_table(head, rows, [first, *[each] * (len(heads) - 1)], right=range(1, len(heads)))
