"""How the totals are kept exact: generations of counters, and a row per record of what it has added to them.

A generation is a whole set of counters with the rows that they are the sum of. One is read; while another is being
built, by a rebuild or a verification, changes are written to both. A change becomes transactions: each writes rows,
under the condition that they are as they were read, and the counters that follow, under the condition that there are
the same generations. So the counters of a generation are the sum of its rows at every moment, whatever comes late,
twice, out of order or at once; and writers of different records do not stand in each other's way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from zebros_pipeline.domain.contribution import (
    NOTHING,
    Contribution,
    CounterKey,
    Deltas,
    add,
    difference,
    folded,
)

MAX_OPERATIONS: Final = 100
"""Operations of one transaction; one of them checks the state."""

MAX_DIFFERENCES: Final = 50
"""Differences that a verification names; of more than that it tells the number."""


def latest(*moments: datetime | None) -> datetime | None:
    """Return the latest of the moments that are known."""
    return max((moment for moment in moments if moment is not None), default=None)


class RecordKey(NamedTuple):
    """A record that is counted."""

    entity: str
    id: str


@dataclass(frozen=True, slots=True)
class Counted:
    """How a record stands in a generation: its newest version seen, and what was added for it."""

    version: int
    contribution: Contribution


@dataclass(frozen=True, slots=True)
class Change:
    """A record as it stands at a version: one that is gone contributes nothing. `at`: when it was written, if known."""

    key: RecordKey
    version: int
    contribution: Contribution
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TotalsState:
    """Which generations there are. `revision` rises with every change of that; numbers are never used again.

    `as_of` is the newest change that was counted.
    """

    revision: int = 0
    current: int = 1
    building: int | None = None
    last: int = 1
    as_of: datetime | None = None

    @property
    def generations(self) -> tuple[int, ...]:
        """Return the generations to which changes are written."""
        return (self.current,) if self.building is None else (self.current, self.building)

    def begun(self) -> TotalsState:
        """Return the state in which a new generation is being built."""
        return replace(self, revision=self.revision + 1, building=self.last + 1, last=self.last + 1)

    def flipped(self) -> TotalsState:
        """Return the state in which the built generation is the one that is read."""
        if self.building is None:
            raise ValueError("nothing is being built")
        return replace(self, revision=self.revision + 1, current=self.building, building=None)

    def dropped(self) -> TotalsState:
        """Return the state in which nothing is being built any more."""
        return replace(self, revision=self.revision + 1, building=None)


@dataclass(frozen=True, slots=True)
class RowWrite:
    """A record's row in a generation: as it was read, and as it shall be."""

    generation: int
    key: RecordKey
    former: Counted | None
    new: Counted


@dataclass(frozen=True, slots=True)
class Transaction:
    """Writes that happen together."""

    rows: tuple[RowWrite, ...]
    deltas: Mapping[int, Deltas]

    def counters(self) -> Iterator[tuple[int, CounterKey, Mapping[str, Decimal]]]:
        """Return each counter that changes, with its generation and what is added."""
        for generation, deltas in self.deltas.items():
            for key, amounts in deltas.items():
                yield generation, key, amounts

    def __len__(self) -> int:
        """The number of operations, with the one on the state."""
        return 1 + len(self.rows) + sum(map(len, self.deltas.values()))


Known = Mapping[tuple[int, RecordKey], Counted]


@dataclass(slots=True)
class _Open:
    """A transaction that still takes changes."""

    rows: list[RowWrite] = field(default_factory=list[RowWrite])
    deltas: dict[int, Deltas] = field(default_factory=dict[int, Deltas])

    def size_with(self, rows: Sequence[RowWrite], touched: Mapping[int, Deltas]) -> int:
        new = sum(
            1 for generation, deltas in touched.items() for key in deltas if key not in self.of(generation)
        )
        return 1 + len(self.rows) + len(rows) + new + sum(map(len, self.deltas.values()))

    def of(self, generation: int) -> Deltas:
        return self.deltas.setdefault(generation, {})

    def take(self, rows: Sequence[RowWrite]) -> None:
        self.rows.extend(rows)
        for row in rows:
            deltas = self.of(row.generation)
            add(deltas, row.former.contribution if row.former else NOTHING, minus=True)
            add(deltas, row.new.contribution)

    def closed(self) -> Transaction:
        deltas = {generation: folded(deltas) for generation, deltas in self.deltas.items()}
        return Transaction(tuple(self.rows), deltas)


