"""The maintained totals equal what the live records add up to, whatever happens to the events on their way.

Two tenants' records are created, changed, moved to other owners, teams, stages and currencies, deleted, restored and
re-keyed. Their events come in any order, in batches, twice, while others write, and while a rebuild or a verification
is somewhere on its way. At every moment the counters of each generation are the sum of its rows; when all events have
arrived they are the sum over the records, which is taken here by another way than the totals take.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from totals_in_memory import InMemoryRecords, InMemoryTotals

from zebros_core.clock import FixedClock
from zebros_core.errors import ConflictError
from zebros_core.messaging import EntityChanged, Operation
from zebros_pipeline.domain.contribution import CounterKey, Deltas, add, folded
from zebros_pipeline.domain.generations import RunKind, TotalsRun
from zebros_pipeline.use_cases.count_change import change_of, count_changes
from zebros_pipeline.use_cases.recount_totals import Recount

pytestmark = pytest.mark.properties

ZONE = ZoneInfo("Pacific/Auckland")
ENTITIES = ("opportunity", "customer", "activity")
OWNERS = ("ada", "bo")
TEAMS = ("north", "south", None)
STAGES = (("prospecting", "open"), ("proposal", "open"), ("won", "won"))
CURRENCIES = ("USD", "JPY")
VALUES = (None, 0, 100, 0.1, 123456789012.345, 999999999999999)
PROBABILITIES = (None, 0, 33, 100)
DAYS = ("2026-01-31", "2026-02-01", None)
INSTANTS = ("2026-01-31T10:59:59.999Z", "2026-01-31T11:00:00.000Z", "2026-12-31T23:00:00.000Z")


def _fields(entity: str, dice: tuple[int, ...]) -> dict[str, Any]:
    """A record's fields from a few small numbers."""

    def pick(place: int, options: tuple[Any, ...]) -> Any:
        return options[dice[place] % len(options)]

    common = {"ownerId": pick(0, OWNERS), "teamId": pick(1, TEAMS)}
    if entity == "customer":
        return common
    if entity == "activity":
        return {**common, "status": pick(2, ("open", "completed")), "scheduledAt": pick(3, (*INSTANTS, None))}
    stage, outcome = pick(2, STAGES)
    return {
        **common,
        "stage": stage,
        "outcome": outcome,
        "value": pick(3, VALUES),
        "currency": pick(4, CURRENCIES),
        "probability": pick(5, PROBABILITIES),
        "forecastCategory": pick(4, (None, "commit")),
        "expectedCloseDate": pick(5, DAYS),
        "closeDate": "2026-01-15" if outcome == "won" else None,
    }


@dataclass
class Stored:
    """A record of a tenant: its fields, its version, and whether it is live."""

    fields: dict[str, Any]
    version: int
    live: bool


