"""Scales of charts: round numbers on an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from zebros_jobs.domain.reports.figures import signed
from zebros_jobs.domain.reports.measures import MeasureKind

__all__ = ["Scale", "scale_of"]

_STEPS: Final = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
_WANTED: Final = 5
_UNITS: Final = ((Decimal(10) ** 12, " tn"), (Decimal(10) ** 9, " bn"), (Decimal(10) ** 6, " m"))
_LONG: Final = Decimal(10) ** 7
"""From here on axes are written in millions or more: the digits before are no longer read."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Round numbers from the lowest to the highest, evenly."""

    ticks: tuple[Decimal, ...]
    kind: MeasureKind

    def share(self, value: Decimal) -> float:
        """Return where a value is: 0 at the lowest tick, 1 at the highest."""
        low, high = self.ticks[0], self.ticks[-1]
        return float((value - low) / (high - low))

    def labels(self) -> list[str]:
        """Return the ticks as texts, all in one unit."""
        if self.kind is MeasureKind.RATE:
            digits = 0 if all(tick * 100 == (tick * 100).to_integral_value() for tick in self.ticks) else 1
            return [f"{tick * 100:,.{digits}f} %" for tick in self.ticks]
        top = max(abs(tick) for tick in self.ticks)
        unit, name = next(
            ((unit, name) for unit, name in _UNITS if top >= max(unit, _LONG)), (Decimal(1), "")
        )
        scaled = [tick / unit for tick in self.ticks]
        digits = max(0, *(-_exponent(tick) for tick in scaled))
        return [signed(f"{tick:,.{digits}f}") + (name if tick else "") for tick in scaled]


def _exponent(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def scale_of(values: Sequence[Decimal], kind: MeasureKind) -> Scale:
    """Return a scale from nothing (or below, where there are negative values) to the largest value or just above."""
    low, high = min(Decimal(0), *values), max(Decimal(0), *values)
    if kind is MeasureKind.RATE and high <= 1:
        high = max(high, Decimal("0.1"))
    if low == high:
        high = low + 1
    step = _step((high - low) / _WANTED)
    if kind is MeasureKind.COUNT:
        step = max(step, Decimal(1))
    first, last = (
        (low / step).to_integral_value("ROUND_FLOOR"),
        (high / step).to_integral_value("ROUND_CEILING"),
    )
    ticks = tuple(step * number for number in range(int(first), int(last) + 1))
    return Scale(ticks, kind)


def _step(rough: Decimal) -> Decimal:
    magnitude = Decimal(1).scaleb(rough.adjusted())
    return next(step * magnitude for step in _STEPS if step * magnitude >= rough)
