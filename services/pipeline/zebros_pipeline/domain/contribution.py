"""What one record adds to the totals: a pure function of the record as it stands.

A record's contribution is a handful of shares. A share is the same amounts for several groups (everybody's, the
owner's, the team's), and says in which counter of each group they stand. What is kept beside the counters is the
contribution itself, so that exactly what was added can be taken away again, whatever this code says by then.

==============  ======================================  ==============================  ==========================
kind            for each                                counter, below the group        slot in it
==============  ======================================  ==============================  ==========================
value           opportunity                             currency                        stage
month           opportunity                             month ``#`` currency            stage ``.`` own category
newcustomers    customer                                month of its creation           day of the month
due             open activity with a time               month in which it is due        day of the month
==============  ======================================  ==============================  ==========================

Amounts are decimals and are added without any rounding: see `EXACT`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Context, Decimal, Inexact, InvalidOperation
from enum import StrEnum
from typing import Any, Final, NamedTuple

EXACT: Final = Context(prec=120, traps=[Inexact, InvalidOperation])
"""Arithmetic that never rounds. A value has 15 digits, its share by probability three more, and DynamoDB adds up to
38 digits exactly: enough for the values of 10^20 records."""

NONE: Final = "-"
"""Stands for a missing team, month or category; no id, month or category is equal to it."""

SEPARATOR: Final = "#"

COUNTED: Final = frozenset({"opportunity", "customer", "activity"})
"""The entities that are counted."""


class Kind(StrEnum):
    """What is counted."""

    VALUE = "value"
    MONTH = "month"
    NEW_CUSTOMERS = "newcustomers"
    DUE = "due"


class By(StrEnum):
    """Whose records a group holds."""

    ALL = "all"
    TEAM = "team"
    OWNER = "owner"
    MEMBER = "member"
    """An owner's records within one team."""


class Group(NamedTuple):
    """Records that are counted together: `ids` are none, a team, an owner, or a team and an owner in it."""

    by: By
    ids: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the group as one text."""
        return SEPARATOR.join((self.by.value, *self.ids))

    @classmethod
    def of_text(cls, text: str) -> Group:
        """Return the group of a text."""
        by, *ids = text.split(SEPARATOR)
        return cls(By(by), tuple(ids))


EVERYBODY: Final = Group(By.ALL)


class CounterKey(NamedTuple):
    """Where a counter stands: in the partition of its kind and kind of group, under `sort`."""

    kind: Kind
    by: By
    sort: str


class Amount(StrEnum):
    """What a slot of a counter sums up. `OWN_…` are of those opportunities that have a probability of their own."""

    COUNT = "count"
    SUM = "sum"
    OWN_SUM = "ownSum"
    OWN_WEIGHTED = "ownWeighted"


@dataclass(frozen=True, slots=True)
class Share:
    """The same amounts for each of several groups."""

    kind: Kind
    groups: tuple[Group, ...]
    counter: str
    slot: str
    amounts: Mapping[Amount, Decimal]

    def entries(self) -> Iterator[tuple[CounterKey, str, Decimal]]:
        """Return the counters, the attribute of each and what is added there."""
        for group in self.groups:
            key = CounterKey(self.kind, group.by, SEPARATOR.join((*group.ids, self.counter)))
            for amount, number in self.amounts.items():
                yield key, attribute(self.slot, amount), number


Contribution = tuple[Share, ...]
NOTHING: Final[Contribution] = ()

Deltas = dict[CounterKey, dict[str, Decimal]]
"""What changes in which counters, by attribute."""


def attribute(slot: str, amount: Amount) -> str:
    """Return the name under which a slot's amount stands in its counter."""
    return f"{slot}.{amount.value}"


def slot_and_amount(name: str) -> tuple[str, Amount]:
    """Return what an attribute's name says."""
    slot, _, amount = name.rpartition(".")
    return slot, Amount(amount)


def add(deltas: Deltas, contribution: Contribution, *, minus: bool = False) -> None:
    """Add what a contribution stands for to the deltas, or take it away."""
    for share in contribution:
        for key, name, number in share.entries():
            counter = deltas.setdefault(key, {})
            present = counter.get(name, Decimal(0))
            counter[name] = EXACT.subtract(present, number) if minus else EXACT.add(present, number)