@dataclass
class TenantWorld:
    """One tenant: its records, the events that they caused, and its totals."""

    tenant: str
    clock: FixedClock
    records: dict[str, dict[str, Stored]] = field(default_factory=lambda: {entity: {} for entity in ENTITIES})
    events: list[EntityChanged] = field(default_factory=list)
    arrived: int = 0
    """How many events there are from the first on that have all been delivered."""
    totals: InMemoryTotals = field(default_factory=lambda: InMemoryTotals(shards=2, page=2))
    last_run: TotalsRun | None = None
    runs: int = 0

    def __post_init__(self) -> None:
        self.sources = [
            InMemoryRecords(entity, lambda entity=entity: self.live(entity), page=2) for entity in ENTITIES
        ]
        self.recount = Recount(
            self.totals, self.sources, ZONE, self.clock.now, self._run_id, wait=lambda attempt: None
        )

    def _run_id(self) -> str:
        self.runs += 1
        return f"run-{self.runs}"

    def live(self, entity: str) -> dict[str, Mapping[str, Any]]:
        return {
            id: {**record.fields, "id": id, "version": record.version}
            for id, record in self.records[entity].items()
            if record.live
        }

    # -- what happens to records --

    def write(self, entity: str, id: str, dice: tuple[int, ...]) -> None:
        record = self.records[entity].get(id)
        if record is None:
            fields = {**_fields(entity, dice), "createdAt": INSTANTS[dice[2] % 3]}
            self.records[entity][id] = Stored(fields, 1, live=True)
            self.event(entity, id, 1, Operation.CREATED)
        elif record.live:
            record.fields = {**record.fields, **_fields(entity, dice)}
            record.version += 1
            self.event(entity, id, record.version, Operation.UPDATED)

    def delete_or_restore(self, entity: str, id: str) -> None:
        record = self.records[entity].get(id)
        if record is not None:
            record.live = not record.live
            record.version += 1
            operation = Operation.RESTORED if record.live else Operation.DELETED
            self.event(entity, id, record.version, operation)

    def rekey(self, entity: str, id: str, dice: tuple[int, ...]) -> None:
        record = self.records[entity].get(id)
        if record is not None and record.live:
            self.event(entity, id, record.version + 1, Operation.REMOVED)
            record.fields = {**record.fields, **_fields(entity, dice)}
            record.version += 2
            self.event(entity, id, record.version, Operation.UPDATED)

    def event(self, entity: str, id: str, version: int, operation: Operation) -> None:
        snapshot = None
        if operation is not Operation.REMOVED:
            record = self.records[entity][id]
            record.fields["updatedAt"] = self.clock.now().isoformat()
            snapshot = {**record.fields, "tenantId": self.tenant, "version": version}
        self.events.append(
            EntityChanged(
                event_id=f"{entity}-{id}-{version}",
                tenant_id=self.tenant,
                entity=entity,
                id=id,
                version=version,
                operation=operation,
                occurred_at=self.clock.now(),
                snapshot=snapshot,
            )
        )
        self.clock.advance(0.001)

    # -- what happens to events --

    def deliver(self, picks: tuple[int, ...]) -> None:
        """Some of the events, whichever were delivered before."""
        self.count([self.events[pick % len(self.events)] for pick in picks] if self.events else [])

    def deliver_next(self, few: int) -> None:
        self.count(self.events[self.arrived : self.arrived + few])
        self.arrived = min(len(self.events), self.arrived + few)

    def count(self, events: list[EntityChanged]) -> None:
        count_changes(self.totals, [change_of(event, ZONE) for event in events], wait=lambda attempt: None)

    def steps(self, kind: RunKind, number: int) -> None:
        for _ in range(number):
            self.step(kind)

    def step(self, kind: RunKind) -> None:
        try:
            self.last_run = self.recount.carry_on(kind, None, lambda: False)
        except ConflictError:
            assert self.last_run is not None
            assert self.last_run.kind is not kind
            assert not self.last_run.is_done

    def finish(self, kind: RunKind) -> TotalsRun:
        while True:
            run = self.recount.carry_on(kind, None, lambda: False)
            if run.is_done:
                return run
            self.clock.advance(run.waiting(self.clock.now()))

    # -- what must hold --

    def counters(self, generation: int) -> Deltas:
        return folded(
            {
                key: dict(counter)
                for (number, key), counter in self.totals.numbers.items()
                if number == generation
            }
        )

    def check_rows(self) -> None:
        """The counters of every generation that is written are the sum of its rows."""
        for generation in self.totals.state().generations:
            rows: Deltas = {}
            for (number, _), counted in self.totals.records.items():
                if number == generation:
                    add(rows, counted.contribution)
            assert self.counters(generation) == folded(rows)

    def check_all(self) -> None:
        """The counters that are read are the sum over the live records."""
        assert self.counters(self.totals.state().current) == _recomputed(self)


def _recomputed(world: TenantWorld) -> dict[CounterKey, dict[str, Decimal]]:
    sums: dict[tuple[str, str, str, str], Decimal] = {}

    def count(kind: str, record: Mapping[str, Any], name: str, attribute: str, number: Decimal) -> None:
        owner, team = record["ownerId"], record["teamId"]
        places = [("all", name), ("team", f"{team or '-'}#{name}"), ("owner", f"{owner}#{name}")]
        if kind == "value" and team is not None:
            places.append(("member", f"{team}#{owner}#{name}"))
        for by, sort in places:
            sums[kind, by, sort, attribute] = sums.get((kind, by, sort, attribute), Decimal()) + number

    for deal in world.live("opportunity").values():
        is_open = deal["outcome"] == "open"
        day = deal["expectedCloseDate"] if is_open else deal["closeDate"]
        slots = [
            ("value", deal["currency"], deal["stage"]),
            (
                "month",
                f"{'-' if day is None else day[:7]}#{deal['currency']}",
                f"{deal['stage']}.{deal['forecastCategory'] or '-'}",
            ),
        ]
        worth = Decimal(str(deal["value"] or 0))
        for kind, name, slot in slots:
            count(kind, deal, name, f"{slot}.count", Decimal(1))
            count(kind, deal, name, f"{slot}.sum", worth)
            if is_open and deal["probability"] is not None:
                count(kind, deal, name, f"{slot}.ownSum", worth)
                count(kind, deal, name, f"{slot}.ownWeighted", worth * deal["probability"] / 100)
    for customer in world.live("customer").values():
        # Auckland is 13 hours ahead in January and December.
        day = {0: "2026-01-31", 1: "2026-02-01", 2: "2027-01-01"}[INSTANTS.index(customer["createdAt"])]
        count("newcustomers", customer, day[:7], f"{day[8:]}.count", Decimal(1))
    for activity in world.live("activity").values():
        if activity["status"] == "open" and activity["scheduledAt"] is not None:
            day = {0: "2026-01-31", 1: "2026-02-01", 2: "2027-01-01"}[INSTANTS.index(activity["scheduledAt"])]
            count("due", activity, day[:7], f"{day[8:]}.count", Decimal(1))
    found: dict[CounterKey, dict[str, Decimal]] = {}
    for (kind, by, sort, attribute), number in sums.items():
        if number:
            found.setdefault(CounterKey(kind, by, sort), {})[attribute] = number  # type: ignore[arg-type]
    return found


