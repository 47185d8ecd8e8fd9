"""The counters of the totals: what is added to them, and the ranges of them that views read.

A counter is a row; what is counted by stage or day is an attribute of it, so that moving a deal on changes one row of
each of its groups. The partition is of a generation, a kind and a kind of group; a group's counters are neighbours in
it, so a Query for one group reads nothing of others, and one for all groups of the kind is one Query, too.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.operations import WriteOp
from zebros_pipeline.domain.contribution import SEPARATOR, By, CounterKey, Group, Kind
from zebros_pipeline.domain.ports_totals import GroupCounter, Numbers

PLACES: Final = (
    *((Kind.VALUE, by) for by in By),
    *(
        (kind, by)
        for kind in (Kind.MONTH, Kind.NEW_CUSTOMERS, Kind.DUE)
        for by in (By.ALL, By.TEAM, By.OWNER)
    ),
)
"""Every kind of counter with every kind of group: a partition each."""

_PAGE: Final = 1000
_AFTER: Final = "~"
"""Sorts after everything that a counter's name has in it."""

_IDS_OF: Final = {By.ALL: 0, By.TEAM: 1, By.OWNER: 1, By.MEMBER: 2}


class CounterRepository:
    """One tenant's counters."""

    def __init__(self, lookup: LookupTable) -> None:
        self._lookup = lookup

    def add_op(self, generation: int, key: CounterKey, amounts: Mapping[str, Decimal]) -> WriteOp:
        """Return the write that adds amounts, to be part of a transaction."""
        return self._lookup.add_op(_partition(generation, key.kind, key.by), key.sort, amounts)

    def of_group(
        self, generation: int, kind: Kind, group: Group, between: tuple[str, str] | None
    ) -> list[GroupCounter]:
        """Return the counters of a group, or those with a name in a range, both ends and what begins with them."""
        prefix = "".join(f"{id}{SEPARATOR}" for id in group.ids)
        if between is None:
            return self._read(generation, kind, group.by, sk_prefix=prefix or None)
        return self._read(
            generation, kind, group.by, sk_between=(f"{prefix}{between[0]}", f"{prefix}{between[1]}{_AFTER}")
        )

    def of_groups(self, generation: int, kind: Kind, by: By, within: tuple[str, ...]) -> list[GroupCounter]:
        """Return the counters of all groups of a kind whose ids begin with `within`."""
        prefix = "".join(f"{id}{SEPARATOR}" for id in within)
        return self._read(generation, kind, by, sk_prefix=prefix or None)

    def page(
        self, generation: int, place: int, *, limit: int, cursor: str | None
    ) -> tuple[list[tuple[CounterKey, Numbers]], str | None]:
        """Return a page of the counters of one of the `PLACES`."""
        kind, by = PLACES[place]
        page = self._lookup.query(_partition(generation, kind, by), limit=limit, cursor=cursor)
        return [(CounterKey(kind, by, row["sk"]), _numbers(row)) for row in page.items], page.next_cursor

    @staticmethod
    def address(generation: int, key: CounterKey) -> tuple[tuple[str, ...], str]:
        """Return where a counter is."""
        return _partition(generation, key.kind, key.by), key.sort

    @staticmethod
    def numbers(row: Mapping[str, Any] | None) -> Numbers:
        """Return what a row says; a counter that is not there says nothing."""
        return {} if row is None else _numbers(row)

    def sort_keys(
        self, generation: int, place: int, limit: int
    ) -> tuple[list[tuple[tuple[str, ...], str]], bool]:
        """Return where the first counters of a place are, and whether there are more."""
        partition = _partition(generation, *PLACES[place])
        page = self._lookup.query(partition, limit=limit)
        return [(partition, row["sk"]) for row in page.items], page.next_cursor is not None

    def _read(self, generation: int, kind: Kind, by: By, **range: Any) -> list[GroupCounter]:
        found: list[GroupCounter] = []
        cursor: str | None = None
        while True:
            page = self._lookup.query(_partition(generation, kind, by), limit=_PAGE, cursor=cursor, **range)
            for row in page.items:
                parts = row["sk"].split(SEPARATOR)
                ids, counter = parts[: _IDS_OF[by]], SEPARATOR.join(parts[_IDS_OF[by] :])
                found.append(GroupCounter(tuple(ids), counter, _numbers(row)))
            cursor = page.next_cursor
            if cursor is None:
                return found


def _partition(generation: int, kind: Kind, by: By) -> tuple[str, ...]:
    return "total", str(generation), kind.value, by.value


def _numbers(row: Mapping[str, Any]) -> Numbers:
    return {name: Decimal(number) for name, number in row.items() if name != "sk" and number}
