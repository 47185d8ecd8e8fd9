"""Data access for one container (``DataAccess``) and, bound to a tenant, for one request
(``TenantStore``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from zebros_core.clock import Clock, HybridLogicalClock
from zebros_core.dynamodb.client import DynamoDbCalls, DynamoDbClient
from zebros_core.dynamodb.cursor import CursorCodec
from zebros_core.ids import derived_id, new_id
from zebros_core.tenancy.context import SystemContext, TenantContext
from zebros_core.tenancy.isolation import isolation_model

if TYPE_CHECKING:
    from zebros_core.dynamodb.gathering import Gathering

__all__ = ["DataAccess", "TenantStore"]

PARALLEL_CALLS: Final = 4


class DataAccess:
    """What all tenants' stores of a container share. Built once, by the composition root.

    ``cursor_key`` seals cursors; of several, the first seals and all are accepted, so that a key can be
    rotated. ``parallel_calls`` is how many calls a gathering makes at once.
    """

    def __init__(
        self,
        client: DynamoDbClient,
        *,
        table_prefix: str,
        cursor_key: bytes | Sequence[bytes],
        clock: Clock,
        hlc: HybridLogicalClock,
        calls: DynamoDbCalls | None = None,
        parallel_calls: int = PARALLEL_CALLS,
    ) -> None:
        self.client = client
        self.table_prefix = table_prefix
        self.cursors = CursorCodec(cursor_key)
        self.clock = clock
        self.hlc = hlc
        self.calls = calls or DynamoDbCalls()
        self.parallel_calls = parallel_calls

    def bind(
        self,
        context: TenantContext | SystemContext,
        *,
        client: DynamoDbClient | None = None,
        deadline: float | None = None,
    ) -> TenantStore:
        """The store of this context's tenant. It costs next to nothing, so bind per request.

        ``client`` replaces the shared one (a client with the tenant's own credentials). ``deadline``, in
        ``time.monotonic`` seconds, bounds retries; without it each call has a fixed budget.
        """
        return TenantStore(self, context, client or self.client, deadline)


class TenantStore:
    """One tenant's data. Repositories and lookup tables are made on it and can reach nothing else.

    ``gathering`` is set while many units of work are carried out together (``dynamodb.gathering``).
    """

    __slots__ = ("access", "client", "context", "deadline", "gathering", "isolation", "tenant_id")

    def __init__(
        self,
        access: DataAccess,
        context: TenantContext | SystemContext,
        client: DynamoDbClient,
        deadline: float | None = None,
    ) -> None:
        if not isinstance(context, (TenantContext, SystemContext)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"no tenant's data is reachable with a {type(context).__name__}")
        self.access = access
        self.context = context
        self.client = client
        self.deadline = deadline
        self.tenant_id = context.tenant_id
        self.isolation = isolation_model(context.isolation)
        self.gathering: Gathering | None = None

    def table(self, base: str) -> str:
        """The name of the table that holds this tenant's items of a base table."""
        return self.isolation.table_name(self.access.table_prefix, self.tenant_id, base)

    def new_id(self) -> str:
        """A fresh id."""
        return new_id(self.access.clock)

    def derived_id(self, route: str, key: str) -> str:
        """The id that a create on this route with this idempotency key always gets, in this tenant."""
        return derived_id(self.tenant_id, route, key)

    def call(
        self, operation: Any, request: dict[str, Any], *, outwait_conflicts: bool = True
    ) -> Mapping[str, Any]:
        """One call of the client under this store's deadline."""
        return self.access.calls(operation, request, self.deadline, outwait_conflicts=outwait_conflicts)
