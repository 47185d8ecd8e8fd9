"""Pages of our documents: A4, one family of fonts, and at the foot of each what it is and which page of how many.

The same content gives the same bytes: the library is told to leave out the present time and what it makes up.
"""

# ReportLab ships no types: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false, reportMissingParameterType=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, Any, Final

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    PageTemplate,
    Paragraph,
    Table,
    TableStyle,
)

from zebros_jobs.adapters.pdf.fonts import BOLD, REGULAR, Letters, register_fonts, width_of

__all__ = ["INK", "LINE", "MUTED", "PAGE_WIDTH", "build", "facts_table", "paragraph", "shortened", "styles"]

INK: Final = HexColor("#1b1f24")
MUTED: Final = HexColor("#5b6570")
LINE: Final = HexColor("#d5dae0")
MARGIN: Final = 22 * mm
PAGE_WIDTH: Final = A4[0] - 2 * MARGIN
_FOOT: Final = 12 * mm
_FOOT_SIZE: Final = 7.5
_LABEL_WIDTH: Final = 48 * mm


def styles() -> Mapping[str, ParagraphStyle]:
    """Return the styles of paragraphs: title, heading, subheading, text, small, label."""
    register_fonts()

    def style(name: str, size: float, **facts: Any) -> ParagraphStyle:
        usual = {"fontName": REGULAR, "textColor": INK, "leading": size * 1.38, "alignment": TA_LEFT}
        return ParagraphStyle(name, fontSize=size, **{**usual, **facts})

    return {
        "title": style("title", 19, fontName=BOLD, spaceAfter=4 * mm),
        "heading": style("heading", 13, fontName=BOLD, spaceBefore=7 * mm, spaceAfter=2 * mm),
        "subheading": style("subheading", 10, fontName=BOLD, spaceBefore=3.5 * mm, spaceAfter=1 * mm),
        "text": style("text", 9.5, spaceAfter=2.2 * mm),
        "small": style("small", 8, textColor=MUTED, spaceAfter=1.5 * mm),
        "label": style("label", 8.5, textColor=MUTED),
        "cell": style("cell", 9),
    }


def paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    """Return a paragraph of plain text: nothing in it is markup, and its lines stay lines."""
    return Paragraph(Letters().markup(text), style)


def facts_table(rows: Sequence[tuple[str, str]]) -> Table:
    """Return labels and values side by side; a value may go on on the next page."""
    known = styles()
    table = Table(
        [[paragraph(label, known["label"]), paragraph(value, known["cell"])] for label, value in rows],
        colWidths=[_LABEL_WIDTH, PAGE_WIDTH - _LABEL_WIDTH],
        splitInRow=1,
    )
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 3),
                ("TOPPADDING", (0, 0), (-1, -1), 1.6),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1.6),
                ("LINEBELOW", (0, 0), (-1, -1), 0.3, LINE),
            ]
        )
    )
    return table


def build(
    file: IO[bytes],
    story: Sequence[Flowable],
    *,
    title: str,
    foot: str,
    author: str = "Zebros",
    margin: float = MARGIN,
) -> None:
    """Write a document of these parts."""
    register_fonts()
    letters = Letters()
    document = BaseDocTemplate(
        file,
        pagesize=A4,
        leftMargin=margin,
        rightMargin=margin,
        topMargin=margin,
        bottomMargin=margin,
        title=letters.plain(title),
        author=author,
        creator=author,
        producer=author,
        lang="en",
        invariant=1,
        pageCompression=1,
    )
    # The library's own frames add a padding to the margin.
    frame = Frame(margin, margin, A4[0] - 2 * margin, A4[1] - 2 * margin, 0, 0, 0, 0)
    document.addPageTemplates([PageTemplate(frames=[frame])])
    document.build(list(story), canvasmaker=_numbered(letters.plain(foot), margin))


def shortened(text: str, font: str, size: float, room: float) -> str:
    """Return as much of a text as fits on a line, with an ellipsis where something is left out."""
    if width_of(text, font, size) <= room:
        return text
    while text and width_of(f"{text}…", font, size) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _numbered(foot: str, margin: float) -> type[Canvas]:
    class NumberedCanvas(Canvas):
        """Draws the feet at the end, when it is known how many pages there are."""

        def __init__(self, *args: Any, **facts: Any) -> None:
            # Or a font that is not embedded is named in every document.
            super().__init__(*args, **{**facts, "initialFontName": REGULAR})
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:
            self._pages.append(dict(self.__dict__))
            self._startPage()  # pyright: ignore[reportAttributeAccessIssue]

        def save(self) -> None:
            for number, page in enumerate(self._pages, 1):
                self.__dict__.update(page)
                self._draw_foot(number, len(self._pages))
                super().showPage()
            super().save()

        def _draw_foot(self, number: int, total: int) -> None:
            place = f"Page {number} of {total}"
            room = A4[0] - 2 * margin - width_of(place, REGULAR, _FOOT_SIZE) - 6 * mm
            self.setFont(REGULAR, _FOOT_SIZE)
            self.setFillColor(MUTED)
            self.drawString(margin, _FOOT, shortened(foot, REGULAR, _FOOT_SIZE, room))
            self.drawRightString(A4[0] - margin, _FOOT, place)

    return NumberedCanvas
