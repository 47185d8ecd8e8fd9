"""Amounts of several currencies, which are never added to each other as they are."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

from zebros_core.currencies import minor_digits
from zebros_core.values import Value

__all__ = ["EXACT", "Rates", "rounded", "rounded_money"]

EXACT: Final = Context(prec=120, rounding=ROUND_HALF_EVEN)
"""Arithmetic that rounds nothing that people have: an amount has 15 digits, so has a rate, and a sum some more."""


class Rates(Value):
    """A tenant's base currency, and what one unit of others is worth in it, as its pipeline keeps them."""

    base_currency: str
    rates: dict[str, Decimal]

    @classmethod
    def of_settings(cls, value: Mapping[str, Any]) -> Rates:
        """Return the rates of the pipeline's settings."""
        rates = {code: Decimal(str(rate)) for code, rate in value["rates"].items()}
        return cls(base_currency=value["baseCurrency"], rates=rates)

    def missing(self, amounts: Mapping[str, Decimal]) -> frozenset[str]:
        """Return the currencies that have no rate. An amount of nothing needs none."""
        known = {self.base_currency, *self.rates}
        return frozenset(code for code, amount in amounts.items() if amount and code not in known)

    def converted(self, amounts: Mapping[str, Decimal]) -> Decimal | None:
        """Return the sum in the base currency, exactly; None where a rate is missing."""
        if self.missing(amounts):
            return None
        total = Decimal(0)
        for code, amount in amounts.items():
            rate = Decimal(1) if code == self.base_currency else self.rates.get(code, Decimal(0))
            total = EXACT.add(total, EXACT.multiply(amount, rate))
        return total


def rounded(number: Decimal, digits: int) -> Decimal:
    """Return a number with so many decimal places, halves to the even neighbour."""
    return number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN, EXACT)


def rounded_money(amount: Decimal, currency: str) -> Decimal:
    """Return an amount in the currency's minor unit, halves to the even neighbour."""
    return rounded(amount, minor_digits(currency))
