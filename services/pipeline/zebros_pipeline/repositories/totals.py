"""The totals of one tenant: rows, counters, which generations there are, and the verification or rebuild under way.

=========================================  =====================================  ==================================
lookup row, below ``{t}#``                 sort key                               what
=========================================  =====================================  ==================================
totals                                     ``state``, ``asOf``, ``run``           the generations, the newest change
                                                                                  counted, the last run
contribution, generation, entity, shard    record id                              what a record has added, and its
                                                                                  version
total, generation, kind, kind of group     ``{ids#…}{counter}``                   a counter: an attribute an amount
=========================================  =====================================  ==================================

Everything that changes together is one transaction. Each checks the state's row, so that nothing is written to a
generation that is over. Writers meet at the counters of everybody's; what they bring is folded first, and a transaction
that met another one is sent again after a moment, as it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Literal

from zebros_core.dynamodb.cursor import CursorBinding
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.operations import WriteOp, write
from zebros_core.dynamodb.store import TenantStore
from zebros_pipeline.domain.contribution import By, CounterKey, Group, Kind
from zebros_pipeline.domain.generations import (
    Counted,
    Difference,
    Known,
    Phase,
    RecordKey,
    RunKind,
    TotalsRun,
    TotalsState,
    Transaction,
)
from zebros_pipeline.domain.ports_totals import GroupCounter, Numbers
from zebros_pipeline.repositories import contributions, counters
from zebros_pipeline.repositories.settings import SettingsRow

_STATE_ROW: Final = (("totals",), "state")
_AS_OF_ROW: Final = (("totals",), "asOf")

_RUN_ROW: Final = (("totals",), "run")
_PAIRS_A_CALL: Final = 50


class TotalsRepository:
    """One tenant's totals; see `TotalsStore` for what each method promises."""

    def __init__(self, store: TenantStore, lookup_table: str) -> None:
        self._store = store
        self._lookup = LookupTable(store, lookup_table)
        self._rows = contributions.ContributionRepository(self._lookup)
        self._counters = counters.CounterRepository(self._lookup)

    # -- counting ----------------------------------------------------------------------------------------------

    def state(self) -> TotalsState:
        """Return which generations there are."""
        return self.state_with()

    def state_with(self, *settings: SettingsRow[Any]) -> TotalsState:
        """Return which generations there are, and let settings take their rows, all in one call."""
        rows = self._lookup.batch_get([_STATE_ROW, _AS_OF_ROW, *(row.place for row in settings)])
        for row in settings:
            row.take(rows.get(row.place))
        return _state_of(rows.get(_STATE_ROW), rows.get(_AS_OF_ROW))

    def known(self, generations: Sequence[int], keys: Iterable[RecordKey]) -> Known:
        """Return how records stand in generations."""
        return self._rows.known(generations, keys)

    def commit(self, transaction: Transaction, state: TotalsState) -> None:
        """Write a transaction to the generations of `state`."""
        unchanged = self._lookup.check_op(*_STATE_ROW, _as_read(state))
        write(self._store, [unchanged, *self._writes(transaction)])

    def commit_built(self, transaction: Transaction, generation: int) -> None:
        """Write a transaction to the generation that is being built."""
        still_built = self._lookup.check_op(*_STATE_ROW, {"building": generation})
        write(self._store, [still_built, *self._writes(transaction)])

    def counted_up_to(self, at: datetime | None, state: TotalsState) -> None:
        """Note that a change of this moment was counted."""
        known = state.as_of
        while at is not None and (known is None or known < at):
            condition = "absent" if known is None else {"at": known}
            if self._lookup.put(*_AS_OF_ROW, {"at": at}, condition=condition):
                return
            # Others have noted a change meanwhile; where it was a newer one, there is nothing left to do.
            known = self.state().as_of

    def _writes(self, transaction: Transaction) -> list[WriteOp]:
        return [
            *(self._rows.put_op(row) for row in transaction.rows),
            *(
                self._counters.add_op(generation, key, amounts)
                for generation, key, amounts in transaction.counters()
            ),
        ]

    def _state_op(self, former: TotalsState, after: TotalsState) -> WriteOp:
        return self._lookup.put_op(*_STATE_ROW, _state_document(after), condition=_as_read(former))

    # -- reading -----------------------------------------------------------------------------------------------

    def group(
        self, generation: int, kind: Kind, group: Group, between: tuple[str, str] | None = None
    ) -> list[GroupCounter]:
        """Return the counters of one group."""
        return self._counters.of_group(generation, kind, group, between)

    def groups(self, generation: int, kind: Kind, by: By, within: tuple[str, ...] = ()) -> list[GroupCounter]:
        """Return the counters of all groups of a kind, or of those within another group."""
        return self._counters.of_groups(generation, kind, by, within)

    # -- verification and rebuild ------------------------------------------------------------------------------

    row_places = len(contributions.PLACES)
    counter_places = len(counters.PLACES)

    def run(self) -> TotalsRun | None:
        """Return the last verification or rebuild."""
        row = self._lookup.get(*_RUN_ROW)
        return None if row is None else _run_of(row)

    def advance(
        self,
        run: TotalsRun,
        *,
        former: TotalsRun | None,
        state: TotalsState | None = None,
        next_state: TotalsState | None = None,
    ) -> TotalsRun:
        """Store how far a run is, with the state that it leads to."""
        stored = replace(run, step=former.step + 1 if former is not None else 1)
        condition = "absent" if former is None else {"runId": former.run_id, "step": former.step}
        operations = [self._lookup.put_op(*_RUN_ROW, _run_document(stored), condition=condition)]
        if state is not None and next_state is not None:
            operations.append(self._state_op(state, next_state))
        write(self._store, operations)
        return stored

    def rows(
        self, generation: int, place: int, *, limit: int, cursor: str | None
    ) -> tuple[list[tuple[RecordKey, Counted]], str | None]:
        """Return a page of the rows of one place."""
        return self._rows.page(generation, place, limit=limit, cursor=cursor)

    def counters(
        self, generation: int, place: int, *, limit: int, cursor: str | None
    ) -> tuple[list[tuple[CounterKey, Numbers]], str | None]:
        """Return a page of the counters of one place."""
        return self._counters.page(generation, place, limit=limit, cursor=cursor)

    def pairs(
        self, generations: tuple[int, int], keys: Sequence[CounterKey]
    ) -> dict[CounterKey, tuple[Numbers, Numbers]]:
        """Return counters of two generations."""
        found: dict[CounterKey, tuple[Numbers, Numbers]] = {}
        for start in range(0, len(keys), _PAIRS_A_CALL):
            few = keys[start : start + _PAIRS_A_CALL]
            places = [self._counters.address(generation, key) for key in few for generation in generations]
            rows = self._lookup.batch_get(places)
            for key in few:
                one, other = (rows.get(self._counters.address(number, key)) for number in generations)
                found[key] = (self._counters.numbers(one), self._counters.numbers(other))
        return found

    def clear(self, generation: int, place: int, *, limit: int) -> tuple[int, bool]:
        """Remove up to `limit` (at most 100) rows or counters of a place; return how many, and whether any are left."""
        repository = self._rows if place < self.row_places else self._counters
        within = place if place < self.row_places else place - self.row_places
        keys, more = repository.sort_keys(generation, within, limit)
        write(self._store, [self._lookup.delete_op(partition, sk) for partition, sk in keys])
        return len(keys), more

    def cursor(self, run: TotalsRun) -> str:
        """Return the cursor with which a caller goes on with a run."""
        return self._store.access.cursors.encode(run.run_id, self._binding())

    def run_id(self, cursor: str) -> str:
        """Return the run that a cursor goes on with."""
        return self._store.access.cursors.decode(cursor, self._binding())

    def _binding(self) -> CursorBinding:
        return CursorBinding(self._store.tenant_id, "totals-run", {})


