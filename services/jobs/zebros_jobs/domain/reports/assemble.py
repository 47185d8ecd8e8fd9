"""From what was counted to a report: rows in their order, the whole, and the comparison with the former period."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from zebros_jobs.domain.errors import JobInputError
from zebros_jobs.domain.reports.measures import Definition, MeasureKind, Sums
from zebros_jobs.domain.reports.money import EXACT, Rates, rounded, rounded_money
from zebros_jobs.domain.reports.periods import Grain, Period
from zebros_jobs.domain.reports.result import Change, GroupKey, ReportColumn, ReportRow

__all__ = ["MAX_ROWS", "Assembled", "Counted", "assemble", "change_of"]

MAX_ROWS: Final = 50_000
_PERCENT_DIGITS: Final = 2

Key = tuple[int, str | None]
"""Which step, and which member of the dimension."""
Facts = Mapping[str, Any]
"""What a query counted of one group: `step`, `member`, `currency`, and numbers by name."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted in a period: by step and member, and of all records, each once."""

    steps: Sequence[Period]
    grouped: Sequence[Facts]
    whole: Sequence[Facts]


@dataclass(frozen=True, slots=True)
class Assembled:
    """The figures of a report. `missing_rates` are the currencies that could not be converted."""

    columns: tuple[ReportColumn, ...]
    rows: tuple[ReportRow, ...]
    totals: ReportRow
    missing_rates: tuple[str, ...]


def assemble(
    definition: Definition,
    now: Counted,
    then: Counted | None,
    *,
    grain: Grain | None,
    dimension: str | None,
    rates: Rates,
    today: date,
    label: Callable[[str | None], str],
) -> Assembled:
    """Return the figures of what was counted, compared with the former period if there is one.

    In the course of time alone every step has a row, but those to come in which nothing is. With a dimension only
    groups of which there is something have one. A step is compared with the one at the same place of the former period.
    Raises JobInputError for more rows than anybody can read.
    """
    work = _Work(definition, rates)
    present, past = work.groups(now), work.groups(then) if then is not None else {}
    begun = sum(step.first <= today for step in now.steps)
    keys = _keys(definition, present, begun, grain=grain, dimension=dimension)
    if len(keys) > MAX_ROWS:
        raise JobInputError.for_field(
            "/by", "too_many_rows", f"more than {MAX_ROWS} rows; take longer steps of time"
        )
    whole, former = work.whole(now), work.whole(then) if then is not None else None
    codes = _currencies([now, *([then] if then is not None else [])], rates.base_currency)
    columns = work.columns(codes)
    rows = [
        (
            key[0],
            work.row(
                _group(now.steps, key, grain, dimension, label),
                present.get(key, Sums()),
                past.get(key, Sums()) if then is not None else None,
                columns,
            ),
        )
        for key in keys
    ]
    return Assembled(
        columns=columns,
        rows=tuple(_ordered(rows, definition)),
        totals=work.row((), whole, former, columns),
        missing_rates=tuple(sorted(work.missing)),
    )


