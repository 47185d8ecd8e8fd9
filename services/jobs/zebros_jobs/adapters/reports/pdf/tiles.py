"""Key figures as tiles: what it is, how much, and how that has changed since the former period."""

# ReportLab ships no types that fit: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from reportlab.graphics.shapes import Drawing, Polygon, Rect, String

from zebros_jobs.adapters.pdf.fonts import BOLD, MEDIUM, REGULAR, width_of
from zebros_jobs.adapters.pdf.pages import shortened
from zebros_jobs.adapters.reports.pdf.styles import ACCENT, BAD, GOOD, INK, MUTED, PAPER

__all__ = ["Tile", "tiles"]

_HEIGHT: Final = 62.0
_SPACE: Final = 7.0
_PADDING: Final = 8.0
_LARGEST: Final = 16.0


@dataclass(frozen=True, slots=True)
class Tile:
    """A key figure. `direction` is up (1), down (-1) or unchanged; `good` which of these is good, 0 for neither."""

    label: str
    value: str
    unit: str = ""
    change: str = ""
    before: str = ""
    direction: int = 0
    good: int = 0


def tiles(shown: Sequence[Tile], *, width: float) -> Drawing:
    """Return tiles in a row over the whole width."""
    drawing = Drawing(width, _HEIGHT)
    each = (width - _SPACE * (len(shown) - 1)) / max(1, len(shown))
    size = min((_fitting(tile, each) for tile in shown), default=_LARGEST)
    for place, tile in enumerate(shown):
        _draw(drawing, tile, place * (each + _SPACE), each, size, first=place == 0)
    return drawing


def _fitting(tile: Tile, width: float) -> float:
    """Return the size in which a value fits; all tiles of a row have the same one."""
    room = width - 2 * _PADDING
    size = _LARGEST
    while size > 8 and width_of(tile.value, BOLD, size) > room:
        size -= 0.5
    return size


def _draw(drawing: Drawing, tile: Tile, x: float, width: float, size: float, *, first: bool) -> None:
    left, room = x + _PADDING, width - 2 * _PADDING
    drawing.add(Rect(x, 0, width, _HEIGHT, rx=3, ry=3, fillColor=PAPER, strokeColor=None))
    if first:
        drawing.add(Rect(x, 3, 2.2, _HEIGHT - 6, fillColor=ACCENT, strokeColor=None))
    label = f"{tile.label}, {tile.unit}" if tile.unit else tile.label
    _text(drawing, left, _HEIGHT - 14, shortened(label, REGULAR, 7.5, room), REGULAR, 7.5, MUTED)
    _text(drawing, left, _HEIGHT - 33, shortened(tile.value, BOLD, size, room), BOLD, size, INK)
    _text(drawing, left, 7, shortened(tile.before, REGULAR, 6.8, room), REGULAR, 6.8, MUTED)
    if not tile.change:
        return
    colour = {1: GOOD, -1: BAD}.get(tile.good * tile.direction, MUTED)
    begin = left
    if tile.direction:
        _arrow(drawing, left, 18.5, tile.direction, colour)
        begin += 9
    _text(drawing, begin, 17.5, tile.change, MEDIUM, 8, colour)


def _arrow(drawing: Drawing, x: float, y: float, direction: int, colour: Any) -> None:
    """Draw a triangle: the font has no arrows."""
    points = [x, y, x + 6, y, x + 3, y + 5] if direction > 0 else [x, y + 5, x + 6, y + 5, x + 3, y]
    drawing.add(Polygon(points, fillColor=colour, strokeColor=None))


def _text(drawing: Drawing, x: float, y: float, text: str, font: str, size: float, colour: Any) -> None:
    drawing.add(String(x, y, text, fontName=font, fontSize=size, fillColor=colour))
