"""How figures are written for people."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from zebros_core.currencies import minor_digits
from zebros_jobs.domain.reports.measures import MeasureKind
from zebros_jobs.domain.reports.result import Change, ReportColumn

__all__ = ["NOTHING", "change_text", "figure", "signed"]

NOTHING: Final = "–"
_MINUS: Final = "−"


def figure(value: Decimal | None, column: ReportColumn, *, unit: bool = False, whole: bool = False) -> str:
    """Return a figure for people: with thousands, its unit if wanted; `whole` leaves out the minor unit of money."""
    if value is None:
        return NOTHING
    match column.kind:
        case MeasureKind.COUNT:
            return signed(f"{value:,.0f}")
        case MeasureKind.RATE:
            return signed(f"{value * 100:,.1f}") + " %"
        case MeasureKind.DAYS:
            return signed(f"{value:,.1f}") + (" days" if unit else "")
        case MeasureKind.MONEY:
            currency = column.currency or ""
            digits = 0 if whole else minor_digits(currency)
            return signed(f"{value:,.{digits}f}") + (f" {currency}" if unit else "")


def change_text(change: Change | None, column: ReportColumn) -> str:
    """Return how a figure has changed: in percent, of shares in points."""
    if change is None or change.absolute is None:
        return NOTHING
    if column.kind is MeasureKind.RATE:
        return signed(f"{change.absolute * 100:+,.1f}") + " pt"
    if not change.absolute:
        return "0.0 %"
    if change.percent is None:
        return NOTHING
    if abs(change.percent) >= 1000:
        return signed(f"{change.percent:+,.0f}") + " %"
    return signed(f"{change.percent:+,.1f}") + " %"


def signed(text: str) -> str:
    """Return a number's text with a minus sign instead of a hyphen."""
    return text.replace("-", _MINUS)
