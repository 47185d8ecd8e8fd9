"""The tenant registry: which tenants there are, and how each is kept apart. The auth service owns its table.

Services read it through ``CachedTenantRegistry``: an answer is at most 30 seconds old, and through an outage
of the registry the last known one is served, for at most an hour. So a suspension takes effect within 30
seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Protocol, get_args

from zebros_core.clock import Clock
from zebros_core.dynamodb.client import ClientError, DynamoDbCalls, DynamoDbClient, error_code
from zebros_core.dynamodb.codec import decode, encode
from zebros_core.errors import ConflictError, NotFoundError, UnavailableError
from zebros_core.tenancy.context import MAX_INDEX_SHARDS, PLATFORM_TENANT_ID, IsolationName, is_tenant_id

__all__ = [
    "CachedTenantRegistry",
    "DynamoDbTenantRegistry",
    "InMemoryTenantRegistry",
    "Tenant",
    "TenantRegistry",
    "TenantStatus",
]

TenantStatus = Literal["onboarding", "active", "suspended", "offboarding", "offboarded", "failed"]
"""Only an active tenant is served. An offboarded one stays registered: its id is never given again."""

STALENESS_SECONDS: Final = 30.0
OUTAGE_SECONDS: Final = 3600.0
_COOLDOWN_SECONDS: Final = 2.0
_CALL_BUDGET_SECONDS: Final = 1.5


@dataclass(frozen=True, slots=True)
class Tenant:
    """One registered tenant. ``epoch`` rises with every change; ``settings`` holds what was chosen at
    onboarding.
    """

    id: str
    name: str
    isolation: IsolationName = "pool"
    tier: str = "standard"
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    status: TenantStatus = "active"
    epoch: int = 1

    def __post_init__(self) -> None:
        if not is_tenant_id(self.id):
            raise ValueError("not a tenant id")
        if self.id == PLATFORM_TENANT_ID:
            raise ValueError("a reserved tenant id")
        if self.isolation not in ("silo", "bridge", "pool"):
            raise ValueError(f"not an isolation model: {self.isolation}")
        if self.status not in get_args(TenantStatus):
            raise ValueError(f"not a status: {self.status}")
        if not 1 <= self.index_shards <= MAX_INDEX_SHARDS:
            raise ValueError(f"indexShards must be 1 to {MAX_INDEX_SHARDS}")

    @property
    def index_shards(self) -> int:
        """Over how many partitions the tenant's own index is spread; fixed at onboarding."""
        return int(self.settings.get("indexShards", 1))

    @property
    def is_active(self) -> bool:
        """Whether requests of this tenant are served."""
        return self.status == "active"


class TenantRegistry(Protocol):
    """Where tenants are looked up. ``get`` raises ``NotFoundError``, and ``UnavailableError`` in an
    outage.
    """

    def get(self, tenant_id: str) -> Tenant:
        """The tenant as it is registered."""
        ...

    def put(self, tenant: Tenant) -> None:
        """Registers or changes a tenant; ``ConflictError`` when a later epoch is registered already."""
        ...

    def forget(self, tenant_id: str) -> None:
        """Drops what is remembered of a tenant, whose record somebody has written by another way."""
        ...


class InMemoryTenantRegistry:
    """A registry in a dictionary, for tests and tools."""

    def __init__(self, *tenants: Tenant) -> None:
        self._tenants = {tenant.id: tenant for tenant in tenants}

    def get(self, tenant_id: str) -> Tenant:
        try:
            return self._tenants[tenant_id]
        except KeyError:
            raise NotFoundError("tenant", tenant_id) from None

    def put(self, tenant: Tenant) -> None:
        known = self._tenants.get(tenant.id)
        if known is not None and known.epoch > tenant.epoch:
            raise ConflictError("The tenant was changed meanwhile.")
        self._tenants[tenant.id] = tenant

    def forget(self, tenant_id: str) -> None:
        """Nothing to do: nothing is remembered beside what is registered."""


