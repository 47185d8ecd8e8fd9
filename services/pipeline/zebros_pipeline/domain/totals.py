"""What counters say to people: amounts by currency, in the base currency where that is possible, and by stage.

Amounts of different currencies are never added to each other. A sum in the base currency is there only when every
currency in it has a rate, and is rounded once, at the end, to that currency's minor unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from typing import Final

from zebros_core.currencies import minor_digits
from zebros_pipeline.domain.contribution import EXACT, NONE, Amount, exact_sum, slot_and_amount
from zebros_pipeline.domain.currencies import CurrencySettings
from zebros_pipeline.domain.ports_totals import GroupCounter, Numbers
from zebros_pipeline.domain.stages import ForecastCategory, Stage, StageKind, StageSettings

_ZERO: Final = Decimal(0)
_RATE_DIGITS: Final = 4
_ROUNDING: Final = Context(prec=EXACT.prec, traps=[])

Amounts = Mapping[Amount, Decimal]


class GroupBy(StrEnum):
    """By whom a view is split."""

    OWNER = "owner"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class Worth:
    """A sum, and the same weighted by probability."""

    sum: Decimal
    weighted: Decimal


@dataclass(frozen=True, slots=True)
class Figures:
    """What some opportunities are worth together: by currency in the order of its code, and in the base currency or
    None where a rate is missing.
    """

    count: int
    values: Mapping[str, Worth]
    converted: Worth | None


@dataclass(slots=True)
class Tally:
    """Amounts by currency while they are added up, without any rounding."""

    count: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    weighted: dict[str, Decimal] = field(default_factory=dict[str, Decimal])

    def add(self, currency: str, amounts: Amounts, probability: int) -> None:
        """Add what a slot of a counter holds; `probability` is that of its stage, in percent.

        Those with a probability of their own are weighted by it already.
        """
        self.count += int(amounts.get(Amount.COUNT, _ZERO))
        total = amounts.get(Amount.SUM, _ZERO)
        ordinary = EXACT.subtract(total, amounts.get(Amount.OWN_SUM, _ZERO))
        by_stage = EXACT.multiply(ordinary, Decimal(probability).scaleb(-2))
        self._sum(currency, total, EXACT.add(by_stage, amounts.get(Amount.OWN_WEIGHTED, _ZERO)))

    def merge(self, other: Tally) -> None:
        """Add what another tally holds."""
        self.count += other.count
        for currency, total in other.sums.items():
            self._sum(currency, total, other.weighted[currency])

    def missing(self, currencies: CurrencySettings) -> list[str]:
        """Return the currencies of amounts that have no rate. An amount of nothing needs none."""
        return currencies.missing({code: total for code, total in self.sums.items() if total})

    def figures(self, currencies: CurrencySettings) -> Figures:
        """Return what the tally shows."""
        values = {
            code: Worth(self.sums[code], _rounded(self.weighted[code], code)) for code in sorted(self.sums)
        }
        return Figures(self.count, values, self.converted(currencies))

    def converted(self, currencies: CurrencySettings) -> Worth | None:
        """Return the tally in the base currency; None where a rate is missing."""
        if self.missing(currencies):
            return None
        base = currencies.base_currency
        total, weighted = (
            exact_sum(currencies.convert(amount, code) or _ZERO for code, amount in amounts.items())
            for amounts in (self.sums, self.weighted)
        )
        return Worth(_rounded(total, base), _rounded(weighted, base))

    def _sum(self, currency: str, total: Decimal, weighted: Decimal) -> None:
        self.sums[currency] = EXACT.add(self.sums.get(currency, _ZERO), total)
        self.weighted[currency] = EXACT.add(self.weighted.get(currency, _ZERO), weighted)


@dataclass(frozen=True, slots=True)
class StageFigures:
    """A stage and what is in it."""

    key: str
    name: str
    kind: StageKind
    figures: Figures


@dataclass(frozen=True, slots=True)
class Summary:
    """How it goes on the whole; amounts in the base currency, None where a rate is missing.

    `win_rate` is won deals to won and lost ones, 0 to 1 in four digits; None where nothing was closed.
    """

    open_count: int
    open: Worth | None
    won_count: int
    won: Decimal | None
    lost_count: int
    win_rate: Decimal | None


@dataclass(frozen=True, slots=True)
class GroupValue:
    """What an owner or a team has, by stage; None for opportunities without a team."""

    id: str | None
    stages: Sequence[StageFigures]


@dataclass(frozen=True, slots=True)
class PipelineValue:
    """The pipeline by stage, in the stages' order."""

    stages: Sequence[StageFigures]
    groups: Sequence[GroupValue]
    summary: Summary
    missing_rates: Sequence[str]


