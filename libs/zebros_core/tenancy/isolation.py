"""The three ways to keep tenants apart in tables, behind one strategy.

======  ===========================  ==================  =====================================================
model   tables                       partition key       what keeps others out
======  ===========================  ==================  =====================================================
silo    the tenant's own             the id              the table's name; credentials bound to it
bridge  shared                       ``{tenant}#{id}``   the key itself; credentials bound to leading keys
pool    shared                       the id              writes: a condition on ``tenantId``; reads by id: one
                                                         Query with a filter on it, because GetItem takes none
======  ===========================  ==================  =====================================================

In every model each item carries ``tenantId``, every write is conditioned on it and every row read is checked
against it; the partition keys of indexes start with the tenant. So the models differ in three answers only,
and repositories ask for nothing else.
"""

from __future__ import annotations

from typing import Final, Protocol

from zebros_core.tenancy.context import IsolationName

__all__ = ["BRIDGE", "POOL", "SILO", "IsolationModel", "isolation_model"]

SEPARATOR: Final = "#"


class IsolationModel(Protocol):
    """Where a tenant's items are, and how they are reached."""

    @property
    def name(self) -> IsolationName:
        """The name by which a tenant is registered."""
        ...

    @property
    def reads_by_filter(self) -> bool:
        """Whether a partition key alone may be another tenant's, so that reads by id must filter by
        tenant.
        """
        ...

    def table_name(self, prefix: str, tenant_id: str, base: str) -> str:
        """The table that holds this tenant's items of the table called ``base`` in the templates."""
        ...

    def partition_key(self, tenant_id: str, id: str) -> str:
        """The stored partition key of the item with this id."""
        ...

    def entity_id(self, tenant_id: str, partition_key: str) -> str | None:
        """The id in a stored partition key; None when the key is another tenant's."""
        ...


class _Silo:
    name: IsolationName = "silo"
    reads_by_filter = False

    def table_name(self, prefix: str, tenant_id: str, base: str) -> str:
        return f"{prefix}-t-{tenant_id}-{base}"

    def partition_key(self, tenant_id: str, id: str) -> str:
        return id

    def entity_id(self, tenant_id: str, partition_key: str) -> str | None:
        return partition_key


class _Bridge:
    name: IsolationName = "bridge"
    reads_by_filter = False

    def table_name(self, prefix: str, tenant_id: str, base: str) -> str:
        return f"{prefix}-{base}"

    def partition_key(self, tenant_id: str, id: str) -> str:
        return f"{tenant_id}{SEPARATOR}{id}"

    def entity_id(self, tenant_id: str, partition_key: str) -> str | None:
        tenant, separator, id = partition_key.partition(SEPARATOR)
        return id if separator and tenant == tenant_id else None


class _Pool:
    name: IsolationName = "pool"
    reads_by_filter = True

    def table_name(self, prefix: str, tenant_id: str, base: str) -> str:
        return f"{prefix}-{base}"

    def partition_key(self, tenant_id: str, id: str) -> str:
        return id

    def entity_id(self, tenant_id: str, partition_key: str) -> str | None:
        return partition_key


SILO: Final[IsolationModel] = _Silo()
BRIDGE: Final[IsolationModel] = _Bridge()
POOL: Final[IsolationModel] = _Pool()
_MODELS: Final[dict[str, IsolationModel]] = {"silo": SILO, "bridge": BRIDGE, "pool": POOL}


def isolation_model(name: str) -> IsolationModel:
    """The strategy of that name; ``ValueError`` when there is none."""
    try:
        return _MODELS[name]
    except KeyError:
        raise ValueError(f"not an isolation model: {name}") from None
