"""Tables of reports, over any number of pages."""

# reportlab ships no types: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from reportlab.platypus import LongTable, TableStyle

from zebros_jobs.adapters.reports.pdf.styles import CELL, GRID, INK, MUTED, PAPER

__all__ = ["data_table"]

_RULES: Final = (
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 3),
    ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ("TOPPADDING", (0, 0), (-1, -1), 1.8),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.2),
)


def data_table(
    head: Sequence[Any],
    rows: Sequence[Sequence[Any]],
    widths: Sequence[float],
    *,
    right: Sequence[int] = (),
    total: bool = False,
    commands: Sequence[Any] = (),
) -> Any:
    """Return rows below a head that every page repeats.

    Cells are texts or flowables; those of the columns `right` stand at the right. The last row is the whole, if there
    is a `total`. `commands` are more of the library's commands of style.
    """
    style: list[Any] = [
        *_RULES,
        ("FONT", (0, 0), (-1, -1), CELL.fontName, CELL.fontSize, CELL.leading),
        ("TEXTCOLOR", (0, 0), (-1, -1), INK),
        ("TEXTCOLOR", (0, 0), (-1, 0), MUTED),
        ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, MUTED),
        ("LINEBELOW", (0, 1), (-1, -1), 0.3, GRID),
        *(("ALIGN", (column, 0), (column, -1), "RIGHT") for column in right),
    ]
    if total:
        style += [
            ("BACKGROUND", (0, -1), (-1, -1), PAPER),
            ("LINEABOVE", (0, -1), (-1, -1), 0.8, MUTED),
            # The whole is not left alone on a page.
            ("NOSPLIT", (0, max(-3, -len(rows))), (-1, -1)),
        ]
    return LongTable(
        [list(head), *map(list, rows)],
        colWidths=list(widths),
        repeatRows=1,
        style=TableStyle([*style, *commands]),
        hAlign="LEFT",
    )