_DICE = st.tuples(*[st.integers(0, 11)] * 6)
_IDS = st.sampled_from(("a", "b", "c"))
_PICKS = st.lists(st.integers(0, 60), min_size=1, max_size=6).map(tuple)
_ACTIONS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(ENTITIES), _IDS, _DICE),
    st.tuples(st.just("write"), st.just("opportunity"), _IDS, _DICE),
    st.tuples(st.just("delete or restore"), st.sampled_from(ENTITIES), _IDS),
    st.tuples(st.just("rekey"), st.sampled_from(("opportunity", "activity")), _IDS, _DICE),
    st.tuples(st.just("deliver"), _PICKS),
    st.tuples(st.just("deliver next"), st.integers(1, 8)),
    st.tuples(st.just("deliver while others do"), _PICKS, _PICKS),
    st.tuples(st.just("steps"), st.sampled_from(RunKind), st.integers(1, 30)),
    st.tuples(st.just("deliver while a run goes on"), _PICKS, st.sampled_from(RunKind), st.integers(1, 30)),
    st.tuples(st.just("steps while others deliver"), st.sampled_from(RunKind), st.integers(1, 5), _PICKS),
    st.tuples(st.just("hide from the index"), st.sampled_from(range(3)), _IDS),
    st.tuples(st.just("wait"), st.sampled_from((1, 61, 700))),
)


def _act(world: TenantWorld, action: tuple[Any, ...]) -> None:
    match action:
        case ("write", entity, id, dice):
            world.write(entity, id, dice)
        case ("delete or restore", entity, id):
            world.delete_or_restore(entity, id)
        case ("rekey", entity, id, dice):
            world.rekey(entity, id, dice)
        case ("deliver", picks):
            world.deliver(picks)
        case ("deliver next", few):
            world.deliver_next(few)
        case ("deliver while others do", picks, others):
            world.totals.before_commit = lambda: world.deliver(others)
            world.deliver(picks)
        case ("steps", kind, number):
            world.steps(kind, number)
        case ("deliver while a run goes on", picks, kind, number):
            world.totals.before_commit = lambda: world.steps(kind, number)
            world.deliver(picks)
        case ("steps while others deliver", kind, number, picks):
            for _ in range(number):
                world.totals.before_commit = lambda: world.deliver(picks)
                world.step(kind)
        case ("hide from the index", source, id):
            world.sources[source].hidden ^= {id}
        case (_, seconds):
            world.clock.advance(seconds)


@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    actions=st.lists(st.tuples(st.integers(0, 1), _ACTIONS), max_size=40),
    seed=st.randoms(use_true_random=False),
)
def test_the_totals_equal_what_the_records_add_up_to(actions: list[tuple[int, Any]], seed: Any) -> None:
    clock = FixedClock()
    worlds = [TenantWorld("acme1", clock), TenantWorld("globex", clock)]
    for tenant, action in actions:
        _act(worlds[tenant], action)
        worlds[tenant].check_rows()
    for world in worlds:
        world.totals.before_commit = lambda: None
        remaining = [*world.events, *seed.sample(world.events, len(world.events) // 3)]
        seed.shuffle(remaining)
        while remaining:
            world.count(remaining[:7])
            remaining = remaining[7:]
        world.check_rows()
        world.check_all()
        newest = max((event.occurred_at for event in world.events), default=None)
        assert world.totals.state().as_of == newest
        if world.last_run is not None and not world.last_run.is_done:
            world.finish(world.last_run.kind)
            world.check_all()
        verified = world.finish(RunKind.VERIFY)
        assert (verified.found, verified.differences) == (0, ())
        world.finish(RunKind.REBUILD)
        world.check_all()
        world.check_rows()
        # Nothing of former generations stays behind.
        assert {number for number, _ in world.totals.numbers} <= {world.totals.state().current}
        assert {number for number, _ in world.totals.records} <= {world.totals.state().current}
        # A late event finds its version mark in the new generation, also where its record is gone.
        for event in world.events:
            world.count([event])
            world.check_all()
