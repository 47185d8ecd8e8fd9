"""What one call of a privacy verb gathers: for an erasure counts, what is kept, and what to look at again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from zebros_core.clock import Clock
from zebros_core.privacy.calls import (
    MAX_LATE,
    CollectedItem,
    EraseCall,
    ErasureAnswer,
    ErasureResume,
    KeptItem,
)
from zebros_core.privacy.steps import WORK_SECONDS, Piece, PieceCutError, StepWaitsError, carry_on
from zebros_core.privacy.subject import Subject
from zebros_core.privacy.texts import Sought

__all__ = ["HELD", "RETENTION_YEARS", "CollectionRun", "ErasureRun", "each", "once", "retained_until"]

LATE_SECONDS: Final = 75
"""So long after a record was looked at the events of its versions have arrived, on any normal day."""

EVENT_DAYS: Final = 15
"""No queue keeps an event longer: of a record that was changed before, none is on its way."""

HELD: Final = "legalHold"
"""Why a record is kept that a legal hold names."""

RETENTION_YEARS: Final = 7
"""How long a business record is kept after its end."""

CALL_MARGIN_SECONDS: Final = 15
"""By so much a call may be over its time: it brings a piece to its end."""

_PAGE_BYTES: Final = 1024 * 1024
"""After so much no further piece is begun."""
_MOST_BYTES: Final = 4 * 1024 * 1024
"""A piece that gives more is cut: an answer of a function has six megabytes."""


def retained_until(end: datetime) -> datetime:
    """Return until when a business record is kept that ended at an instant."""
    last = end.year + RETENTION_YEARS
    day = 28 if (end.month, end.day) == (2, 29) else end.day
    return end.replace(year=last, day=day)


class CollectionRun:
    """A call of `collect`: the items of its page. `told`: of the first piece so many items were told before."""

    def __init__(self, subject: Subject, goes_on: Callable[[], bool], *, told: int = 0) -> None:
        self.subject = subject
        self.sought = Sought(subject.emails, subject.names)
        self.items: list[CollectedItem] = []
        self._bytes = 0
        self._goes_on = goes_on
        self._told, self._of_piece = told, 0

    def add(self, item: CollectedItem) -> None:
        """Put an item into the page. Raises PieceCutError when it is full."""
        if self._of_piece < self._told:
            self._of_piece += 1
            return
        size = len(item.model_dump_json())
        if self.items and self._bytes + size > _MOST_BYTES:
            raise PieceCutError(self._of_piece)
        self.items.append(item)
        self._bytes += size
        self._of_piece += 1

    def steps(self, steps: Sequence[tuple[str, Piece]]) -> list[tuple[str, Piece]]:
        """Return the same steps, each piece of which is told from its beginning but the first."""

        def whole(piece: Piece) -> Piece:
            def do(cursor: str | None) -> str | None:
                self._of_piece = 0
                try:
                    return piece(cursor)
                finally:
                    self._told = 0

            return do

        return [(name, whole(piece)) for name, piece in steps]

    def goes_on(self) -> bool:
        """Tell whether the page has room, and the call time."""
        return self._bytes < _PAGE_BYTES and self._goes_on()


class ErasureRun:
    """A call of `erase`: what it has done, and where the next one goes on."""

    def __init__(
        self,
        call: EraseCall,
        clock: Clock,
        goes_on: Callable[[], bool],
        *,
        lists_end_after: Mapping[str, float] | None = None,
    ) -> None:
        """`lists_end_after`: the entities that cached lists show, and so many seconds after a write no list that was
        cached before is left. (An answer about one record is overwritten at once.)
        """
        self.subject = call.subject
        self.request_id = call.request_id
        self.sought = Sought(call.subject.emails, call.subject.names)
        self.kept: list[KeptItem] = []
        self._held = frozenset(call.held)
        self.written: dict[str, list[tuple[str, int]]] = {}
        """Records that this call wrote, as id and version by entity."""
        resume = call.resume
        self.counts: dict[str, int] = dict(resume.counts) if resume else {}
        self.late: list[tuple[str, str, int]] = list(resume.late) if resume else []
        self._not_before = resume.not_before if resume else None
        self._place = resume.place if resume else None
        self._clock = clock
        self._goes_on = goes_on
        self._lists_end_after = lists_end_after or {}

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self._clock.now()

    def count(self, store: str, number: int = 1) -> None:
        """Count what was erased or emptied in a store."""
        if number:
            self.counts[store] = self.counts.get(store, 0) + number

    def keep(self, store: str, entity: str, id: str | None, why: str, until: datetime | None) -> None:
        """Note what lawfully stays."""
        day = until.date() if until is not None else None
        self.kept.append(KeptItem(store=store, entity=entity, id=id, why=why, until=day))

    def holds(self, store: str, entity: str, id: str) -> bool:
        """Tell whether a legal hold keeps a record as it is; then that is noted."""
        held = (entity, id) in self._held
        if held:
            self.keep(store, entity, id, HELD, None)
        return held

    def note_written(self, entity: str, id: str, version: int) -> None:
        """Note that a record was written, for the cache."""
        self.written.setdefault(entity, []).append((id, version))
        if entity in self._lists_end_after:
            # The cache is told at the end of this call.
            seconds = WORK_SECONDS + CALL_MARGIN_SECONDS + self._lists_end_after[entity]
            self.wait_until(self.now + timedelta(seconds=seconds))

    def look_again(self, entity: str, id: str, version: int) -> bool:
        """Ask for a record to be looked at again at the end; False where there are too many already."""
        if (entity, id, version) in self.late:
            return True
        if len(self.late) >= MAX_LATE:
            return False
        self.late.append((entity, id, version))
        self.wait_until(self.now + timedelta(seconds=LATE_SECONDS))
        return True

    def wait_until(self, instant: datetime) -> None:
        """Put the end off until an instant."""
        self._not_before = max(filter(None, (self._not_before, instant)))

    def ensure_over(self) -> None:
        """Raise StepWaitsError while there is something to wait for."""
        if self._not_before is not None and self.now < self._not_before:
            raise StepWaitsError(ceil((self._not_before - self.now).total_seconds()))

    def carry_on(self, steps: Sequence[tuple[str, Piece]]) -> ErasureAnswer:
        """Go on with the steps while there is time, and return the answer."""
        place, seconds = carry_on(steps, self._place, self._goes_on)
        resume = (
            None
            if place is None
            else ErasureResume(place=place, counts=self.counts, late=self.late, not_before=self._not_before)
        )
        return ErasureAnswer(
            done=place is None,
            resume=resume,
            wait_seconds=seconds,
            counts=self.counts,
            kept=self.kept,
        )


def once(*actions: Callable[[], None]) -> Piece:
    """Return a step of one piece that does these, one after the other."""

    def piece(_: str | None) -> None:
        for action in actions:
            action()

    return piece


def each(ids: Iterable[str], action: Callable[[str], None]) -> Piece:
    """Return a step that does an action for each id, a piece for one."""
    wanted = list(dict.fromkeys(ids))

    def piece(cursor: str | None) -> str | None:
        number = wanted.index(cursor) if cursor in wanted else 0
        if number < len(wanted):
            action(wanted[number])
        return wanted[number + 1] if number + 1 < len(wanted) else None

    return piece
