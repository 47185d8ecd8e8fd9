"""The currencies of the world, as the package `iso4217` knows them: services that deal with money carry it."""

from __future__ import annotations

from functools import cache

__all__ = ["currency_codes", "minor_digits"]


@cache
def currency_codes() -> frozenset[str]:
    """Return the active codes of ISO 4217 that have a minor unit: no metals, no units of account, no test codes."""
    # A list of 180 entries is parsed when it is first needed, and not while a container starts.
    from iso4217 import Currency

    return frozenset(currency.code for currency in Currency if currency.exponent is not None)


@cache
def minor_digits(currency: str) -> int:
    """Return how many decimal places a currency's minor unit has: 2 for euros, 0 for yen."""
    from iso4217 import Currency

    try:
        return int(Currency(currency).exponent or 0)
    except ValueError:
        return 2
