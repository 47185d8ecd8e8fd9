"""Figures as JSON numbers."""

from __future__ import annotations

from decimal import Decimal

__all__ = ["number"]


def number(value: Decimal | None) -> int | float | None:
    """Return a JSON number: whole ones of any length as they are, others in the 15 digits that a float has."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
