"""Transactions that several units of work share: each unit is in one of them whole, or is told that it was not written.

A transaction is all or nothing, so one refused unit would keep its neighbours from being written. DynamoDB says whose
conditions did not hold: those units are given back, to be done alone, and the others are sent again without them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from zebros_core.dynamodb.client import ClientError
from zebros_core.dynamodb.operations import (
    MAX_OPERATIONS,
    TransactionCancelledError,
    WriteOp,
    refusal_of,
    transact,
)
from zebros_core.errors import UnavailableError

if TYPE_CHECKING:
    from zebros_core.dynamodb.store import TenantStore

__all__ = ["MAX_CHARACTERS", "SharedWrites", "Unit", "Unwritten"]

MAX_CHARACTERS: Final = 1_000_000
"""Of a transaction's requests as text. A character takes at most four bytes, and DynamoDB takes 4 MB of items."""

_NOBODYS_FAULT: Final = frozenset({"None", "ProvisionedThroughputExceeded", "ThrottlingError"})
"""Reasons of cancellation after which the same may be tried again."""

_MOST_WAITING: Final = 8
"""Transactions that are sent or wait to be sent; then whoever adds waits, too, and learns of trouble in time."""


@dataclass(eq=False, slots=True)
class Unit:
    """Writes that happen together or not at all; at most 100."""

    operations: list[WriteOp] = field(default_factory=list[WriteOp])


@dataclass(frozen=True, slots=True)
class Unwritten:
    """A unit that was not written: refused, or, with `error`, one of which nobody knows, for want of capacity."""

    unit: Unit
    error: UnavailableError | None = None


class SharedWrites:
    """Packs units that touch no item twice, and sends them; a full transaction at once, the last one in the end."""

    def __init__(
        self, store: TenantStore, later: Callable[[Callable[[], list[Unwritten]]], Future[list[Unwritten]]]
    ) -> None:
        """`later` does something in another thread."""
        self.busy: UnavailableError | None = None
        self._store = store
        self._later = later
        self._units: list[Unit] = []
        self._room = MAX_OPERATIONS
        self._characters = MAX_CHARACTERS
        self._sent: list[Future[list[Unwritten]]] = []
        self._unwritten: list[Unwritten] = []
        self._order: dict[int, int] = {}

    def add(self, unit: Unit) -> None:
        """Take a unit, and send what is full."""
        size = sum([len(repr(operation.request)) for operation in unit.operations])
        if self._units and (len(unit.operations) > self._room or size > self._characters):
            self._send_open(in_time=False)
        self._order[id(unit)] = len(self._order)
        self._units.append(unit)
        self._room -= len(unit.operations)
        self._characters -= size

    def finish(self) -> list[Unwritten]:
        """Send the rest, wait for everything and return what was not written, in the order in which it was added."""
        self._send_open(in_time=True)
        self._collect(0)
        unwritten = sorted(self._unwritten, key=lambda found: self._order[id(found.unit)])
        self._unwritten, self._order = [], {}
        return unwritten

    def _send_open(self, *, in_time: bool) -> None:
        units, self._units = self._units, []
        self._room, self._characters = MAX_OPERATIONS, MAX_CHARACTERS
        if not units:
            return
        if self.busy is not None:
            self._unwritten += [Unwritten(unit, self.busy) for unit in units]
        elif in_time and not self._sent:
            # Nothing to do meanwhile: another thread would only cost.
            self._note(write_together(self._store, units))
        else:
            self._sent.append(self._later(lambda: write_together(self._store, units)))
            self._collect(_MOST_WAITING)

    def _collect(self, waiting: int) -> None:
        """Take in what has ended, and wait until no more than so many are under way."""
        while self._sent and (len(self._sent) > waiting or self._sent[0].done()):
            self._note(self._sent.pop(0).result())

    def _note(self, unwritten: Sequence[Unwritten]) -> None:
        self._unwritten += unwritten
        self.busy = self.busy or next((found.error for found in unwritten if found.error is not None), None)


def write_together(store: TenantStore, units: Sequence[Unit]) -> list[Unwritten]:
    """Write units in one transaction, without those that are refused; return these."""
    unwritten: list[Unwritten] = []
    while units:
        try:
            transact(store, [operation for unit in units for operation in unit.operations], shared=True)
        except TransactionCancelledError as cancelled:
            refused = _refused(units, cancelled)
            unwritten += map(Unwritten, refused)
            units = [unit for unit in units if unit not in refused] if refused else []
        except UnavailableError as error:
            return [*unwritten, *(Unwritten(unit, error) for unit in units)]
        except ClientError:
            # Something is wrong with one of them as such: alone, it will say what.
            return [*unwritten, *map(Unwritten, units)]
        else:
            return unwritten
    return unwritten


def _refused(units: Sequence[Unit], cancelled: TransactionCancelledError) -> list[Unit]:
    """Return the units because of which a transaction was cancelled, or all where it is not said whose fault it was.

    None where each write that failed finds that it was done before: by an attempt whose answer was lost.
    """
    reasons = iter(cancelled.reasons)
    refused: list[Unit] = []
    done = False
    for unit in units:
        for operation, reason in zip(unit.operations, reasons, strict=False):
            code = reason.get("Code", "None")
            if code in _NOBODYS_FAULT:
                continue
            if code == "ConditionalCheckFailed" and refusal_of(operation, reason) is None:
                done = True
            elif unit not in refused:
                refused.append(unit)
    return refused if refused or done else list(units)
