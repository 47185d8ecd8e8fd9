"""Who acts, for whom. Every access to data starts from one of these three, and each is made in one place
only.

- ``TenantContext``: a person or an integration of one tenant; made from a verified token or a signed internal
  call.
- ``SystemContext``: our own machinery working for one tenant; made from an event of our own bus.
- ``PlatformContext``: an administrator of the platform; no tenant's data is reachable with it.

They are immutable and passed explicitly. A tenant id never comes from a path, a body, a header or a mail
address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

__all__ = [
    "ERASURE_ACTOR",
    "ERASURE_CAUSE",
    "MAX_INDEX_SHARDS",
    "PLATFORM_TENANT_ID",
    "SYSTEM_ACTOR",
    "TENANT_ID_PATTERN",
    "IsolationName",
    "PlatformContext",
    "SystemContext",
    "TenantContext",
    "is_tenant_id",
]

IsolationName = Literal["silo", "bridge", "pool"]

# No separator is allowed inside, so that no tenant's key prefix (id + "#") is a prefix of another's.
TENANT_ID_PATTERN: Final = r"^[a-z][a-z0-9]{3,23}$"
_TENANT_ID = re.compile(r"[a-z][a-z0-9]{3,23}\Z")

PLATFORM_TENANT_ID: Final = "platform"
"""The id under which records of the platform itself are kept that have a tenant's id in their key, such as its
part of the audit log. No tenant is registered under it."""

SYSTEM_ACTOR: Final = "system:"
"""What the actor of our own machinery begins with; its cause follows."""

ERASURE_CAUSE: Final = "erasure"
ERASURE_ACTOR: Final = f"{SYSTEM_ACTOR}{ERASURE_CAUSE}"
"""Who writes when a person's values are erased: such a write is published without what it replaced."""

# More shards than this would not fit a merged page's position into a cursor of 1 KB.
MAX_INDEX_SHARDS: Final = 8


def is_tenant_id(value: object) -> bool:
    """Whether this is a well-formed tenant id."""
    return isinstance(value, str) and _TENANT_ID.match(value) is not None


def _check(tenant_id: str, isolation: str, index_shards: int) -> None:
    if not is_tenant_id(tenant_id):
        raise ValueError("not a tenant id")
    if isolation not in ("silo", "bridge", "pool"):
        raise ValueError(f"not an isolation model: {isolation}")
    if not 1 <= index_shards <= MAX_INDEX_SHARDS:
        raise ValueError(f"index_shards must be 1 to {MAX_INDEX_SHARDS}")


@dataclass(frozen=True, slots=True)
class TenantContext:
    """A caller of one tenant. ``index_shards`` is the tenant's registered number of index shards."""

    tenant_id: str
    user_id: str
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    isolation: IsolationName = "pool"
    team_id: str | None = None
    index_shards: int = 1
    job_id: str | None = None

    def __post_init__(self) -> None:
        _check(self.tenant_id, self.isolation, self.index_shards)
        if not self.user_id:
            raise ValueError("a tenant context needs a user")

    @property
    def actor(self) -> str:
        """What is written into ``createdBy`` and ``updatedBy``."""
        return self.user_id


@dataclass(frozen=True, slots=True)
class SystemContext:
    """Our own machinery, working for one tenant because of ``cause`` (an event or a schedule, by name)."""

    tenant_id: str
    cause: str
    isolation: IsolationName = "pool"
    index_shards: int = 1
    job_id: str | None = None

    def __post_init__(self) -> None:
        _check(self.tenant_id, self.isolation, self.index_shards)
        if not self.cause:
            raise ValueError("a system context needs a cause")

    @property
    def actor(self) -> str:
        """What is written into ``createdBy`` and ``updatedBy``."""
        return f"{SYSTEM_ACTOR}{self.cause}"


@dataclass(frozen=True, slots=True)
class PlatformContext:
    """An administrator of the platform. It has no tenant, so nothing that holds tenant data accepts it."""

    user_id: str
    roles: frozenset[str] = frozenset()