class DynamoDbTenantRegistry:
    """The registry's table: one item per tenant, keyed by ``tenantId``."""

    def __init__(self, client: DynamoDbClient, table: str, *, calls: DynamoDbCalls | None = None) -> None:
        self._client = client
        self._table = table
        self._calls = calls or DynamoDbCalls(budget_seconds=_CALL_BUDGET_SECONDS)

    def get(self, tenant_id: str) -> Tenant:
        if not is_tenant_id(tenant_id):
            raise NotFoundError("tenant", tenant_id)
        request = {"TableName": self._table, "Key": {"tenantId": {"S": tenant_id}}, "ConsistentRead": True}
        row = self._calls(self._client.get_item, request).get("Item")
        if row is None:
            raise NotFoundError("tenant", tenant_id)
        item = decode(row)
        return Tenant(
            id=item["tenantId"],
            name=item["name"],
            isolation=item["isolation"],
            tier=item.get("tier", "standard"),
            settings=item.get("settings", {}),
            status=item.get("status", "active"),
            epoch=item.get("epoch", 1),
        )

    def put(self, tenant: Tenant) -> None:
        # An update, not a put: the item has further attributes that its owner keeps there.
        values = {
            "name": tenant.name,
            "isolation": tenant.isolation,
            "tier": tenant.tier,
            "settings": dict(tenant.settings),
            "status": tenant.status,
            "epoch": tenant.epoch,
        }
        request = {
            "TableName": self._table,
            "Key": {"tenantId": {"S": tenant.id}},
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in values),
            "ConditionExpression": "attribute_not_exists(tenantId) OR #epoch <= :epoch",
            "ExpressionAttributeNames": {f"#{name}": name for name in values},
            "ExpressionAttributeValues": {f":{name}": value for name, value in encode(values).items()},
        }
        try:
            self._calls(self._client.update_item, request)
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            raise ConflictError("The tenant was changed meanwhile.") from error

    def forget(self, tenant_id: str) -> None:
        """Nothing to do: every look reads the table."""


@dataclass(slots=True)
class _Entry:
    tenant: Tenant
    read_at: datetime
    retry_at: datetime


class CachedTenantRegistry:
    """Another registry behind a cache of this container.

    An entry older than ``staleness_seconds`` is read again. When the inner registry is out of reach, the last
    known entry is served until it is ``outage_seconds`` old, and the registry is left alone for two seconds
    between attempts. A tenant that is gone is forgotten at once; an unknown one is never cached.
    """

    def __init__(
        self,
        inner: TenantRegistry,
        clock: Clock,
        *,
        staleness_seconds: float = STALENESS_SECONDS,
        outage_seconds: float = OUTAGE_SECONDS,
    ) -> None:
        self._inner = inner
        self._clock = clock
        self._staleness = timedelta(seconds=staleness_seconds)
        self._outage = timedelta(seconds=outage_seconds)
        self._entries: dict[str, _Entry] = {}

    def get(self, tenant_id: str) -> Tenant:
        now = self._clock.now()
        entry = self._entries.get(tenant_id)
        if entry is not None and now < entry.retry_at:
            return entry.tenant
        try:
            tenant = self._inner.get(tenant_id)
        except NotFoundError:
            self._entries.pop(tenant_id, None)
            raise
        except UnavailableError:
            if entry is None or now - entry.read_at > self._outage:
                raise
            entry.retry_at = now + timedelta(seconds=_COOLDOWN_SECONDS)
            return entry.tenant
        self._entries[tenant_id] = _Entry(tenant, now, now + self._staleness)
        return tenant

    def put(self, tenant: Tenant) -> None:
        self._inner.put(tenant)
        self.forget(tenant.id)

    def forget(self, tenant_id: str) -> None:
        self._entries.pop(tenant_id, None)
