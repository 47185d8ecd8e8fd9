"""Several writes as one: all of them happen or none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from zebros_core.dynamodb.entity import StoredEntity
from zebros_core.dynamodb.operations import MAX_OPERATIONS, WriteOp, write
from zebros_core.dynamodb.writes import plan_add, plan_remove, plan_restore, plan_save

if TYPE_CHECKING:
    from zebros_core.dynamodb.lookup import LookupTable
    from zebros_core.dynamodb.repository import Repository
    from zebros_core.dynamodb.store import TenantStore

__all__ = ["TransactionBuilder"]

E = TypeVar("E", bound=StoredEntity)


class TransactionBuilder:
    """Collects writes of one tenant; ``commit`` carries them out in one call.

    Each verb gives the record as it will be stored, which is true once ``commit`` has returned. When several
    conditions do not hold, the error is that of the write that was added first.
    """

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self._operations: list[WriteOp] = []

    def __len__(self) -> int:
        """The number of operations so far; 100 is DynamoDB's limit."""
        return len(self._operations)

    def add(self, repository: Repository[E], entity: E, *, client_supplied_id: bool = False) -> E:
        """A new record, as ``Repository.add``."""
        return self._planned(
            repository,
            plan_add(repository.schema, self._store, repository.table, entity, guard_id=client_supplied_id),
        )

    def save(self, repository: Repository[E], new: E, *, previous: E) -> E:
        """A changed record, as ``Repository.save``."""
        return self._planned(
            repository, plan_save(repository.schema, self._store, repository.table, new, previous)
        )

    def remove(self, repository: Repository[E], entity: E, actor: str | None = None) -> E:
        """A tombstone, as ``Repository.remove``."""
        return self._planned(
            repository, plan_remove(repository.schema, self._store, repository.table, entity, actor)
        )

    def restore(self, repository: Repository[E], tombstone: E) -> E:
        """A restored record, as ``Repository.restore``."""
        return self._planned(
            repository, plan_restore(repository.schema, self._store, repository.table, tombstone)
        )

    def put_guard(self, lookup: LookupTable, kind: str, value: str, *, entity: str, id: str) -> None:
        """Claims a unique value for a record, as ``LookupTable.put_guard``."""
        self.include(lookup.put_guard(kind, value, entity=entity, id=id))

    def delete_guard(self, lookup: LookupTable, kind: str, value: str, *, id: str) -> None:
        """Frees a unique value, as ``LookupTable.delete_guard``."""
        self.include(lookup.delete_guard(kind, value, id=id))

    def include(self, *operations: WriteOp) -> None:
        """Any other operation (``LookupTable.put_op``); ``ValueError`` beyond 100."""
        if len(self._operations) + len(operations) > MAX_OPERATIONS:
            raise ValueError(f"a transaction has at most {MAX_OPERATIONS} operations")
        self._operations.extend(operations)

    def commit(self) -> None:
        """Carries out everything, or raises and has done nothing. An empty transaction makes no call."""
        operations, self._operations = self._operations, []
        write(self._store, operations)

    def _planned(self, repository: Repository[Any], plan: tuple[E, Iterable[WriteOp]]) -> E:
        if repository.store.tenant_id != self._store.tenant_id:
            raise ValueError("the repository belongs to another tenant than the transaction")
        stamped, operations = plan
        self.include(*operations)
        return stamped
