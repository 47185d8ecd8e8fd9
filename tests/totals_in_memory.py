"""The totals in dictionaries, held to the same contract as their repository by `test_totals_store`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from zebros_core.errors import BadRequestError, ConflictError
from zebros_pipeline.domain.contribution import (
    COUNTED,
    EXACT,
    SEPARATOR,
    By,
    CounterKey,
    Group,
    Kind,
)
from zebros_pipeline.domain.generations import (
    MAX_OPERATIONS,
    Counted,
    Known,
    RecordKey,
    TotalsRun,
    TotalsState,
    Transaction,
    latest,
)
from zebros_pipeline.domain.ports_totals import GroupCounter, Numbers

_SHARDS = "0123456789abcdef"


class InMemoryTotals:
    """One tenant's totals. `before_commit` is called when a transaction arrives: what others do at that moment.

    Few shards make a walk short; `page` bounds every page, so that small data has several.
    """

    def __init__(self, *, shards: int = 16, page: int = 1000) -> None:
        self.before_commit: Callable[[], None] = lambda: None
        self.records: dict[tuple[int, RecordKey], Counted] = {}
        self.numbers: dict[tuple[int, CounterKey], dict[str, Decimal]] = {}
        self._state = TotalsState()
        self._run: TotalsRun | None = None
        self._page = page
        self._row_places = [(entity, shard) for entity in sorted(COUNTED) for shard in _SHARDS[:shards]]
        self._shards = shards
        self._counter_places = [(kind, by) for kind in Kind for by in By]
        self.row_places = len(self._row_places)
        self.counter_places = len(self._counter_places)

    # -- counting --

    def state(self) -> TotalsState:
        return self._state

    def known(self, generations: Sequence[int], keys: Iterable[RecordKey]) -> Known:
        wanted = [(generation, key) for key in keys for generation in generations]
        return {row: self.records[row] for row in wanted if row in self.records}

    def commit(self, transaction: Transaction, state: TotalsState) -> None:
        self._interfere()
        if self._state.revision != state.revision:
            raise ConflictError
        self._write(transaction)

    def counted_up_to(self, at: datetime | None, state: TotalsState) -> None:
        del state
        self._state = replace(self._state, as_of=latest(self._state.as_of, at))

    def commit_built(self, transaction: Transaction, generation: int) -> None:
        self._interfere()
        if self._state.building != generation:
            raise ConflictError
        self._write(transaction)

    def _interfere(self) -> None:
        others, self.before_commit = self.before_commit, lambda: None
        others()

    def _write(self, transaction: Transaction) -> None:
        assert len(transaction) <= MAX_OPERATIONS
        touched = [(row.generation, row.key) for row in transaction.rows]
        assert len(set(touched)) == len(touched)
        for row in transaction.rows:
            present = self.records.get((row.generation, row.key))
            if (present and present.version) != (row.former and row.former.version):
                raise ConflictError
        for row in transaction.rows:
            self.records[row.generation, row.key] = row.new
        for generation, key, amounts in transaction.counters():
            counter = self.numbers.setdefault((generation, key), {})
            for name, amount in amounts.items():
                counter[name] = EXACT.add(counter.get(name, Decimal()), amount)

    # -- reading --

    def group(
        self, generation: int, kind: Kind, group: Group, between: tuple[str, str] | None = None
    ) -> list[GroupCounter]:
        found = [row for row in self.groups(generation, kind, group.by) if row.ids == group.ids]
        if between is None:
            return found
        return [row for row in found if between[0] <= row.counter <= f"{between[1]}~"]

    def groups(self, generation: int, kind: Kind, by: By, within: tuple[str, ...] = ()) -> list[GroupCounter]:
        width = {By.ALL: 0, By.MEMBER: 2}.get(by, 1)
        found: list[GroupCounter] = []
        for (number, key), counter in sorted(self.numbers.items()):
            if (number, key.kind, key.by) != (generation, kind, by):
                continue
            parts = key.sort.split(SEPARATOR)
            ids = tuple(parts[:width])
            if ids[: len(within)] == within:
                found.append(GroupCounter(ids, SEPARATOR.join(parts[width:]), _present(counter)))
        return found

    # -- verification and rebuild --

    def run(self) -> TotalsRun | None:
        return self._run

    def advance(
        self,
        run: TotalsRun,
        *,
        former: TotalsRun | None,
        state: TotalsState | None = None,
        next_state: TotalsState | None = None,
    ) -> TotalsRun:
        self._interfere()
        present = self._run
        if (present and (present.run_id, present.step)) != (former and (former.run_id, former.step)):
            raise ConflictError
        if state is not None and next_state is not None:
            if self._state.revision != state.revision:
                raise ConflictError
            self._state = replace(next_state, as_of=self._state.as_of)
        self._run = replace(run, step=former.step + 1 if former is not None else 1)
        return self._run

    def rows(
        self, generation: int, place: int, *, limit: int, cursor: str | None
    ) -> tuple[list[tuple[RecordKey, Counted]], str | None]:
        entity, shard = self._row_places[place]
        found = sorted(
            (key, counted)
            for (number, key), counted in self.records.items()
            if number == generation and key.entity == entity and self._shard(key.id) == shard
        )
        return self._cut(found, [key.id for key, _ in found], limit, cursor)

    def counters(
        self, generation: int, place: int, *, limit: int, cursor: str | None
    ) -> tuple[list[tuple[CounterKey, Numbers]], str | None]:
        kind, by = self._counter_places[place]
        found = sorted(
            (
                (key, _present(counter))
                for (number, key), counter in self.numbers.items()
                if (number, key.kind, key.by) == (generation, kind, by)
            ),
            key=lambda row: row[0],
        )
        return self._cut(found, [key.sort for key, _ in found], limit, cursor)

    def pairs(
        self, generations: tuple[int, int], keys: Sequence[CounterKey]
    ) -> dict[CounterKey, tuple[Numbers, Numbers]]:
        one, other = generations
        return {
            key: (_present(self.numbers.get((one, key), {})), _present(self.numbers.get((other, key), {})))
            for key in keys
        }

    def clear(self, generation: int, place: int, *, limit: int) -> tuple[int, bool]:
        if place < self.row_places:
            where, few = self._row_places[place], min(limit, self._page)
            rows = [
                r for r in self.records if r[0] == generation and (r[1].entity, self._shard(r[1].id)) == where
            ]
            for row in rows[:few]:
                del self.records[row]
            return len(rows[:few]), len(rows) > few
        kind_and_by, few = self._counter_places[place - self.row_places], min(limit, self._page)
        keys = [c for c in self.numbers if c[0] == generation and (c[1].kind, c[1].by) == kind_and_by]
        for key in keys[:few]:
            del self.numbers[key]
        return len(keys[:few]), len(keys) > few

    def cursor(self, run: TotalsRun) -> str:
        return f"run:{run.run_id}"

    def run_id(self, cursor: str) -> str:
        if not cursor.startswith("run:"):
            raise BadRequestError.for_field("cursor", "invalid_cursor", "not ours")
        return cursor.removeprefix("run:")

    def _shard(self, id: str) -> str:
        return _SHARDS[int(hashlib.sha256(id.encode()).hexdigest()[0], 16) % self._shards]

    def _cut(
        self, rows: list[Any], names: list[str], limit: int, cursor: str | None
    ) -> tuple[list[Any], str | None]:
        few = min(limit, self._page)
        start = 0 if cursor is None else sum(name <= cursor for name in names)
        return rows[start : start + few], names[start + few - 1] if len(rows) > start + few else None


def _present(counter: Mapping[str, Decimal]) -> Numbers:
    return {name: number for name, number in counter.items() if number}


class InMemoryRecords:
    """Live records of an entity, as a source of a recount."""

    def __init__(
        self, entity: str, live: Callable[[], Mapping[str, Mapping[str, Any]]], *, page: int = 100
    ) -> None:
        self.entity = entity
        self.hidden: set[str] = set()
        self._live = live
        self._page = page

    def page(self, *, limit: int, cursor: str | None) -> tuple[list[Mapping[str, Any]], str | None]:
        ids = sorted(id for id in self._live() if id not in self.hidden and id > (cursor or ""))
        few = ids[: min(limit, self._page)]
        return [self._live()[id] for id in few], few[-1] if len(few) < len(ids) else None

    def read(self, ids: Sequence[str]) -> list[Mapping[str, Any]]:
        live = self._live()
        return [live[id] for id in ids if id in live]

    def key_of(self, record: Mapping[str, Any]) -> RecordKey:
        return RecordKey(self.entity, record["id"])
