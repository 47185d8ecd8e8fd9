"""Receipts of mutations that came through the bulk door: what each did, so that a repetition does nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.operations import WriteOp
from zebros_core.dynamodb.store import TenantStore

RECEIPT_TTL_SECONDS: Final = 90 * 24 * 3600
"""How long a repeated mutation is recognised."""

_SORT_KEY = "-"


@dataclass(frozen=True, slots=True)
class KeptReceipt:
    """What a mutation did: the outcome, the record and the version that it led to."""

    outcome: str
    id: str
    version: int


class ReceiptRepository:
    """One tenant's receipts in a service's lookup table."""

    def __init__(self, store: TenantStore, lookup_table: str) -> None:
        self.store = store
        self._lookup = LookupTable(store, lookup_table)

    def prefetch(self, mutation_ids: Iterable[str]) -> bool:
        """Read what was done of these mutations at once, where many are applied together; tell whether any was."""
        return self._lookup.prefetch((("mutation", id), _SORT_KEY) for id in mutation_ids)

    def find(self, mutation_id: str) -> KeptReceipt | None:
        """Return what an earlier delivery of this mutation did, or None."""
        row = self._lookup.get(("mutation", mutation_id), _SORT_KEY)
        return None if row is None else KeptReceipt(row["outcome"], row["id"], row["version"])

    def put(self, mutation_id: str, id: str, outcome: str, version: int) -> WriteOp:
        """Return the write of a receipt, to be part of the mutation's own transaction."""
        return self._lookup.put_op(
            ("mutation", mutation_id),
            _SORT_KEY,
            {"outcome": outcome, "id": id, "version": version},
            condition="absent",
            ttl_seconds=RECEIPT_TTL_SECONDS,
        )