def folded(deltas: Deltas) -> Deltas:
    """Return the deltas without those that cancel out."""
    kept = {
        key: {name: number for name, number in counter.items() if number} for key, counter in deltas.items()
    }
    return {key: counter for key, counter in kept.items() if counter}


def difference(new: Contribution, former: Contribution) -> Deltas:
    """Return what has to be added to the counters where `new` takes the place of `former`."""
    deltas: Deltas = {}
    add(deltas, former, minus=True)
    add(deltas, new)
    return folded(deltas)


def exact_sum(numbers: Iterable[Decimal]) -> Decimal:
    """Return the sum without rounding."""
    total = Decimal(0)
    for number in numbers:
        total = EXACT.add(total, number)
    return total


def contribution_of(entity: str, record: Mapping[str, Any], zone: tzinfo) -> Contribution:
    """Return what a live record adds, from its wire form. Days are those of `zone`.

    Raises KeyError or ValueError for what is not a record of that entity.
    """
    match entity:
        case "opportunity":
            return _opportunity(record)
        case "customer":
            return _per_day(Kind.NEW_CUSTOMERS, record, str(record["createdAt"]), zone)
        case "activity":
            due = record.get("scheduledAt")
            if record["status"] != "open" or due is None:
                return NOTHING
            return _per_day(Kind.DUE, record, str(due), zone)
        case _:
            raise ValueError(f"{entity} records are not counted")


def _opportunity(record: Mapping[str, Any]) -> Contribution:
    is_open = record["outcome"] == "open"
    amounts = _amounts(record.get("value"), record.get("probability") if is_open else None)
    stage, currency = str(record["stage"]), str(record["currency"])
    day = record.get("expectedCloseDate" if is_open else "closeDate")
    month = NONE if day is None else date.fromisoformat(str(day)).isoformat()[:7]
    category = record.get("forecastCategory") or NONE
    groups = _groups(record)
    owner, team = str(record["ownerId"]), record.get("teamId")
    members = () if team is None else (Group(By.MEMBER, (str(team), owner)),)
    return (
        Share(Kind.VALUE, (*groups, *members), currency, stage, amounts),
        Share(Kind.MONTH, groups, f"{month}{SEPARATOR}{currency}", f"{stage}.{category}", amounts),
    )


def _amounts(value: Any, probability: Any) -> Mapping[Amount, Decimal]:
    amounts = {Amount.COUNT: Decimal(1)}
    worth = Decimal(0) if value is None else _decimal(value)
    if worth:
        amounts[Amount.SUM] = worth
        if probability is not None:
            amounts[Amount.OWN_SUM] = worth
            weighted = EXACT.multiply(worth, _decimal(probability).scaleb(-2, EXACT))
            if weighted:
                amounts[Amount.OWN_WEIGHTED] = weighted
    return amounts


def _per_day(kind: Kind, record: Mapping[str, Any], instant: str, zone: tzinfo) -> Contribution:
    day = local_day(datetime.fromisoformat(instant), zone).isoformat()
    return (Share(kind, _groups(record), day[:7], day[8:], {Amount.COUNT: Decimal(1)}),)


def _groups(record: Mapping[str, Any]) -> tuple[Group, ...]:
    team = record.get("teamId")
    return (
        EVERYBODY,
        Group(By.TEAM, (NONE if team is None else str(team),)),
        Group(By.OWNER, (str(record["ownerId"]),)),
    )


def local_day(instant: datetime, zone: tzinfo) -> date:
    """Return the day on which an instant falls in a time zone. Raises ValueError for one without a zone."""
    if instant.utcoffset() is None:
        raise ValueError("an instant needs a time zone")
    try:
        return instant.astimezone(zone).date()
    except OverflowError:
        # Within a day of the calendar's ends, where the zone's own day does not exist.
        return instant.date()


def _decimal(number: Any) -> Decimal:
    """Return a JSON number as it was written: a float of at most 15 digits prints as those digits."""
    value = Decimal(str(number))
    if not value.is_finite():
        raise ValueError("a number must be finite")
    return value
