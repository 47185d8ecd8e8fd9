"""What each record has added to the counters: a row a record and generation.

The rows of an entity are spread over 16 partitions by a hash of the id: a tenant's import writes faster than one
partition takes, and a walk over all rows has few enough places to look at.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.operations import WriteOp
from zebros_core.dynamodb.schema import TOMBSTONE_TTL_SECONDS
from zebros_pipeline.domain.contribution import COUNTED, Amount, Contribution, Group, Kind, Share
from zebros_pipeline.domain.generations import Counted, Known, RecordKey, RowWrite

_SHARDS: Final = "0123456789abcdef"

PLACES: Final = tuple((entity, shard) for entity in sorted(COUNTED) for shard in _SHARDS)
"""Every entity with every shard: a partition each."""


class ContributionRepository:
    """One tenant's rows."""

    def __init__(self, lookup: LookupTable) -> None:
        self._lookup = lookup

    def known(self, generations: Sequence[int], keys: Iterable[RecordKey]) -> Known:
        """Return how records stand in generations."""
        wanted = {
            self.address(generation, key): (generation, key) for key in keys for generation in generations
        }
        return {wanted[place]: _counted(row) for place, row in self._lookup.batch_get(wanted).items()}

    def put_op(self, row: RowWrite) -> WriteOp:
        """Return the write of a row, to be part of a transaction: a ConflictError unless it is as it was read.

        The row of a record that is gone is kept for as long as its tombstone: then no event of it can come any more.
        """
        partition, id = self.address(row.generation, row.key)
        return self._lookup.put_op(
            partition,
            id,
            {
                "version": row.new.version,
                "shares": [_document(share) for share in row.new.contribution],
            },
            condition="absent" if row.former is None else {"version": row.former.version},
            ttl_seconds=None if row.new.contribution else TOMBSTONE_TTL_SECONDS,
        )

    def page(
        self, generation: int, place: int, *, limit: int, cursor: str | None
    ) -> tuple[list[tuple[RecordKey, Counted]], str | None]:
        """Return a page of the rows of one of the `PLACES`."""
        entity, shard = PLACES[place]
        page = self._lookup.query(_partition(generation, entity, shard), limit=limit, cursor=cursor)
        rows = [(RecordKey(entity, row["sk"]), _counted(row)) for row in page.items]
        return rows, page.next_cursor

    def sort_keys(
        self, generation: int, place: int, limit: int
    ) -> tuple[list[tuple[tuple[str, ...], str]], bool]:
        """Return where the first rows of a place are, and whether there are more."""
        partition = _partition(generation, *PLACES[place])
        page = self._lookup.query(partition, limit=limit)
        return [(partition, row["sk"]) for row in page.items], page.next_cursor is not None

    @staticmethod
    def address(generation: int, key: RecordKey) -> tuple[tuple[str, ...], str]:
        """Return where a record's row is."""
        shard = hashlib.sha256(key.id.encode()).hexdigest()[0]
        return _partition(generation, key.entity, shard), key.id


def _partition(generation: int, entity: str, shard: str) -> tuple[str, ...]:
    return "contribution", str(generation), entity, shard


def _document(share: Share) -> dict[str, Any]:
    return {
        "k": share.kind.value,
        "g": [group.text() for group in share.groups],
        "c": share.counter,
        "s": share.slot,
        "a": {amount.value: number for amount, number in share.amounts.items()},
    }


def _counted(row: Mapping[str, Any]) -> Counted:
    contribution: Contribution = tuple(
        Share(
            Kind(share["k"]),
            tuple(Group.of_text(group) for group in share["g"]),
            share["c"],
            share["s"],
            {Amount(name): Decimal(number) for name, number in share["a"].items()},
        )
        for share in row["shares"]
    )
    return Counted(row["version"], contribution)
