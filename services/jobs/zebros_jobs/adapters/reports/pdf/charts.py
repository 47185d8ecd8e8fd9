"""Charts as shapes, so that they are sharp at any size: columns, bars, lines, stacks."""

# ReportLab ships no types that fit: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from reportlab.graphics.shapes import Circle, Drawing, Group, Line, PolyLine, Rect, String

from zebros_jobs.adapters.pdf.fonts import REGULAR, width_of
from zebros_jobs.adapters.pdf.pages import shortened
from zebros_jobs.adapters.reports.pdf.axes import Scale, scale_of
from zebros_jobs.adapters.reports.pdf.styles import GRID, INK, MUTED
from zebros_jobs.domain.reports.measures import MeasureKind

__all__ = ["Series", "bar_chart", "column_chart", "legend", "line_chart", "stacked_chart"]

SIZE: Final = 7.0
_GAP: Final = 6.0
_BELOW: Final = 16.0
_ABOVE: Final = 6.0
_WIDEST: Final = 42.0
"""Points of a column; where there are few, they are no walls."""


@dataclass(frozen=True, slots=True)
class Series:
    """Values in a colour; None where there is nothing to tell. `dashed` is how a former period's line is drawn."""

    name: str
    values: Sequence[Decimal | None]
    colour: Any
    dashed: bool = False


def _known(series: Sequence[Series]) -> list[Decimal]:
    return [value for each in series for value in each.values if value is not None]


def column_chart(
    labels: Sequence[str], series: Sequence[Series], kind: MeasureKind, *, width: float, height: float
) -> Drawing:
    """Return columns side by side for each label, the series in their order."""
    drawing, plot = _frame(labels, scale_of(_known(series) or [Decimal(0)], kind), width, height)
    slot = plot.width / max(1, len(labels))
    inner = min(slot * (0.72 if len(series) > 1 else 0.62), _WIDEST * len(series))
    each = inner / max(1, len(series))
    for place in range(len(labels)):
        left = plot.left + (place + 0.5) * slot - inner / 2
        for number, one in enumerate(series):
            value = one.values[place]
            if value is not None and value:
                plot.column(drawing, left + number * each, each * 0.92, Decimal(0), value, one.colour)
    plot.base(drawing)
    return drawing


def stacked_chart(
    labels: Sequence[str], series: Sequence[Series], kind: MeasureKind, *, width: float, height: float
) -> Drawing:
    """Return columns that are made of the series, the first at the bottom."""
    tops = [sum((one.values[n] or Decimal(0) for one in series), Decimal(0)) for n in range(len(labels))]
    drawing, plot = _frame(labels, scale_of(tops or [Decimal(0)], kind), width, height)
    slot = plot.width / max(1, len(labels))
    wide = min(slot * 0.62, _WIDEST)
    for place in range(len(labels)):
        begin = Decimal(0)
        for one in series:
            value = one.values[place] or Decimal(0)
            if value:
                left = plot.left + (place + 0.5) * slot - wide / 2
                plot.column(drawing, left, wide, begin, begin + value, one.colour)
            begin += value
    plot.base(drawing)
    return drawing


def line_chart(
    labels: Sequence[str], series: Sequence[Series], kind: MeasureKind, *, width: float, height: float
) -> Drawing:
    """Return lines through the values; a line is broken where there is nothing to tell."""
    drawing, plot = _frame(labels, scale_of(_known(series) or [Decimal(0)], kind), width, height)
    slot = plot.width / max(1, len(labels))
    for one in reversed(series):
        run: list[float] = []
        for place, value in enumerate([*one.values, None]):
            if value is not None:
                run += [plot.left + (place + 0.5) * slot, plot.y(value)]
                continue
            if len(run) > 2:
                drawing.add(
                    PolyLine(
                        run,
                        strokeColor=one.colour,
                        strokeWidth=1.2 if one.dashed else 1.8,
                        strokeDashArray=[3, 2] if one.dashed else None,
                        strokeLineJoin=1,
                    )
                )
            if not one.dashed and len(labels) <= 60:
                for x, y in zip(run[::2], run[1::2], strict=True):
                    drawing.add(Circle(x, y, 2, fillColor=one.colour, strokeColor=None))
            run = []
    plot.base(drawing)
    return drawing


