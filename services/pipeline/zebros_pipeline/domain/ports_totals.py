"""What the totals are kept in and recounted from, as their use cases see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from zebros_pipeline.domain.contribution import By, CounterKey, Group, Kind
from zebros_pipeline.domain.generations import (
    Counted,
    Known,
    RecordKey,
    TotalsRun,
    TotalsState,
    Transaction,
)

Numbers = Mapping[str, Decimal]
"""The amounts of a counter, by attribute."""


class GroupCounter(NamedTuple):
    """A counter as a view reads it: whose it is, and its name below the group."""

    ids: tuple[str, ...]
    counter: str
    numbers: Numbers


class TotalsStore(Protocol):
    """One tenant's totals."""

    def state(self) -> TotalsState:
        """Return which generations there are. One call."""
        ...

    def known(self, generations: Sequence[int], keys: Iterable[RecordKey]) -> Known:
        """Return how records stand in generations. One call for each 100 rows."""
        ...

    def commit(self, transaction: Transaction, state: TotalsState) -> None:
        """Write a transaction to the generations of `state`, in one call.

        Raises ConflictError when there are other generations by now or a row is not as it was read, UnavailableError
        when others write at the same moment again and again.
        """
        ...

    def counted_up_to(self, at: datetime | None, state: TotalsState) -> None:
        """Note that a change of this moment was counted; an earlier one than is known changes nothing."""
        ...

    def commit_built(self, transaction: Transaction, generation: int) -> None:
        """Write a transaction to the generation that is being built; raises as `commit`."""
        ...

    def group(
        self, generation: int, kind: Kind, group: Group, between: tuple[str, str] | None = None
    ) -> list[GroupCounter]:
        """Return the counters of one group, all or those with a name from the first to the second. One Query a
        megabyte.
        """
        ...

    def groups(self, generation: int, kind: Kind, by: By, within: tuple[str, ...] = ()) -> list[GroupCounter]:
        """Return the counters of all groups of a kind, or of those whose ids begin with `within`. One Query a
        megabyte.
        """
        ...

    # -- verification and rebuild --

    @property
    def row_places(self) -> int:
        """How many places there are in which rows lie."""
        ...

    @property
    def counter_places(self) -> int:
        """How many places there are in which counters lie."""
        ...

    def run(self) -> TotalsRun | None:
        """Return the last verification or rebuild, running or done."""
        ...

    def advance(
        self,
        run: TotalsRun,
        *,
        former: TotalsRun | None,
        state: TotalsState | None = None,
        next_state: TotalsState | None = None,
    ) -> TotalsRun:
        """Store how far a run is, with the state that it leads to, and return it as stored.

        Raises ConflictError when somebody else has done a step of it, or `state` is not as it was read.
        """
        ...

    def rows(
        self, generation: int, place: int, *, limit: int, cursor: str | None
    ) -> tuple[list[tuple[RecordKey, Counted]], str | None]:
        """Return a page of the rows of one place (0 up to `row_places`), and where the next one begins."""
        ...

    def counters(
        self, generation: int, place: int, *, limit: int, cursor: str | None
    ) -> tuple[list[tuple[CounterKey, Numbers]], str | None]:
        """Return a page of the counters of one place (0 up to `counter_places`), and where the next one begins."""
        ...

    def pairs(
        self, generations: tuple[int, int], keys: Sequence[CounterKey]
    ) -> dict[CounterKey, tuple[Numbers, Numbers]]:
        """Return counters of two generations. One call for each 50."""
        ...

    def clear(self, generation: int, place: int, *, limit: int) -> tuple[int, bool]:
        """Remove up to `limit` rows or counters of a place; return how many went, and whether there are more.

        Places of rows come first, then those of counters.
        """
        ...

    def cursor(self, run: TotalsRun) -> str:
        """Return the cursor with which a caller goes on with a run."""
        ...

    def run_id(self, cursor: str) -> str:
        """Return the run that a cursor goes on with. Raises BadRequestError for one that is not ours."""
        ...


class RecordSource(Protocol):
    """The live records of an entity, in wire form, each as it is at that moment."""

    @property
    def entity(self) -> str: ...

    def page(self, *, limit: int, cursor: str | None) -> tuple[list[Mapping[str, Any]], str | None]:
        """Return a page of all live records, and the cursor of the next one."""
        ...

    def read(self, ids: Sequence[str]) -> list[Mapping[str, Any]]:
        """Return those of these records that are live."""
        ...

    def key_of(self, record: Mapping[str, Any]) -> RecordKey:
        """Return which record it is."""
        ...
