"""Carry out many wishes with few calls, each with the outcome that it would have had alone.

What the wishes of a call read is read at once, and what they write shares transactions
(`zebros_core.dynamodb.gathering`). A wish that cannot go along is done alone, when all before it are done:

- one that does more than to read and write tables (`together` is False);
- one whose writes were refused, because somebody has the name, say, or was quicker;
- one that writes twice to what it has read.

One that meets what a former one is still to write waits for that and then goes along. So wishes of one record, or of
one name, happen in their order; others may overtake each other, which only a change from elsewhere at the very same
moment could show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from zebros_core.dynamodb.gathering import EntangledError, Gathering, gathering
from zebros_core.dynamodb.shared_writes import Unit
from zebros_core.dynamodb.store import TenantStore
from zebros_core.errors import ConflictError, NotFoundError, UnavailableError, ZebrosError
from zebros_core.records.mutations import Outcome, OutcomeKind

__all__ = ["Wish", "carry_out_together", "refused"]


class Wish(Protocol):
    """One of many things to be done."""

    @property
    def id(self) -> str | None:
        """The record that it is about, where that is known."""
        ...

    @property
    def together(self) -> bool:
        """Whether it only reads and writes tables by what the store gathers."""
        ...

    def kept(self) -> Outcome | None:
        """Return what an earlier delivery of it did, or None."""
        ...

    def carry_out(self) -> Outcome:
        """Do it. Raises ZebrosError where it is refused."""
        ...

    def alone(self) -> Outcome:
        """Return what was done before, or do it; a refusal is an outcome, too."""
        ...


def carry_out_together(
    store: TenantStore, wishes: Sequence[Wish], read_beforehand: Callable[[], None]
) -> list[Outcome]:
    """Carry out wishes as if one after the other; `read_beforehand` reads what they are known to need, at once.

    One that is refused leaves the others alone; a defect of ours does raise. After a call that broke off, or was
    killed, the same wishes with their receipts lead to the same outcomes.

    When the store has no capacity, the rest is refused like those that found out: each would be retried as long, and
    the caller's time would be over before it learnt what was done.
    """
    if len(wishes) == 1:
        return [wishes[0].alone()]
    if not wishes:
        return []
    with gathering(store) as gathered:
        return _Call(wishes, gathered).outcomes(read_beforehand)


def refused(wish: Wish, error: ZebrosError | None) -> Outcome:
    """Return the outcome of a wish that was refused."""
    kind = OutcomeKind.CONFLICT if isinstance(error, ConflictError) else OutcomeKind.REJECTED
    return Outcome(kind, wish.id, error=error)


class _Call:
    """The wishes of one call, and what has become of them so far."""

    def __init__(self, wishes: Sequence[Wish], gathered: Gathering) -> None:
        self._wishes = wishes
        self._gathered = gathered
        self._outcomes: dict[int, Outcome] = {}
        self._promised: dict[Unit, int] = {}
        self._stopped: UnavailableError | None = None

    def outcomes(self, read_beforehand: Callable[[], None]) -> list[Outcome]:
        """Carry out everything."""
        try:
            read_beforehand()
        except UnavailableError as error:
            self._stopped = error
        for number in range(len(self._wishes)):
            if self._stopped is None and self._gathered.busy is None:
                self._apply(number)
        self._settle()
        return [
            self._outcomes.get(number) or refused(wish, self._stopped)
            for number, wish in enumerate(self._wishes)
        ]

    def _apply(self, number: int) -> None:
        if self._wishes[number].together:
            # The second time, everything before it is done: then it can only be in its own way.
            for _ in range(2):
                try:
                    self._gather(number)
                except EntangledError as error:
                    self._settle()
                    if self._stopped is not None:
                        return
                    if error.writing:
                        break  # most likely it is to be refused, and would have its neighbours written again
                else:
                    return
        self._settle()
        if self._stopped is None:
            self._alone(number)

    def _gather(self, number: int) -> None:
        """Carry out a wish, but for its writes. Raises EntangledError where that is not possible."""
        wish, unit = self._wishes[number], None
        try:
            with self._gathered.unit() as unit:
                outcome = wish.kept() or wish.carry_out()
        except ZebrosError as error:
            if unit is not None and unit.operations:
                # What happens when only the writes have succeeded is seen when they are really made.
                raise EntangledError(writing=True) from error
            self._outcomes[number] = self._judged(wish, error)
            return
        self._outcomes[number] = outcome
        if unit.operations:
            self._promised[unit] = number
            self._gathered.promise(unit)

    def _judged(self, wish: Wish, error: ZebrosError) -> Outcome:
        """Return the outcome of a wish that was refused before it wrote anything."""
        if isinstance(error, ConflictError | NotFoundError):
            # Another delivery of it may have done it since receipts were read, and the records were read after that.
            with self._gathered.aside():
                kept = wish.kept()
            if kept is not None:
                return kept
        if isinstance(error, UnavailableError):
            self._stopped = error
        return refused(wish, error)

    def _alone(self, number: int) -> None:
        """Carry out a wish as if there were no others. Nothing may be promised any more."""
        with self._gathered.aside():
            outcome = self._wishes[number].alone()
        self._outcomes[number] = outcome
        if isinstance(outcome.error, UnavailableError):
            self._stopped = outcome.error

    def _settle(self) -> None:
        """Have everything written so far, alone where it cannot go along."""
        unwritten = self._gathered.settle()
        busy = self._gathered.busy
        for found in unwritten:
            number = self._promised[found.unit]
            error = found.error or busy
            if error is not None:
                self._outcomes[number] = refused(self._wishes[number], error)
                self._stopped = error
            else:
                self._alone(number)
                busy = self._stopped
        self._promised.clear()