def bar_chart(
    labels: Sequence[str],
    series: Sequence[Series],
    kind: MeasureKind,
    texts: Sequence[str],
    *,
    width: float,
) -> Drawing:
    """Return bars to the right, one below the other, with names before and the first series' values behind them."""
    row = 9.0 + 7.0 * len(series)
    height = row * len(labels) + _BELOW
    scale = scale_of(_known(series) or [Decimal(0)], kind)
    names = min(
        width * 0.3, max((width_of(label, REGULAR, SIZE + 0.5) for label in labels), default=0) + _GAP
    )
    values = max((width_of(text, REGULAR, SIZE) for text in texts), default=0) + _GAP
    drawing = Drawing(width, height)
    left, right = names, width - values
    ticks = scale.labels()
    every = _every(
        max(width_of(text, REGULAR, SIZE) for text in ticks) + _GAP, (right - left) / (len(ticks) - 1)
    )
    for number, (tick, text) in enumerate(zip(scale.ticks, ticks, strict=True)):
        x = left + (right - left) * scale.share(tick)
        drawing.add(Line(x, _BELOW, x, height, strokeColor=MUTED if tick == 0 else GRID, strokeWidth=0.5))
        if number % every == 0:
            drawing.add(_string(x, _BELOW - 9, text, anchor="middle"))
    zero = left + (right - left) * scale.share(Decimal(0))
    for place, label in enumerate(labels):
        top = height - place * row - 4.5
        for number, one in enumerate(series):
            value = one.values[place]
            if value is not None and value:
                x = left + (right - left) * scale.share(value)
                thick = 6.2 if number == 0 else 4.0
                y = top - 7.0 * number - thick
                drawing.add(
                    Rect(min(zero, x), y, abs(x - zero), thick, fillColor=one.colour, strokeColor=None)
                )
        middle = top - 3.5 * len(series) - 2
        drawing.add(
            _string(0, middle, shortened(label, REGULAR, SIZE + 0.5, names - 4), size=SIZE + 0.5, colour=INK)
        )
        drawing.add(_string(width, middle, texts[place], anchor="end", colour=INK))
    return drawing


def legend(series: Sequence[Series], *, width: float) -> Drawing:
    """Return what the colours mean, on one line."""
    drawing = Drawing(width, 11)
    x = 0.0
    room = width / max(1, len(series)) - 18
    for one in series:
        name = shortened(one.name, REGULAR, SIZE + 0.5, room if len(series) > 3 else width)
        if one.dashed:
            drawing.add(
                Line(x, 4.5, x + 9, 4.5, strokeColor=one.colour, strokeWidth=1.4, strokeDashArray=[3, 2])
            )
        else:
            drawing.add(Rect(x, 1.5, 7, 7, fillColor=one.colour, strokeColor=None))
        drawing.add(_string(x + 12, 2.2, name, size=SIZE + 0.5))
        x += 12 + width_of(name, REGULAR, SIZE + 0.5) + 14
    return drawing


# -- the frame of a chart ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Plot:
    left: float
    bottom: float
    width: float
    height: float
    scale: Scale

    def y(self, value: Decimal) -> float:
        return self.bottom + self.height * self.scale.share(value)

    def column(
        self, drawing: Drawing, x: float, width: float, low: Decimal, high: Decimal, colour: Any
    ) -> None:
        bottom, top = sorted((self.y(low), self.y(high)))
        drawing.add(Rect(x, bottom, width, top - bottom, fillColor=colour, strokeColor=None))

    def base(self, drawing: Drawing) -> None:
        zero = self.y(Decimal(0))
        drawing.add(Line(self.left, zero, self.left + self.width, zero, strokeColor=MUTED, strokeWidth=0.6))


def _frame(labels: Sequence[str], scale: Scale, width: float, height: float) -> tuple[Drawing, _Plot]:
    """Return a drawing with the axes of a chart, and where in it the values are."""
    texts = scale.labels()
    left = max(width_of(text, REGULAR, SIZE) for text in texts) + _GAP
    plot = _Plot(left, _BELOW, width - left, height - _BELOW - _ABOVE, scale)
    drawing = Drawing(width, height)
    for tick, text in zip(scale.ticks, texts, strict=True):
        y = plot.y(tick)
        drawing.add(Line(left, y, width, y, strokeColor=GRID, strokeWidth=0.5))
        drawing.add(_string(left - _GAP, y - 2.4, text, anchor="end"))
    slot = plot.width / max(1, len(labels))
    widest = max((width_of(label, REGULAR, SIZE) for label in labels), default=0) + _GAP
    every = _every(widest, slot)
    group = Group()
    for place, label in enumerate(labels):
        if place % every == 0:
            group.add(_string(left + (place + 0.5) * slot, _BELOW - 10, label, anchor="middle"))
    drawing.add(group)
    return drawing, plot


def _every(wanted: float, slot: float) -> int:
    """Return of how many labels one is written, so that they do not touch."""
    every = 1
    while every * slot < wanted and every < 1000:
        every += 1
    return every


def _string(
    x: float, y: float, text: str, *, anchor: str = "start", size: float = SIZE, colour: Any = MUTED
) -> String:
    return String(x, y, text, fontName=REGULAR, fontSize=size, fillColor=colour, textAnchor=anchor)
