"""How reports look: colours and paragraphs."""

# reportlab ships no types: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Any, Final

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle

from zebros_jobs.adapters.pdf.fonts import BOLD, MEDIUM, REGULAR, register_fonts

__all__ = [
    "ACCENT",
    "BAD",
    "CELL",
    "CELL_HEAD",
    "CELL_HEAD_RIGHT",
    "CELL_RIGHT",
    "FORMER",
    "GOOD",
    "GRID",
    "HEADING",
    "INK",
    "LINE",
    "MUTED",
    "PAPER",
    "SERIES",
    "SMALL",
    "SUBTITLE",
    "TEXT",
    "TITLE",
]

register_fonts()

INK: Final = HexColor("#1B2A38")
MUTED: Final = HexColor("#5F6C7B")
GRID: Final = HexColor("#DCE2E8")
PAPER: Final = HexColor("#F3F6F9")

# The colours of Okabe and Ito, which people with any kind of colour vision can tell apart.
ACCENT: Final = HexColor("#0072B2")
FORMER: Final = HexColor("#B9C7D3")
LINE: Final = HexColor("#D55E00")
GOOD: Final = HexColor("#007A5A")
BAD: Final = HexColor("#B3470A")
SERIES: Final = tuple(
    HexColor(code) for code in ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8A94A0")
)


def _style(name: str, **properties: Any) -> ParagraphStyle:
    given = {"fontName": REGULAR, "fontSize": 9, "leading": 12, "textColor": INK, **properties}
    return ParagraphStyle(name, **given)


TITLE: Final = _style("title", fontName=BOLD, fontSize=22, leading=26)
SUBTITLE: Final = _style("subtitle", fontSize=11, leading=15, textColor=MUTED)
HEADING: Final = _style("heading", fontName=MEDIUM, fontSize=12, leading=16, spaceBefore=12, spaceAfter=5)
TEXT: Final = _style("text", spaceAfter=4)
SMALL: Final = _style("small", fontSize=7.5, leading=10, textColor=MUTED)
# A name without a space is broken where the column ends.
CELL: Final = _style("cell", fontSize=8, leading=10, splitLongWords=1)
CELL_RIGHT: Final = _style("cell-right", fontSize=8, leading=10, alignment=TA_RIGHT)
CELL_HEAD: Final = _style("cell-head", fontName=MEDIUM, fontSize=7.5, leading=9.5, textColor=MUTED)
CELL_HEAD_RIGHT: Final = _style(
    "cell-head-right", fontName=MEDIUM, fontSize=7.5, leading=9.5, textColor=MUTED, alignment=TA_RIGHT
)
