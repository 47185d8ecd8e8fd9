"""The own tables of silo tenants, over the deployed stacks of every service that holds tenants' data."""

from __future__ import annotations

from collections.abc import Sequence

from zebros_core.tenancy.silo_tables import SiloTables


class StackTenantTables:
    """Clones of the tables in the stacks' own templates."""

    def __init__(self, tables: SiloTables, stacks: Sequence[str]) -> None:
        self._tables = tables
        self._stacks = tuple(stacks)

    def advance(self, tenant_id: str) -> list[str]:
        """See `TenantTables`."""
        return self._tables.advance(tenant_id, self._stacks)

    def remove(self, tenant_id: str) -> list[str]:
        """See `TenantTables`."""
        return self._tables.remove(tenant_id, self._stacks)

    def remaining(self, tenant_id: str) -> list[str]:
        """See `TenantTables`."""
        return self._tables.remaining(tenant_id, self._stacks)
