"""The own tables of silo tenants, over the deployed stacks of every service that holds tenants' data."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from zebros_core.dynamodb.client import ClientError, error_code
from zebros_core.errors import ConflictError
from zebros_core.tenancy.silo_tables import SiloTables


class StackTenantTables:
    """Clones of the tables in the stacks' own templates.

    Each verb raises ConflictError naming a stack that is not deployed, which no repetition mends.
    """

    def __init__(self, tables: SiloTables, stacks: Sequence[str]) -> None:
        self._tables = tables
        self._stacks = tuple(stacks)

    def advance(self, tenant_id: str) -> list[str]:
        """See `TenantTables`."""
        return self._of_stacks(self._tables.advance, tenant_id)

    def missing(self, tenant_id: str) -> list[str]:
        """See `TenantTables`."""
        return self._of_stacks(self._tables.missing, tenant_id)

    def remove(self, tenant_id: str) -> list[str]:
        """See `TenantTables`."""
        return self._of_stacks(self._tables.remove, tenant_id)

    def remaining(self, tenant_id: str) -> list[str]:
        """See `TenantTables`."""
        return self._of_stacks(self._tables.remaining, tenant_id)

    def _of_stacks(self, verb: Callable[[str, Sequence[str]], list[str]], tenant_id: str) -> list[str]:
        try:
            return verb(tenant_id, self._stacks)
        except ClientError as error:
            # CloudFormation's, of the name of a stack; DynamoDB's is called ValidationException.
            if error_code(error) != "ValidationError":
                raise
            raise ConflictError(f"{error.response['Error']['Message']}: deploy it, then resume.") from error
