"""Many small units of work as few calls: what they read is read beforehand, what they write is written together.

A unit of work is what one wish of many does: some reads by key, then conditional writes that all happen or none.
While a store gathers, a unit's reads are answered from what was read at once for all of them, and its writes are taken
and not sent; it goes on as if they had happened. They are sent in transactions that several units share, some of these
at the same time. Every write keeps its condition, so one that was planned on something out of date is refused, and its
unit has to be done again, alone and on fresh reads.

No unit that waits to be written writes to a partition that another one reads or writes, so they may happen in any
order. One that would is stopped by ``EntangledError``; it is begun anew after ``settle``, when everything before it is
done. Of a partition that was written nothing is remembered, so what is out of date is not read again.

A gathering is used by one thread, and calls the store with some of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar

from zebros_core.dynamodb.batch import MAX_KEYS, batch_get_page
from zebros_core.dynamodb.operations import MAX_OPERATIONS, WriteOp, send
from zebros_core.dynamodb.reads import Key, Row, rows_of_partition, stored_row
from zebros_core.dynamodb.shared_writes import SharedWrites, Unit, Unwritten

if TYPE_CHECKING:
    from zebros_core.dynamodb.store import TenantStore
    from zebros_core.errors import UnavailableError

__all__ = ["EntangledError", "Gathering", "gathering"]

_WHOLE: Final = "\0"
"""Stands where a sort key would for all rows of a partition; no sort key begins so."""

T = TypeVar("T")
R = TypeVar("R")


class EntangledError(Exception):
    """A unit meets what is still to be written, by another unit or by itself, and has to wait for that.

    ``writing`` says that it would write there, too.
    """

    def __init__(self, *, writing: bool = False) -> None:
        super().__init__("something has to be written first")
        self.writing = writing


@contextmanager
def gathering(store: TenantStore) -> Generator[Gathering]:
    """Makes a store gather, for the block. What is not settled at its end may not be written."""
    found = store.gathering = Gathering(store)
    try:
        yield found
    finally:
        store.gathering = None
        found.close()


class Gathering:
    """What a store has read beforehand, and what it is still to write."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self._known: dict[tuple[str, str | None], dict[str, Any]] = {}
        self._promised: set[tuple[str, str | None]] = set()
        self._relied_on: set[tuple[str, str | None]] = set()
        self._read: set[tuple[str, str | None]] = set()
        self._unit: Unit | None = None
        self._aside = False
        self._writes = SharedWrites(store, lambda work: self._threads.submit(work))

    # -- what is read beforehand
    # --------------------------------------------------------------------------------------------------

    def read_rows(self, table: str, keys: Iterable[Key]) -> bool:
        """Reads the items of these keys, which hold the tenant; tells whether any is there.

        A BatchGetItem for a hundred.
        """
        wanted = {_place(key): key for key in keys}
        attributes = tuple(next(iter(wanted.values()), ()))
        found = {
            _place({name: row[name] for name in attributes}): row
            for row in self._batch(table, list(wanted.values()))
        }
        for partition, sort in wanted:
            self._known.setdefault((table, partition), {})[sort] = found.get((partition, sort))
        return bool(found)

    def read_own_partitions(self, table: str, attribute: str, partitions: Iterable[str]) -> None:
        """The same in a table without sort keys, of ids that are surely the tenant's own, which the keys do not show.

        Another tenant's raises ``ForeignRowError``.
        """
        wanted = list(dict.fromkeys(partitions))
        found = {
            row[attribute]["S"]: row
            for row in self._batch(table, [{attribute: {"S": partition}} for partition in wanted])
        }
        for partition in wanted:
            row = found.get(partition)
            self._known[table, partition] = {_WHOLE: [] if row is None else [row]}

    def read_partitions(self, table: str, attribute: str, partitions: Iterable[str]) -> None:
        """Reads the tenant's items under these keys: a Query for each, several at a time."""
        wanted = list(dict.fromkeys(partitions))

        def read(partition: str) -> list[Row]:
            return rows_of_partition(self._store, table, attribute, partition)

        for partition, rows in zip(wanted, self._at_once(read, wanted), strict=True):
            self._known[table, partition] = {_WHOLE: rows}

    def _batch(self, table: str, keys: Sequence[Key]) -> Iterable[Row]:
        def read(page: Sequence[Key]) -> list[Row]:
            return batch_get_page(self._store, table, page)

        pages = [keys[start : start + MAX_KEYS] for start in range(0, len(keys), MAX_KEYS)]
        return (row for rows in self._at_once(read, pages) for row in rows)

    # -- what is read by units
    # --------------------------------------------------------------------------------------------------

    def row(self, table: str, key: Key) -> Row | None:
        """The item of a key, as it was read beforehand or is now."""
        if self._aside:
            return stored_row(self._store, table, key)
        partition, sort = _place(key)
        self.rely_on(table, partition)
        known = self._known.setdefault((table, partition), {})
        if sort not in known:
            known[sort] = stored_row(self._store, table, key)
        return known[sort]

    def partition(self, table: str, attribute: str, partition: str) -> list[Row]:
        """The tenant's items under a partition key, as they were read beforehand or are now."""
        if self._aside:
            return rows_of_partition(self._store, table, attribute, partition)
        self.rely_on(table, partition)
        known = self._known.setdefault((table, partition), {})
        if _WHOLE not in known:
            known[_WHOLE] = rows_of_partition(self._store, table, attribute, partition)
        return known[_WHOLE]

    def rely_on(self, table: str, partition: str) -> None:
        """Notes that a unit reads in a partition; ``EntangledError`` where something is still to be written there."""
        if self._aside:
            return
        if (table, partition) in self._promised:
            raise EntangledError
        self._read.add((table, partition))

    @contextmanager
    def aside(self) -> Generator[None]:
        """Reads what is in the table now and writes at once, for the block. While anything is promised, only reads."""
        self._aside = True
        try:
            yield
        finally:
            self._aside = False

    # -- what is written
    # --------------------------------------------------------------------------------------------------

    @contextmanager
    def unit(self) -> Generator[Unit]:
        """Takes the writes of the block, for ``promise``. They are forgotten where it raises."""
        unit = self._unit = Unit()
        self._read.clear()
        try:
            yield unit
        except BaseException:
            self._promised.difference_update(operation.touches for operation in unit.operations)
            raise
        finally:
            self._unit = None

    def write(self, operations: Sequence[WriteOp]) -> None:
        """Takes the writes of a unit; aside, carries them out."""
        touched = {operation.touches for operation in operations}
        unit = self._unit
        if unit is None:
            for partition in touched:
                self._known.pop(partition, None)
            send(self._store, operations)
            return
        too_many = len(unit.operations) + len(operations) > MAX_OPERATIONS
        met = touched & self._promised or touched & self._relied_on
        if met or too_many or any(partition is None for _, partition in touched):
            raise EntangledError(writing=True)
        self._promised |= touched
        unit.operations.extend(operations)

    def promise(self, unit: Unit) -> None:
        """Has the writes of the last unit written, at the latest by ``settle``."""
        self._relied_on |= self._read
        self._writes.add(unit)

    @property
    def busy(self) -> UnavailableError | None:
        """Why the store takes no more writes for now, once that is known."""
        return self._writes.busy

    def settle(self) -> list[Unwritten]:
        """Writes what was promised and waits for it; gives the units that were not written, as they were promised."""
        unwritten = self._writes.finish()
        for partition in self._promised:
            self._known.pop(partition, None)
        self._promised.clear()
        self._relied_on.clear()
        return unwritten

    # -- threads
    # --------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Waits for what is being sent."""
        if "_threads" in vars(self):
            self._threads.shutdown(cancel_futures=True)

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._store.access.parallel_calls, thread_name_prefix="gathering")

    def _at_once(self, read: Callable[[T], R], wanted: Sequence[T]) -> Iterable[R]:
        return map(read, wanted) if len(wanted) == 1 else self._threads.map(read, wanted)


def _place(key: Key) -> tuple[str, str]:
    """The values of a partition key and of a sort key, if there is one."""
    values = [value["S"] for value in key.values()]
    return values[0], values[1] if len(values) > 1 else ""