@dataclass(slots=True)
class _Work:
    """What every row needs, and which rates were found missing on the way."""

    definition: Definition
    rates: Rates
    missing: set[str] = field(default_factory=set[str])

    def groups(self, counted: Counted) -> dict[Key, Sums]:
        """Return what was counted by step and member, with what is carried from step to step."""
        found: dict[Key, Sums] = {}
        for facts in counted.grouped:
            self._add(found.setdefault((int(facts["step"]), facts["member"]), Sums()), facts)
        for fact, grown_by in self.definition.carried.items():
            for member in {member for _, member in found}:
                standing = Decimal(0)
                for step in range(len(counted.steps)):
                    sums = found.setdefault((step, member), Sums())
                    standing = EXACT.add(standing, sums[fact])
                    sums.numbers[fact] = standing
                    standing = EXACT.add(standing, sums[grown_by])
        return found

    def whole(self, counted: Counted) -> Sums:
        """Return what was counted of all records."""
        sums = Sums()
        for facts in counted.whole:
            self._add(sums, facts)
        return sums

    def _add(self, sums: Sums, facts: Facts) -> None:
        own = {name: value for name, value in facts.items() if name not in ("step", "member", "currency")}
        sums.add(own, frozenset(self.definition.money), facts.get("currency"))

    def columns(self, codes: Sequence[str]) -> tuple[ReportColumn, ...]:
        """Return the columns: the measures, and money by currency where there are others than the base."""
        base = self.rates.base_currency
        plain = [
            ReportColumn(
                key=measure.key,
                label=measure.label,
                kind=measure.kind,
                currency=base if measure.kind is MeasureKind.MONEY else None,
                good=measure.good,  # pyright: ignore[reportArgumentType]
            )
            for measure in self.definition.measures
        ]
        single = [
            ReportColumn(
                key=f"{key}:{code}",
                label=f"{self.definition.measure(key).label}, {code}",
                kind=MeasureKind.MONEY,
                currency=code,
                good=self.definition.measure(key).good,  # pyright: ignore[reportArgumentType]
            )
            for key in self.definition.money.values()
            for code in codes
        ]
        return (*plain, *single)

    def row(
        self,
        group: tuple[GroupKey, ...],
        sums: Sums,
        former: Sums | None,
        columns: Sequence[ReportColumn],
    ) -> ReportRow:
        """Return a row."""
        values = self._values(sums, columns)
        if former is None:
            return ReportRow(group=group, values=values)
        before = self._values(former, columns)
        return ReportRow(
            group=group,
            values=values,
            former=before,
            change={column.key: change_of(values[column.key], before[column.key]) for column in columns},
        )

    def _values(self, sums: Sums, columns: Sequence[ReportColumn]) -> dict[str, Decimal | None]:
        values: dict[str, Decimal | None] = dict(self.definition.figures(sums, self.rates))
        for fact, key in self.definition.money.items():
            amounts = sums.money(fact)
            self.missing |= self.rates.missing(amounts)
            for column in columns:
                if column.key == f"{key}:{column.currency}" and column.currency is not None:
                    amount = amounts.get(column.currency, Decimal(0))
                    values[column.key] = rounded_money(amount, column.currency)
        return values


def change_of(now: Decimal | None, before: Decimal | None) -> Change:
    """Return how a figure has changed. There is no percentage of nothing, and no change of what cannot be told."""
    if now is None or before is None:
        return Change(absolute=None, percent=None)
    absolute = EXACT.subtract(now, before)
    if not before:
        return Change(absolute=absolute, percent=None)
    percent = EXACT.multiply(EXACT.divide(absolute, abs(before)), Decimal(100))
    return Change(absolute=absolute, percent=rounded(percent, _PERCENT_DIGITS))


def _keys(
    definition: Definition,
    present: Mapping[Key, Sums],
    begun: int,
    *,
    grain: Grain | None,
    dimension: str | None,
) -> list[Key]:
    """Return of which groups there are rows."""
    moved = {key: _has_moved(definition, sums) for key, sums in present.items()}
    if grain is None:
        return [key for key, sums in present.items() if not sums.is_empty]
    if dimension is not None:
        return [key for key, has_moved in moved.items() if has_moved]
    last = max((step for (step, _), has_moved in moved.items() if has_moved), default=-1)
    return [(step, None) for step in range(max(begun, last + 1))]


def _has_moved(definition: Definition, sums: Sums) -> bool:
    """Tell whether anything was counted but what was there before."""
    return any(number for name, number in sums.numbers.items() if name not in definition.carried) or any(
        any(amounts.values()) for amounts in sums.amounts.values()
    )


def _group(
    steps: Sequence[Period],
    key: Key,
    grain: Grain | None,
    dimension: str | None,
    label: Callable[[str | None], str],
) -> tuple[GroupKey, ...]:
    step, member = key
    parts: list[GroupKey] = []
    if grain is not None:
        days = steps[step]
        parts.append(GroupKey(by=grain, id=days.id, label=days.label, short_label=days.short_label))
    if dimension is not None:
        parts.append(GroupKey(by=dimension, id=member, label=label(member)))
    return tuple(parts)


def _ordered(rows: Iterable[tuple[int, ReportRow]], definition: Definition) -> list[ReportRow]:
    """Return rows in the course of time, and of each step those first with most of what the report is about."""

    def rank(placed: tuple[int, ReportRow]) -> tuple[Any, ...]:
        step, row = placed
        member = row.group[-1] if row.group else GroupKey(by="", id="", label="")
        lead = row.values[definition.lead]
        return step, lead is None, -(lead or 0), member.id is None, member.label.casefold(), member.id or ""

    return [row for _, row in sorted(rows, key=rank)]


def _currencies(counted: Sequence[Counted], base: str) -> list[str]:
    """Return the currencies of amounts, if there are others than the base currency."""
    found = {
        str(facts["currency"])
        for each in counted
        for facts in (*each.grouped, *each.whole)
        if facts.get("currency") is not None
    }
    return sorted(found) if found - {base} else []