def plan(changes: Iterable[Change], known: Known, generations: Sequence[int]) -> list[Transaction]:
    """Return the transactions that count the changes: for each record its newest, and only where it is newer than
    what is known. A change is never spread over two of them.
    """
    transactions: list[Transaction] = []
    current = _Open()
    for change in newest(changes):
        rows = [
            RowWrite(generation, change.key, former, Counted(change.version, change.contribution))
            for generation in generations
            if (former := known.get((generation, change.key))) is None or former.version < change.version
        ]
        if not rows:
            continue
        touched = {
            row.generation: difference(
                row.new.contribution, row.former.contribution if row.former else NOTHING
            )
            for row in rows
        }
        if current.rows and current.size_with(rows, touched) > MAX_OPERATIONS:
            transactions.append(current.closed())
            current = _Open()
        current.take(rows)
    if current.rows:
        transactions.append(current.closed())
    return transactions


def newest(changes: Iterable[Change]) -> list[Change]:
    """Return the newest change of each record."""
    found: dict[RecordKey, Change] = {}
    for change in changes:
        present = found.get(change.key)
        if present is None or change.version > present.version:
            found[change.key] = change
    return list(found.values())


class RunKind(StrEnum):
    """Why a generation is built."""

    VERIFY = "verify"
    """To be compared with the current one, and dropped."""
    REBUILD = "rebuild"
    """To take its place."""


class Phase(StrEnum):
    """What a run does, in this order. Only a verification compares; only where it found something does it wait."""

    READING = "reading"
    """All live records are read and counted."""
    CARRYING = "carrying"
    """Rows of records that the reading did not meet are carried over: those of deleted ones keep their versions."""
    COMPARING = "comparing"
    """Each counter is compared with its like."""
    WAITING = "waiting"
    """What differed is looked at again after a minute, in which late events arrive."""
    CLEARING = "clearing"
    """The generation that is not needed any more is removed."""
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Difference:
    """A counter that is not what the records add up to, and the amounts that differ."""

    counter: CounterKey
    amounts: Mapping[str, tuple[str, str]]
    """Attribute to (as kept, as recomputed)."""


Position = tuple[int, str | None]
"""Where to go on: the place, and the cursor within it."""

BEGINNING: Final[Position] = (0, None)


@dataclass(frozen=True, slots=True)
class TotalsRun:
    """A verification or rebuild and how far it is; every step of it is stored, so any call can go on.

    - `position` is the phase's own; `checked` counts the live records that were read, `newest` is the last of
      their writes.
    - `suspects` are counters that differed at the first look, `found` how many there were; of those, `differences`
      still did so at the second.
    - `stale` are generations that runs left behind which nobody carried on; they go with the one that this run makes
      superfluous.
    - `resume_at`: nothing is to be done before; `touched_at`: when the last step was done.
    """

    run_id: str
    kind: RunKind
    built: int
    former: int
    stale: tuple[int, ...] = ()
    step: int = 0
    phase: Phase = Phase.READING
    position: Position = BEGINNING
    checked: int = 0
    newest: datetime | None = None
    suspects: tuple[CounterKey, ...] = ()
    differences: tuple[Difference, ...] = ()
    found: int = 0
    resume_at: datetime | None = None
    touched_at: datetime | None = None

    @property
    def is_done(self) -> bool:
        """Tell whether nothing is left to be done."""
        return self.phase is Phase.DONE

    @property
    def superfluous(self) -> tuple[int, ...]:
        """Return the generations that go when the run ends."""
        return (*self.stale, self.former if self.kind is RunKind.REBUILD else self.built)

    def moved(self, phase: Phase, position: Position = BEGINNING) -> TotalsRun:
        """Return the run in another phase, or further on in the same."""
        return replace(self, phase=phase, position=position, resume_at=None)

    def waiting(self, now: datetime) -> float:
        """Return for how many seconds nothing is to be done."""
        return 0.0 if self.resume_at is None else max(0.0, (self.resume_at - now).total_seconds())
