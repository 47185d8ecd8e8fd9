"""Count changes of records in the totals."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo
from typing import Final

from zebros_core.errors import ConflictError, UnavailableError
from zebros_core.messaging import EntityChanged, MalformedMessageError
from zebros_pipeline.domain.contribution import NOTHING, contribution_of
from zebros_pipeline.domain.generations import Change, RecordKey, latest, newest, plan
from zebros_pipeline.domain.ports_totals import TotalsStore

ROWS_A_CALL: Final = 100
ATTEMPTS: Final = 10
_LONGEST_PAUSE_SECONDS: Final = 1.0
_SHORTEST_PAUSE_SECONDS: Final = 0.01

Pause = Callable[[int], None]


def pause(attempt: int) -> None:
    """Wait before the next attempt, at random: writers that met must not meet again."""
    # The system's generator: a seeded one would give containers of one snapshot the same delays.
    ceiling = min(_LONGEST_PAUSE_SECONDS, _SHORTEST_PAUSE_SECONDS * 2**attempt)
    time.sleep(random.SystemRandom().random() * ceiling)


def change_of(event: EntityChanged, zone: tzinfo) -> Change:
    """Return what an event, its snapshot in it, says about the totals.

    Raises MalformedMessageError for a snapshot that is not of its entity.
    """
    contribution = NOTHING
    if not event.is_gone:
        try:
            contribution = contribution_of(event.entity, event.snapshot or {}, zone)
        except (KeyError, ValueError, ArithmeticError) as error:
            raise MalformedMessageError("The snapshot cannot be counted.") from error
    return Change(RecordKey(event.entity, event.id), event.version, contribution, event.occurred_at)


def count_changes(totals: TotalsStore, changes: Iterable[Change], *, wait: Pause = pause) -> None:
    """Count the newest version of each record, where it is newer than what was counted.

    Changes that come late, twice or at the same moment as others change nothing that they should not. Raises
    UnavailableError when others write all the time: what was not counted then must come again, with the rest.
    """
    state = totals.state()
    waiting: Sequence[Change] = newest(changes)
    at = latest(*(change.at for change in waiting))
    attempt = 0
    while waiting:
        few = waiting[: ROWS_A_CALL // len(state.generations)]
        known = totals.known(state.generations, [change.key for change in few])
        try:
            for transaction in plan(few, known, state.generations):
                totals.commit(transaction, state)
                attempt = 0
        except ConflictError as lost:
            attempt += 1
            if attempt == ATTEMPTS:
                raise UnavailableError(detail="the totals are being written by others") from lost
            wait(attempt)
            state = totals.state()
            continue
        waiting, attempt = waiting[len(few) :], 0
    # Also where all of it had been counted before, by a writer that got no further than that.
    totals.counted_up_to(at, state)
