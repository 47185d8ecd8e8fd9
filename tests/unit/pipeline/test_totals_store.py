"""The repository of the totals and its double in memory keep the same promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from callers import Person
from totals_in_memory import InMemoryTotals

from zebros_core.errors import BadRequestError, ConflictError
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.domain.contribution import (
    EVERYBODY,
    NOTHING,
    Amount,
    By,
    Contribution,
    CounterKey,
    Group,
    Kind,
    Share,
)
from zebros_pipeline.domain.generations import (
    Change,
    Counted,
    Difference,
    Phase,
    RecordKey,
    RunKind,
    TotalsRun,
    TotalsState,
    plan,
)
from zebros_pipeline.domain.ports_totals import TotalsStore

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADA, BO = Group(By.OWNER, ("ada",)), Group(By.OWNER, ("bo",))
KEYS = [RecordKey("opportunity", f"r{number}") for number in range(40)]


@pytest.fixture(params=["memory", "pool", "bridge", "silo"])
def store(request: pytest.FixtureRequest, container: Container, tenant: Callable[..., str]) -> TotalsStore:
    if request.param == "memory":
        return InMemoryTotals()
    return container.system_workspace(tenant(request.param), "test").totals


def worth(amount: str, *groups: Group, currency: str = "EUR", stage: str = "won") -> Contribution:
    amounts = {Amount.COUNT: Decimal(1), Amount.SUM: Decimal(amount)}
    return (Share(Kind.VALUE, (EVERYBODY, *groups), currency, stage, amounts),)


def write(store: TotalsStore, *changes: Change) -> TotalsState:
    state = store.state()
    known = store.known(state.generations, [change.key for change in changes])
    for transaction in plan(changes, known, state.generations):
        store.commit(transaction, state)
    store.counted_up_to(max((change.at for change in changes if change.at), default=None), state)
    return store.state()


def test_a_store_begins_with_an_empty_first_generation(store: TotalsStore) -> None:
    assert store.state() == TotalsState() and store.run() is None
    assert store.group(1, Kind.VALUE, EVERYBODY) == [] == store.groups(1, Kind.VALUE, By.OWNER)


def test_rows_and_counters_are_read_as_they_were_written(store: TotalsStore) -> None:
    written = worth("1234567890123.45", ADA)
    state = write(store, Change(KEYS[0], 3, written, NOON))
    assert state == TotalsState(as_of=NOON)
    assert store.known([1, 2], KEYS[:2]) == {(1, KEYS[0]): Counted(3, written)}
    (counter,) = store.group(1, Kind.VALUE, ADA)
    assert counter == ((("ada",), "EUR", {"won.count": 1, "won.sum": Decimal("1234567890123.45")}))


def test_counters_add_up_exactly_where_floats_would_not(store: TotalsStore) -> None:
    big, small = "999999999999999", "0.00000000001"
    write(store, *(Change(key, 1, worth(big)) for key in KEYS[:20]))
    write(store, *(Change(key, 1, worth(small)) for key in KEYS[20:]))
    (counter,) = store.group(1, Kind.VALUE, EVERYBODY)
    assert counter.numbers["won.sum"] == 20 * Decimal(big) + 20 * Decimal(small)
    write(store, *(Change(key, 2, NOTHING) for key in KEYS[:20]))
    (counter,) = store.group(1, Kind.VALUE, EVERYBODY)
    assert counter.numbers["won.sum"] == Decimal("0.0000000002")
    write(store, *(Change(key, 2, NOTHING) for key in KEYS[20:]))
    assert [row.numbers for row in store.group(1, Kind.VALUE, EVERYBODY)] == [{}]


def test_a_group_is_read_without_others_and_all_of_a_kind_together(store: TotalsStore) -> None:
    member = Group(By.MEMBER, ("north", "ada"))
    write(
        store,
        Change(KEYS[0], 1, worth("1", ADA, member)),
        Change(KEYS[1], 1, worth("2", ADA, currency="USD")),
        Change(KEYS[2], 1, worth("4", Group(By.OWNER, ("ada-2",)), Group(By.MEMBER, ("north-2", "ada")))),
    )
    assert [row.counter for row in store.group(1, Kind.VALUE, ADA)] == ["EUR", "USD"]
    assert [row.ids for row in store.groups(1, Kind.VALUE, By.OWNER)] == [("ada",), ("ada",), ("ada-2",)]
    assert [row.ids for row in store.groups(1, Kind.VALUE, By.MEMBER, ("north",))] == [("north", "ada")]
    assert [row.counter for row in store.group(1, Kind.VALUE, EVERYBODY)] == ["EUR", "USD"]


def test_months_are_read_from_the_first_to_the_last(store: TotalsStore) -> None:
    months = ("-", "2025-12", "2026-01", "2026-02", "2026-03")
    for number, month in enumerate(months):
        share = Share(Kind.MONTH, (EVERYBODY, ADA), f"{month}#EUR", "won.-", {Amount.COUNT: Decimal(1)})
        write(store, Change(KEYS[number], 1, (share,)))
    for group in (EVERYBODY, ADA):
        found = store.group(1, Kind.MONTH, group, ("2026-01", "2026-02"))
        assert [row.counter for row in found] == ["2026-01#EUR", "2026-02#EUR"]
        undated = store.group(1, Kind.MONTH, group, ("-", "-"))
        assert [row.counter for row in undated] == ["-#EUR"]


def test_a_transaction_is_all_or_nothing(store: TotalsStore) -> None:
    state = write(store, Change(KEYS[0], 1, worth("1")))
    stale = plan([Change(KEYS[0], 2, worth("2")), Change(KEYS[1], 1, worth("2"))], {}, [1])[0]
    with pytest.raises(ConflictError):
        store.commit(stale, state)
    with pytest.raises(ConflictError):
        fresh = plan([Change(KEYS[1], 1, worth("2"))], {}, [1])[0]
        store.commit(fresh, replace(state, revision=state.revision + 1))
    assert store.known([1], KEYS[:2]) == {(1, KEYS[0]): Counted(1, worth("1"))}
    (counter,) = store.group(1, Kind.VALUE, EVERYBODY)
    assert counter.numbers == {"won.count": 1, "won.sum": 1}


def test_the_newest_change_that_was_counted_never_goes_back(store: TotalsStore) -> None:
    before = store.state()
    store.counted_up_to(NOON, before)
    # Told by somebody who did not know of it yet.
    store.counted_up_to(NOON - timedelta(hours=1), before)
    assert store.state().as_of == NOON
    store.counted_up_to(NOON + timedelta(hours=1), before)
    store.counted_up_to(None, store.state())
    assert store.state().as_of == NOON + timedelta(hours=1)


def test_nothing_is_written_to_generations_that_are_over(store: TotalsStore) -> None:
    before = store.state()
    run = TotalsRun("run", RunKind.REBUILD, built=2, former=1)
    store.advance(run, former=None, state=before, next_state=before.begun())
    with pytest.raises(ConflictError):
        store.commit(plan([Change(KEYS[0], 1, worth("1"))], {}, [1])[0], before)
    assert store.known([1, 2], KEYS[:1]) == {}


def test_a_built_generation_takes_writes_only_while_it_is_being_built(store: TotalsStore) -> None:
    transaction = plan([Change(KEYS[0], 1, worth("1"))], {}, [2])[0]
    with pytest.raises(ConflictError):
        store.commit_built(transaction, 2)
    state = store.state()
    run = TotalsRun("run", RunKind.REBUILD, built=2, former=1)
    store.advance(run, former=None, state=state, next_state=state.begun())
    store.commit_built(transaction, 2)
    assert store.known([1, 2], KEYS[:1]) == {(2, KEYS[0]): Counted(1, worth("1"))}
    assert store.state().generations == (1, 2)


def test_a_run_is_stored_step_by_step_by_one_at_a_time(store: TotalsStore) -> None:
    difference = Difference(CounterKey(Kind.VALUE, By.ALL, "EUR"), {"won.sum": ("1", "2.5")})
    run = TotalsRun(
        "run-1",
        RunKind.VERIFY,
        built=2,
        former=1,
        stale=(5, 6),
        phase=Phase.CARRYING,
        position=(7, "there"),
        checked=9,
        newest=NOON,
        suspects=(CounterKey(Kind.DUE, By.OWNER, "ada#2026-01"),),
        differences=(difference,),
        found=3,
        resume_at=NOON,
        touched_at=NOON,
    )
    first = store.advance(run, former=None)
    assert store.run() == first == replace(run, step=1)
    second = store.advance(run.moved(Phase.DONE), former=first)
    assert store.run() == second and second.step == 2
    with pytest.raises(ConflictError):
        store.advance(run, former=first)
    with pytest.raises(ConflictError):
        store.advance(run, former=None)
    with pytest.raises(ConflictError):
        state = store.state()
        store.advance(run, former=second, state=replace(state, revision=8), next_state=state.begun())
    assert store.run() == second


def test_rows_and_counters_are_walked_in_pages_and_cleared(store: TotalsStore) -> None:
    keys = KEYS[:12]
    write(store, *(Change(key, 1, worth("1", Group(By.OWNER, (key.id,)))) for key in keys))
    rows = [key for place in range(store.row_places) for key, _ in walk(store.rows, 1, place)]
    counters = [key for place in range(store.counter_places) for key, _ in walk(store.counters, 1, place)]
    assert sorted(rows) == sorted(keys) and len(counters) == 13
    pairs = store.pairs((1, 2), counters)
    assert all(kept and not built for kept, built in pairs.values())
    removed = 0
    for place in range(store.row_places + store.counter_places):
        more = True
        while more:
            gone, more = store.clear(1, place, limit=7)
            removed += gone
    assert removed == 25 and store.known([1], KEYS) == {} and store.group(1, Kind.VALUE, EVERYBODY) == []


def walk(read: Callable[..., Any], generation: int, place: int) -> Iterator[Any]:
    cursor: str | None = None
    while True:
        page, cursor = read(generation, place, limit=3, cursor=cursor)
        assert len(page) <= 3
        yield from page
        if cursor is None:
            return


def test_a_cursor_names_its_run_and_no_other_text_is_one(store: TotalsStore) -> None:
    run = TotalsRun("run-1", RunKind.VERIFY, built=2, former=1)
    assert store.run_id(store.cursor(run)) == "run-1"
    with pytest.raises(BadRequestError):
        store.run_id("something")


def test_the_row_of_a_record_that_is_gone_is_kept_as_long_as_its_tombstone(
    container: Container, admin: Person
) -> None:
    totals = container.system_workspace(admin.tenant, "test").totals
    write(totals, Change(KEYS[0], 1, worth("1")))
    write(totals, Change(KEYS[0], 2, NOTHING))
    admin.clock.advance(days=179)
    assert totals.known([1], KEYS[:1]) == {(1, KEYS[0]): Counted(2, NOTHING)}
    admin.clock.advance(days=2)
    assert totals.known([1], KEYS[:1]) == {}
    write(totals, Change(KEYS[0], 3, worth("1")))
    assert totals.known([1], KEYS[:1])[1, KEYS[0]].version == 3


def test_two_tenants_share_no_totals(container: Container, tenant: Callable[..., str]) -> None:
    ours, theirs = (container.system_workspace(tenant("pool"), "test").totals for _ in range(2))
    write(ours, Change(KEYS[0], 1, worth("1")))
    assert theirs.state() == TotalsState() and theirs.group(1, Kind.VALUE, EVERYBODY) == []
    run = ours.advance(TotalsRun("run-1", RunKind.VERIFY, built=2, former=1), former=None)
    with pytest.raises(BadRequestError):
        theirs.run_id(ours.cursor(run))