def _state_of(row: Mapping[str, Any] | None, as_of: Mapping[str, Any] | None) -> TotalsState:
    """Return the state that its rows say; without them, the first generation is read and nothing was counted yet."""
    moment = None if as_of is None else _instant(as_of["at"])
    if row is None:
        return TotalsState(as_of=moment)
    return TotalsState(row["revision"], row["current"], row["building"] or None, row["last"], moment)


def _state_document(state: TotalsState) -> dict[str, Any]:
    return {
        "revision": state.revision,
        "current": state.current,
        "building": state.building or 0,
        "last": state.last,
    }


def _as_read(state: TotalsState) -> Literal["absent"] | Mapping[str, Any]:
    return {"revision": state.revision} if state.revision else "absent"


def _run_document(run: TotalsRun) -> dict[str, Any]:
    place, cursor = run.position
    document: dict[str, Any] = {
        "runId": run.run_id,
        "kind": run.kind.value,
        "built": run.built,
        "former": run.former,
        "stale": list(run.stale),
        "step": run.step,
        "phase": run.phase.value,
        "place": place,
        "cursor": cursor,
        "checked": run.checked,
        "found": run.found,
        "suspects": [list(key) for key in run.suspects],
        "differences": [
            {"counter": list(found.counter), "amounts": {n: list(v) for n, v in found.amounts.items()}}
            for found in run.differences
        ],
        "newest": run.newest,
        "resumeAt": run.resume_at,
        "touchedAt": run.touched_at,
    }
    return {name: value for name, value in document.items() if value is not None}


def _run_of(row: Mapping[str, Any]) -> TotalsRun:
    return TotalsRun(
        run_id=row["runId"],
        kind=RunKind(row["kind"]),
        built=row["built"],
        former=row["former"],
        stale=tuple(row["stale"]),
        step=row["step"],
        phase=Phase(row["phase"]),
        position=(row["place"], row.get("cursor")),
        checked=row["checked"],
        found=row["found"],
        suspects=tuple(_key(parts) for parts in row["suspects"]),
        differences=tuple(
            Difference(_key(found["counter"]), {n: (v[0], v[1]) for n, v in found["amounts"].items()})
            for found in row["differences"]
        ),
        newest=_instant(row.get("newest")),
        resume_at=_instant(row.get("resumeAt")),
        touched_at=_instant(row.get("touchedAt")),
    )


def _key(parts: Sequence[str]) -> CounterKey:
    kind, by, sort = parts
    return CounterKey(Kind(kind), By(by), sort)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
