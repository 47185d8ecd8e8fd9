"""The jobs of all tenants that have not ended: what the reaper looks at, kept by the platform.

A row says no more than a tenant's and a job's id. It is put when a job is queued and removed when it has ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.store import TenantStore
from zebros_jobs.repositories.keys import LOOKUP_TABLE

_KEY: Final = ("watched",)
_PAGE: Final = 100


class WatchedJobs:
    """The platform's list of open jobs; its store is that of the platform."""

    def __init__(self, store: TenantStore) -> None:
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def put(self, tenant_id: str, job_id: str) -> None:
        """Watch a job; one that is watched stays so."""
        self._lookup.put(_KEY, f"{tenant_id}#{job_id}", {"tenant": tenant_id, "job": job_id})

    def remove(self, tenant_id: str, job_id: str) -> None:
        """Watch it no longer."""
        self._lookup.delete(_KEY, f"{tenant_id}#{job_id}")

    def all(self) -> Iterator[tuple[str, str]]:
        """Yield tenant and job of each."""
        cursor: str | None = None
        while True:
            page = self._lookup.query(_KEY, limit=_PAGE, cursor=cursor)
            for row in page.items:
                yield row["tenant"], row["job"]
            cursor = page.next_cursor
            if cursor is None:
                return
