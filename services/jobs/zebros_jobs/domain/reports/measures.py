"""What a report says of some records: sums of what was counted, and figures made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from zebros_jobs.domain.reports.money import EXACT, Rates, rounded, rounded_money
from zebros_jobs.domain.reports.request import ReportKind

__all__ = ["Definition", "Figures", "Measure", "MeasureKind", "Sums", "average", "ratio"]

RATE_DIGITS = 4
DAYS_DIGITS = 1


class MeasureKind(StrEnum):
    """What a figure is: a number of records, money, a share from 0 on (0.5 is 50 %), or days."""

    COUNT = "count"
    MONEY = "money"
    RATE = "rate"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure: its name in JSON, what people call it, and whether more of it is better (1), worse (-1) or neither."""

    key: str
    label: str
    kind: MeasureKind
    good: int = 1


Figures = Mapping[str, Decimal | None]
"""Figures by the names of their measures; None where there is nothing to tell."""


@dataclass(slots=True)
class Sums:
    """What was counted of some records: numbers by name, and amounts by name and currency. Nothing is rounded."""

    numbers: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    amounts: dict[str, dict[str, Decimal]] = field(default_factory=dict[str, dict[str, Decimal]])

    def add(self, facts: Mapping[str, Any], money: frozenset[str], currency: str | None) -> None:
        """Add what a query has counted; `money` names the facts that are amounts of the currency."""
        for name, value in facts.items():
            if value is None:
                continue
            number = value if isinstance(value, Decimal) else Decimal(value)
            if name not in money:
                self.numbers[name] = EXACT.add(self.numbers.get(name, Decimal(0)), number)
            elif currency is not None:
                by_currency = self.amounts.setdefault(name, {})
                by_currency[currency] = EXACT.add(by_currency.get(currency, Decimal(0)), number)

    def __getitem__(self, name: str) -> Decimal:
        return self.numbers.get(name, Decimal(0))

    def money(self, name: str) -> Mapping[str, Decimal]:
        """Return amounts by currency."""
        return self.amounts.get(name, {})

    @property
    def is_empty(self) -> bool:
        """Whether nothing was counted."""
        return not any(self.numbers.values()) and not any(
            any(each.values()) for each in self.amounts.values()
        )


@dataclass(frozen=True)
class Definition:
    """A report: its figures, and how they are made of what its query counts.

    - ``lead``: the measure that it is about; rows are in its order, and charts show it.
    - ``line``: a share that is shown beside it in the course of time.
    - ``money``: facts that are amounts, by the measures that show them.
    - ``carried``: facts of which each step of time begins with what the steps before have of it and of another fact.
    """

    kind: ReportKind
    title: str
    measures: tuple[Measure, ...]
    figures: Callable[[Sums, Rates], Figures]
    lead: str
    tiles: tuple[str, ...]
    line: str | None = None
    money: Mapping[str, str] = field(default_factory=dict[str, str])
    carried: Mapping[str, str] = field(default_factory=dict[str, str])

    def measure(self, key: str) -> Measure:
        """Return the measure of this name."""
        return next(each for each in self.measures if each.key == key)


def ratio(part: Decimal, whole: Decimal) -> Decimal | None:
    """Return a share in four digits; None of nothing."""
    return rounded(EXACT.divide(part, whole), RATE_DIGITS) if whole else None


def average(total: Decimal, many: Decimal, *, digits: int = DAYS_DIGITS) -> Decimal | None:
    """Return a mean; None of nothing."""
    return rounded(EXACT.divide(total, many), digits) if many else None


def money(sums: Sums, name: str, rates: Rates) -> Decimal | None:
    """Return amounts in the base currency, rounded once; None where a rate is missing."""
    exact = rates.converted(sums.money(name))
    return None if exact is None else rounded_money(exact, rates.base_currency)


def average_money(sums: Sums, name: str, many: Decimal, rates: Rates) -> Decimal | None:
    """Return the mean amount in the base currency; None of nothing, or where a rate is missing."""
    exact = rates.converted(sums.money(name))
    if exact is None or not many:
        return None
    return rounded_money(EXACT.divide(exact, many), rates.base_currency)
