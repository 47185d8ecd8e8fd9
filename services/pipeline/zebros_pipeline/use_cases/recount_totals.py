"""Count all live records into a new generation of the totals: what a verification and a rebuild have in common.

Each step does a bounded piece of work and stores how far the run is, so any call goes on where the last one ended. A
step may be done twice, by two callers or after a lost answer: its writes are conditional, and only one of the two can
store its end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

from zebros_core.errors import BadRequestError, ConflictError, UnavailableError
from zebros_pipeline.domain.contribution import NOTHING, CounterKey, contribution_of
from zebros_pipeline.domain.generations import (
    MAX_DIFFERENCES,
    Change,
    Difference,
    Phase,
    RecordKey,
    RunKind,
    TotalsRun,
    latest,
    plan,
)
from zebros_pipeline.domain.ports_totals import Numbers, RecordSource, TotalsStore
from zebros_pipeline.use_cases.count_change import ATTEMPTS, Pause, pause

PAGE: Final = 100
"""Records or rows of one step."""

COUNTERS: Final = 50
"""Counters that one step compares."""

SECOND_LOOK: Final = timedelta(seconds=60)
"""After which what differs is looked at again: events are on their way that long at most, on a normal day."""

LONGEST_READER: Final = timedelta(seconds=30)
"""How long somebody may still be reading the generation that was current when they began."""

ABANDONED: Final = timedelta(minutes=10)
"""After which a run that nobody carried on gives way to one of the other kind."""

_LOOKS: Final = 10


@dataclass(frozen=True, slots=True)
class Recount:
    """What a run works with. `sources` in the order in which they are read; `new_id` names a new run."""

    totals: TotalsStore
    sources: Sequence[RecordSource]
    zone: tzinfo
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    wait: Pause = pause

    def carry_on(self, kind: RunKind, cursor: str | None, goes_on: Callable[[], bool]) -> TotalsRun:
        """Start a run, join the one under way or go on with that of the cursor; do steps while `goes_on` says so.

        Raises ConflictError while a run of the other kind is under way, and for a cursor whose run was given up;
        BadRequestError for a cursor that is not one of this kind of run.
        """
        run = self._run(kind, cursor)
        attempt = 0
        while not run.is_done and not run.waiting(self.now()):
            try:
                run, attempt = self._step(run), 0
            except ConflictError as lost:
                attempt += 1
                if attempt == ATTEMPTS:
                    raise UnavailableError(detail="the totals are being written by others") from lost
                self.wait(attempt)
                run = self._same(run.run_id)
            if not goes_on():
                break
        return run

    # -- which run ---------------------------------------------------------------------------------------------

    def _run(self, kind: RunKind, cursor: str | None) -> TotalsRun:
        run = self.totals.run()
        if cursor is not None:
            run = self._same(self.totals.run_id(cursor))
            if run.kind is not kind:
                message = f"this cursor goes on with a {run.kind.value}"
                raise BadRequestError.for_field("cursor", "invalid_cursor", message)
            return run
        if run is not None and not run.is_done:
            if run.kind is kind:
                return run
            if run.touched_at is not None and self.now() - run.touched_at < ABANDONED:
                raise ConflictError(f"a {run.kind.value} of the totals is under way; carry it on, or wait")
        return self._started(kind, run)

    def _same(self, run_id: str) -> TotalsRun:
        run = self.totals.run()
        if run is None or run.run_id != run_id:
            raise ConflictError("this run was given up, another one has begun since")
        return run

    def _started(self, kind: RunKind, former: TotalsRun | None) -> TotalsRun:
        for attempt in range(ATTEMPTS):
            try:
                return self._start(kind, former)
            except ConflictError:
                self.wait(attempt)
                former = self.totals.run()
                if former is not None and not former.is_done and former.kind is kind:
                    return former
        raise UnavailableError(detail="the totals are being written by others")

    def _start(self, kind: RunKind, former: TotalsRun | None) -> TotalsRun:
        state = self.totals.state()
        stale: tuple[int, ...] = ()
        if former is not None and not former.is_done:
            left = former.former if state.current == former.built else former.built
            stale = (*former.stale, left)
        begun = state.begun()
        run = TotalsRun(self.new_id(), kind, begun.last, state.current, stale, touched_at=self.now())
        return self.totals.advance(run, former=former, state=state, next_state=begun)

    # -- steps -------------------------------------------------------------------------------------------------

    def _step(self, run: TotalsRun) -> TotalsRun:
        match run.phase:
            case Phase.READING:
                return self._stored(self._read(run), run)
            case Phase.CARRYING:
                return self._carry(run)
            case Phase.COMPARING:
                return self._compare(run)
            case Phase.WAITING:
                return self._look_again(run)
            case _:
                return self._stored(self._clear(run), run)

    def _stored(self, run: TotalsRun, former: TotalsRun) -> TotalsRun:
        return self.totals.advance(replace(run, touched_at=self.now()), former=former)

    def _read(self, run: TotalsRun) -> TotalsRun:
        place, cursor = run.position
        source = self.sources[place]
        records, cursor = source.page(limit=PAGE, cursor=cursor)
        changes = [self._change(source, record) for record in records]
        self._count(run, changes)
        read = replace(run, checked=run.checked + len(records), newest=_newest(run, changes))
        if cursor is not None:
            return read.moved(Phase.READING, (place, cursor))
        if place + 1 < len(self.sources):
            return read.moved(Phase.READING, (place + 1, None))
        return read.moved(Phase.CARRYING)

    def _carry(self, run: TotalsRun) -> TotalsRun:
        place, cursor = run.position
        rows, cursor = self.totals.rows(run.former, place, limit=PAGE, cursor=cursor)
        while not rows and cursor is None and place + 1 < self.totals.row_places:
            place += 1
            rows, cursor = self.totals.rows(run.former, place, limit=PAGE, cursor=None)
        met = self.totals.known([run.built], [key for key, _ in rows])
        unmet = {key: counted.version for key, counted in rows if (run.built, key) not in met}
        changes = self._as_they_are(unmet)
        self._count(run, changes)
        carried = replace(run, newest=_newest(run, changes))
        if cursor is not None:
            return self._stored(carried.moved(Phase.CARRYING, (place, cursor)), run)
        if place + 1 < self.totals.row_places:
            return self._stored(carried.moved(Phase.CARRYING, (place + 1, None)), run)
        if run.kind is RunKind.VERIFY:
            return self._stored(carried.moved(Phase.COMPARING), run)
        state = self.totals.state()
        cleared_from = self.now() + LONGEST_READER
        flipped = replace(carried.moved(Phase.CLEARING), resume_at=cleared_from, touched_at=self.now())
        stored = self.totals.advance(flipped, former=run, state=state, next_state=state.flipped())
        self.totals.counted_up_to(carried.newest, state)
        return stored

    def _as_they_are(self, versions: Mapping[RecordKey, int]) -> list[Change]:
        """Return records that were not among the live ones: since they came late, or as gone at the known version."""
        changes: list[Change] = []
        for source in self.sources:
            ids = [key.id for key in versions if key.entity == source.entity]
            found = [self._change(source, record) for record in source.read(ids)] if ids else []
            live = {change.key for change in found}
            gone = [RecordKey(source.entity, id) for id in ids if RecordKey(source.entity, id) not in live]
            changes += [*found, *(Change(key, versions[key], NOTHING) for key in gone)]
        return changes

    def _compare(self, run: TotalsRun) -> TotalsRun:
        """Compare a page of the kept counters with the built ones, and in a second round the other way about."""
        number, cursor = run.position
        counters, cursor = self._counters(run, number, cursor)
        while not counters and cursor is None and number + 1 < 2 * self.totals.counter_places:
            number += 1
            counters, cursor = self._counters(run, number, None)
        kept_ones = number < self.totals.counter_places
        pairs = self.totals.pairs((run.former, run.built), [key for key, _ in counters])
        # What the first round has seen differ, the second would find once more.
        differing = [key for key, (kept, built) in pairs.items() if kept != built and (kept_ones or not kept)]
        found = replace(
            run,
            found=run.found + len(differing),
            suspects=(*run.suspects, *differing)[:MAX_DIFFERENCES],
        )
        if cursor is not None:
            return self._stored(found.moved(Phase.COMPARING, (number, cursor)), run)
        if number + 1 < 2 * self.totals.counter_places:
            return self._stored(found.moved(Phase.COMPARING, (number + 1, None)), run)
        if found.suspects:
            later = self.now() + SECOND_LOOK
            return self._stored(replace(found.moved(Phase.WAITING), resume_at=later), run)
        return self._dropped(found, run)

    def _counters(
        self, run: TotalsRun, number: int, cursor: str | None
    ) -> tuple[list[tuple[CounterKey, Numbers]], str | None]:
        generation = run.former if number < self.totals.counter_places else run.built
        place = number % self.totals.counter_places
        return self.totals.counters(generation, place, limit=COUNTERS, cursor=cursor)

    def _look_again(self, run: TotalsRun) -> TotalsRun:
        pairs = self._at_one_moment(run)
        if pairs is None:
            return self._stored(replace(run, resume_at=self.now() + SECOND_LOOK), run)
        differences = tuple(
            _difference(key, kept, built) for key, (kept, built) in pairs.items() if kept != built
        )
        unnamed = run.found - len(run.suspects)
        return self._dropped(replace(run, differences=differences, found=len(differences) + unnamed), run)

    def _at_one_moment(self, run: TotalsRun) -> Mapping[CounterKey, tuple[Numbers, Numbers]] | None:
        """Return the suspects as they were while nobody wrote to them; None where there was no such moment.

        Two reads that agree had no write in the middle of the first: it would show in the second.
        """
        before = self.totals.pairs((run.former, run.built), run.suspects)
        for attempt in range(_LOOKS):
            pairs = self.totals.pairs((run.former, run.built), run.suspects)
            if pairs == before or all(kept == built for kept, built in pairs.values()):
                return pairs
            before = pairs
            self.wait(attempt)
        return None

    def _dropped(self, run: TotalsRun, former: TotalsRun) -> TotalsRun:
        state = self.totals.state()
        cleared = replace(run.moved(Phase.CLEARING), suspects=(), touched_at=self.now())
        return self.totals.advance(cleared, former=former, state=state, next_state=state.dropped())

    def _clear(self, run: TotalsRun) -> TotalsRun:
        """Remove rows and counters, until a place took a whole call: whole places follow each other quickly."""
        places = self.totals.row_places + self.totals.counter_places
        first, _ = run.position
        for number in range(first, places * len(run.superfluous)):
            generation, place = run.superfluous[number // places], number % places
            removed, more = self.totals.clear(generation, place, limit=PAGE)
            if more:
                return run.moved(Phase.CLEARING, (number, None))
            if removed:
                return run.moved(Phase.CLEARING, (number + 1, None))
        return run.moved(Phase.DONE)

    # -- counting into the built generation --------------------------------------------------------------------

    def _change(self, source: RecordSource, record: Mapping[str, Any]) -> Change:
        contribution = contribution_of(source.entity, record, self.zone)
        written_at = datetime.fromisoformat(record["updatedAt"])
        return Change(source.key_of(record), int(record["version"]), contribution, written_at)

    def _count(self, run: TotalsRun, changes: Sequence[Change]) -> None:
        if not changes:
            return
        known = self.totals.known([run.built], [change.key for change in changes])
        for transaction in plan(changes, known, [run.built]):
            self.totals.commit_built(transaction, run.built)


def _newest(run: TotalsRun, changes: Sequence[Change]) -> datetime | None:
    return latest(run.newest, *(change.at for change in changes))


def _difference(key: CounterKey, kept: Numbers, built: Numbers) -> Difference:
    amounts = {
        name: (f"{kept.get(name, 0):f}", f"{built.get(name, 0):f}")
        for name in sorted({*kept, *built})
        if kept.get(name) != built.get(name)
    }
    return Difference(key, amounts)
