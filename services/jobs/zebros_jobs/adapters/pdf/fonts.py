"""The fonts of our documents, embedded in each: letters of Latin, Greek and Cyrillic names look the same everywhere.

What Roboto lacks (Chinese, Japanese, Korean, Arabic, Hebrew, emoji) is printed as `�`, and a document says so where it
happens: see `Letters`. A font that has everything would add 20 MB to the artefact and to each cold start.
"""

# ReportLab ships no types: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import as_file, files
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import STATE_DEFAULTS
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

__all__ = ["BOLD", "ITALIC", "MEDIUM", "REGULAR", "SUBSTITUTE", "Letters", "register_fonts", "width_of"]

REGULAR: Final = "Roboto"
MEDIUM: Final = "Roboto-Medium"
BOLD: Final = "Roboto-Bold"
ITALIC: Final = "Roboto-Italic"
SUBSTITUTE: Final = "\ufffd"

_FILES: Final = {
    REGULAR: "Roboto-Regular.ttf",
    MEDIUM: "Roboto-Medium.ttf",
    BOLD: "Roboto-Bold.ttf",
    ITALIC: "Roboto-Italic.ttf",
}
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


@cache
def register_fonts() -> None:
    """Make the fonts known to ReportLab, once for the process."""
    for name, file in _FILES.items():
        with as_file(files("font_roboto").joinpath("files", file)) as path:
            pdfmetrics.registerFont(TTFont(name, str(path)))
    # With its own every document with a drawing would name a font that is not embedded.
    STATE_DEFAULTS["fontName"] = REGULAR
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=ITALIC, boldItalic=BOLD)


@cache
def _known() -> frozenset[int]:
    register_fonts()
    font: Any = pdfmetrics.getFont(REGULAR)
    return frozenset(font.face.charToGlyph)


def width_of(text: str, font: str, size: float) -> float:
    """Return how wide a text is, in points."""
    register_fonts()
    return float(pdfmetrics.stringWidth(text, font, size))


class Letters:
    """Prepares the texts of one document, and remembers whether it had to put a substitute for some letter."""

    def __init__(self) -> None:
        self.substituted = False

    def plain(self, text: str) -> str:
        """Return a text of letters that the font has, without marks that nobody sees; its lines stay lines."""
        known = _known()
        shown: list[str] = []
        for char in unicodedata.normalize("NFC", text):
            if char == "\n" or (ord(char) in known and unicodedata.category(char) not in _UNSEEN):
                shown.append(char)
            elif char == "\t":
                shown.append(" ")
            elif unicodedata.category(char) not in _UNSEEN:
                # A letter without its accent is better than none.
                base = unicodedata.normalize("NFD", char)[0]
                shown.append(base if base != char and ord(base) in known else SUBSTITUTE)
                self.substituted = True
        return "".join(shown)

    def markup(self, text: str) -> str:
        """Return the same for a paragraph, which reads a small language of tags."""
        return escape(self.plain(text)).replace("\n", "<br/>")
