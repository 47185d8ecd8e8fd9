"""The audit log: entries are added and read, and neither changed nor removed before their time.

But for the erasure of a person, which takes out of them what is personal: from where somebody acted, and names.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from zebros_auth.repositories.keys import AUDIT_TABLE
from zebros_core.dynamodb.cursor import CursorBinding
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.operations import write
from zebros_core.dynamodb.paging import Page
from zebros_core.dynamodb.store import TenantStore

if TYPE_CHECKING:
    from zebros_core.audit import AuditEvent

KEPT_SECONDS = 2 * 366 * 24 * 3600
"""How long an entry is kept."""

_QUERIES = 5


class AuditLog:
    """One tenant's log, a partition per month."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self._lookup = LookupTable(store, AUDIT_TABLE)

    def append(self, event: AuditEvent) -> bool:
        """Add an entry; False when it is there already."""
        row: dict[str, Any] = event.model_dump(mode="json", by_alias=True, exclude_none=True)
        row.pop("tenantId")
        return self._lookup.put(
            _partition(_month(event.at)), _sort(event), row, condition="absent", ttl_seconds=KEPT_SECONDS
        )

    def months(self, now: datetime) -> list[str]:
        """Return the months of which there may be entries, the newest first."""
        return list(_months(now - timedelta(seconds=KEPT_SECONDS), now))

    def entries(self, month: str, *, limit: int, cursor: str | None) -> Page[dict[str, Any]]:
        """Return a page of a month's entries as they are stored, oldest first, each with the `sk` of its row."""
        return self._lookup.query(_partition(month), limit=limit, cursor=cursor)

    def redact(self, month: str, sk: str, values: dict[str, Any]) -> None:
        """Put other values in the place of some of an entry, which ends when it would have."""
        write(self._store, [self._lookup.add_op(_partition(month), sk, {}, sets=values)])

    def page(
        self,
        since: datetime,
        until: datetime,
        *,
        action: str | None,
        actor: str | None,
        limit: int,
        cursor: str | None,
    ) -> Page[dict[str, Any]]:
        """Return a page of entries from `since` to before `until`, newest first, as they are stored.

        At most five Queries; with a filter a page may be short, even empty, before the last one.
        """
        months = list(_months(since, until))
        bound = {"since": _bound(since), "until": _bound(until), "action": action, "actor": actor}
        binding = CursorBinding(self._store.tenant_id, "audit", bound)
        month, inner = months[0], None
        if cursor is not None:
            month, inner = self._store.access.cursors.decode(cursor, binding)
        found: list[dict[str, Any]] = []
        for _ in range(_QUERIES):
            page = self._lookup.query(
                _partition(month),
                sk_between=(_bound(since), _bound(until)),
                limit=limit - len(found),
                descending=True,
                cursor=inner,
            )
            found += [
                row for row in page.items if action in (None, row["action"]) and actor in (None, row["actor"])
            ]
            inner = page.next_cursor
            if inner is None:
                later = months.index(month) + 1
                if later == len(months):
                    return Page(found, None)
                month = months[later]
            if len(found) >= limit:
                break
        return Page(found, self._store.access.cursors.encode([month, inner], binding))


def _partition(month: str) -> tuple[str, str]:
    return "audit", month


def _month(instant: datetime) -> str:
    return f"{instant:%Y-%m}"


def _months(since: datetime, until: datetime) -> Iterator[str]:
    """Yield the months from that of `until` back to that of `since`."""
    month = date(until.year, until.month, 1)
    while month >= date(since.year, since.month, 1):
        yield f"{month:%Y-%m}"
        month = date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def _bound(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}"


def _sort(event: AuditEvent) -> str:
    return f"{_bound(event.at)}Z#{event.id}"