def by_slot(numbers: Numbers) -> dict[str, Amounts]:
    """Return a counter's amounts by slot."""
    slots: dict[str, dict[Amount, Decimal]] = {}
    for name, number in numbers.items():
        slot, amount = slot_and_amount(name)
        slots.setdefault(slot, {})[amount] = number
    return dict(slots)


def stage_or_unknown(stages: StageSettings, key: str) -> Stage:
    """Return the stage; one that has gone from the settings while a deal entered it goes on under its key."""
    return stages.get(key) or Stage.model_construct(
        key=key, name=key, kind=StageKind.OPEN, probability=0, forecast_category=ForecastCategory.PIPELINE
    )


def pipeline_value(
    counters: Iterable[GroupCounter],
    stages: StageSettings,
    currencies: CurrencySettings,
    *,
    grouped: bool = False,
) -> PipelineValue:
    """Return the value of the pipeline from counters of the kind `value`.

    With `grouped` the counters are those of several groups, told apart by the last of their ids; every opportunity is
    in one of them, so the whole is their sum.
    """
    by_group: dict[str, dict[str, Tally]] = {}
    for row in counters:
        tallies = by_group.setdefault(row.ids[-1] if grouped else "", {})
        for key, amounts in by_slot(row.numbers).items():
            stage = stage_or_unknown(stages, key)
            tallies.setdefault(key, Tally()).add(row.counter, amounts, stage.probability)
    whole: dict[str, Tally] = {stage.key: Tally() for stage in stages.stages}
    for tallies in by_group.values():
        for key, tally in tallies.items():
            whole.setdefault(key, Tally()).merge(tally)
    everything = Tally()
    for tally in whole.values():
        everything.merge(tally)
    groups = [
        GroupValue(None if id == NONE else id, _figures(tallies, stages, currencies, empty=False))
        for id, tallies in sorted(by_group.items())
        if grouped and any(tally.count for tally in tallies.values())
    ]
    return PipelineValue(
        stages=_figures(whole, stages, currencies, empty=True),
        groups=sorted(groups, key=lambda group: group.id is None),
        summary=_summary(whole, stages, currencies),
        missing_rates=everything.missing(currencies),
    )


def _figures(
    tallies: Mapping[str, Tally], stages: StageSettings, currencies: CurrencySettings, *, empty: bool
) -> list[StageFigures]:
    order = stages.order
    shown: list[StageFigures] = []
    for key in sorted(tallies, key=lambda key: (order.get(key, len(order)), key)):
        if tallies[key].count or (empty and key in order):
            stage = stage_or_unknown(stages, key)
            shown.append(StageFigures(key, stage.name, stage.kind, tallies[key].figures(currencies)))
    return shown


def _summary(tallies: Mapping[str, Tally], stages: StageSettings, currencies: CurrencySettings) -> Summary:
    kinds = {kind: Tally() for kind in StageKind}
    for key, tally in tallies.items():
        kinds[stage_or_unknown(stages, key).kind].merge(tally)
    won, lost = kinds[StageKind.WON], kinds[StageKind.LOST]
    worth = won.converted(currencies)
    return Summary(
        open_count=kinds[StageKind.OPEN].count,
        open=kinds[StageKind.OPEN].converted(currencies),
        won_count=won.count,
        won=None if worth is None else worth.sum,
        lost_count=lost.count,
        win_rate=win_rate(won.count, lost.count),
    )


def win_rate(won: int, lost: int) -> Decimal | None:
    """Return won deals to won and lost ones; None where there are none."""
    if not won + lost:
        return None
    return (Decimal(won) / (won + lost)).quantize(Decimal(1).scaleb(-_RATE_DIGITS), ROUND_HALF_EVEN)


def _rounded(amount: Decimal, currency: str) -> Decimal:
    """Return an amount in the currency's minor unit, halves to the even neighbour."""
    return amount.quantize(Decimal(1).scaleb(-minor_digits(currency)), ROUND_HALF_EVEN, _ROUNDING)
