"""Merges: one row each, from which an interrupted one goes on."""

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.operations import WriteOp
from zebros_core.dynamodb.store import TenantStore
from zebros_core.ids import derived_id
from zebros_customers.domain.merge import Merge
from zebros_customers.repositories.keys import LOOKUP_TABLE

_SORT_KEY = "-"


class MergeRepository:
    """One tenant's merges."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def id_of(self, loser_id: str) -> str:
        """Return the id of the merge that this customer lost; it can lose only one."""
        return derived_id(self._store.tenant_id, "merge", loser_id)

    def find(self, merge_id: str) -> Merge | None:
        """Return a merge by its id, or None."""
        row = self._lookup.get(("merge", merge_id), _SORT_KEY)
        return None if row is None else Merge.model_validate(row)

    def start(self, merge: Merge) -> WriteOp:
        """Return the write of a new merge, to be part of the transaction that makes the loser a tombstone."""
        return self._lookup.put_op(("merge", merge.merge_id), _SORT_KEY, _row(merge))

    def replace(self, merge: Merge, *, previous: Merge) -> bool:
        """Store how far a merge is; False where another worker was faster."""
        condition = {"moved": previous.moved, "status": previous.status.value}
        return self._lookup.put(("merge", merge.merge_id), _SORT_KEY, _row(merge), condition=condition)


def _row(merge: Merge) -> dict[str, object]:
    return merge.model_dump(mode="json", by_alias=True, exclude_none=True)
