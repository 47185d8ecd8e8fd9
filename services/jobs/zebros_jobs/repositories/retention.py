"""Rules of retention: a row of each tenant that has any, and the platform's list of who is looked after daily."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.store import TenantStore
from zebros_jobs.domain.retention import RetentionPolicy
from zebros_jobs.repositories.keys import LOOKUP_TABLE

__all__ = ["DueRetention", "RetentionPolicies"]

_KEY: Final = ("retention",)
_SORT: Final = "-"
_PAGE: Final = 100


class RetentionPolicies:
    """One tenant's rules."""

    def __init__(self, lookup: LookupTable) -> None:
        self._lookup = lookup

    def get(self) -> RetentionPolicy:
        """Return the rules; where there are none, those that erase nothing."""
        row = self._lookup.get(_KEY, _SORT)
        return RetentionPolicy() if row is None else RetentionPolicy.model_validate_json(row["policy"])

    def put(self, policy: RetentionPolicy) -> None:
        """Set the rules."""
        self._lookup.put(_KEY, _SORT, {"policy": policy.model_dump_json(by_alias=True)})


class DueRetention:
    """When each tenant is looked after next. Its store is the platform's; a row says no more than a tenant's id."""

    def __init__(self, store: TenantStore) -> None:
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def ensure(self, tenant_id: str, at: datetime) -> None:
        """Look after a tenant at an instant, unless a time is set already."""
        self._lookup.put(_KEY, tenant_id, _row(at), condition="absent")

    def put(self, tenant_id: str, at: datetime) -> None:
        """Look after a tenant next at an instant."""
        self._lookup.put(_KEY, tenant_id, _row(at))

    def remove(self, tenant_id: str) -> None:
        """Look after a tenant no longer."""
        self._lookup.delete(_KEY, tenant_id)

    def due(self, now: datetime) -> Iterator[str]:
        """Yield the tenants whose time has come."""
        cursor: str | None = None
        while True:
            page = self._lookup.query(_KEY, limit=_PAGE, cursor=cursor)
            for row in page.items:
                if datetime.fromisoformat(row["due"]) <= now:
                    yield row["sk"]
            cursor = page.next_cursor
            if cursor is None:
                return


def _row(at: datetime) -> dict[str, str]:
    return {"due": at.isoformat()}
