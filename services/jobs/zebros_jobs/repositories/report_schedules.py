"""Schedules of reports: a tenant's few, in one partition of the lookup table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.paging import Page
from zebros_core.errors import NotFoundError, VersionMismatchError
from zebros_jobs.domain.reports.schedule import ReportSchedule

__all__ = ["ReportScheduleRepository"]

_KEY: Final = ("reportschedules",)
_PAGE: Final = 50


class ReportScheduleRepository:
    """One tenant's schedules. `version` counts what people changed; `revision` every write, and orders them."""

    def __init__(self, lookup: LookupTable) -> None:
        self._lookup = lookup

    def get(self, schedule_id: str) -> ReportSchedule:
        """Return a schedule. Raises NotFoundError."""
        found = self.find(schedule_id)
        if found is None:
            raise NotFoundError("report schedule", schedule_id)
        return found

    def find(self, schedule_id: str) -> ReportSchedule | None:
        """Return a schedule, or None."""
        row = self._lookup.get(_KEY, schedule_id)
        return None if row is None else _schedule(row)

    def page(self, *, limit: int, cursor: str | None) -> Page[ReportSchedule]:
        """Return a page of the schedules, the oldest first."""
        page = self._lookup.query(_KEY, limit=limit, cursor=cursor)
        return Page([_schedule(row) for row in page.items], page.next_cursor)

    def all(self) -> Iterator[ReportSchedule]:
        """Give every schedule."""
        cursor: str | None = None
        while True:
            page = self.page(limit=_PAGE, cursor=cursor)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def count(self) -> int:
        """Return how many there are."""
        return self._lookup.count(_KEY)[0]

    def create(self, schedule: ReportSchedule) -> bool:
        """Keep a new schedule; False when there is one of this id."""
        return self._lookup.put(_KEY, schedule.schedule_id, _row(schedule), condition="absent")

    def save(self, schedule: ReportSchedule, *, previous: ReportSchedule) -> ReportSchedule:
        """Keep a changed schedule over the one that was read. Raises VersionMismatchError for a lost race."""
        stored = schedule.model_copy(update={"revision": previous.revision + 1})
        condition = {"revision": previous.revision}
        if not self._lookup.put(_KEY, schedule.schedule_id, _row(stored), condition=condition):
            present = self.find(schedule.schedule_id)
            raise VersionMismatchError(present.version if present is not None else 0)
        return stored

    def delete(self, schedule_id: str) -> None:
        """Remove a schedule; none there is as good."""
        self._lookup.delete(_KEY, schedule_id)


def _row(schedule: ReportSchedule) -> dict[str, Any]:
    return {"schedule": schedule.model_dump_json(by_alias=True), "revision": schedule.revision}


def _schedule(row: Any) -> ReportSchedule:
    return ReportSchedule.model_validate_json(row["schedule"])
