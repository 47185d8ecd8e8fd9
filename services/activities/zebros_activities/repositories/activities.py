"""Activities: the access patterns of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from zebros_activities.domain.activity import Activity, time_key
from zebros_activities.repositories.anchors import AnchoredCursors
from zebros_activities.repositories.keys import ACTIVITIES
from zebros_core.dynamodb.codec import instant_text
from zebros_core.dynamodb.operations import WriteOp
from zebros_core.dynamodb.paging import Page
from zebros_core.dynamodb.writes import plan_add
from zebros_core.records.exported import ExportedRepository
from zebros_core.records.unique import UniqueRepository

INDEX_OF_FILTER: Final = {
    "relatedKey": "related",
    "customerId": "customer",
    "ownerId": "owner",
    "teamId": "team",
}
"""The index that serves a filter, narrowest first: of several filters the first uses its index."""

DAYS_PER_PAGE: Final = 10
"""Days of a range that are read for one page: one Query each; then the page is given short, with a cursor."""

_MILLISECOND = timedelta(milliseconds=1)
_BEFORE_ALL = "0"
_AFTER_ALL = "z"


@dataclass(frozen=True, slots=True)
class Span:
    """From an instant to before another one; None where it is open."""

    start: datetime | None = None
    end: datetime | None = None

    def between(self, key: Callable[[datetime], str] = time_key) -> tuple[str, str]:
        """Return the first and the last sort value; `key` is what an index sorts instants by."""
        return (
            key(self.start) if self.start else _BEFORE_ALL,
            key(self.end - _MILLISECOND) if self.end else _AFTER_ALL,
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """What of a list is wanted: how many, after which cursor, in which order, for whose eyes."""

    limit: int
    cursor: str | None
    scope: str
    descending: bool = False


class ActivityRepository(UniqueRepository[Activity], ExportedRepository[Activity]):
    """One tenant's activities."""

    schema = ACTIVITIES

    def plan_more(self, activities: Sequence[Activity]) -> tuple[WriteOp, ...]:
        """Return the writes of further new activities, to be part of the transaction that makes the first one."""
        return tuple(
            operation
            for activity in activities
            for operation in plan_add(self.schema, self.store, self.table, activity)[1]
        )

    def page_by_time(self, wanted: Mapping[str, str], span: Span, listing: Listing) -> Page[Activity]:
        """Return a page by `atKey` of activities that have all `wanted` values, one of them with an index."""
        first = next(name for name in INDEX_OF_FILTER if name in wanted)
        return self._page(
            INDEX_OF_FILTER[first],
            wanted[first],
            limit=listing.limit,
            cursor=listing.cursor,
            query_name="activities-by-time",
            filters={name: value for name, value in wanted.items() if name != first},
            descending=listing.descending,
            sort_between=span.between() if span != Span() else None,
            visibility_key=listing.scope,
        )

    def page_by_age(self, wanted: Mapping[str, str], listing: Listing) -> Page[Activity]:
        """Return a page of all activities that have the `wanted` values, by the time of their creation."""
        return self._page(
            "created",
            None,
            limit=listing.limit,
            cursor=listing.cursor,
            query_name="activities-by-age",
            filters=wanted,
            descending=listing.descending,
            visibility_key=listing.scope,
        )

    def page_by_days(
        self, wanted: Mapping[str, str], start: datetime, end: datetime, listing: Listing
    ) -> Page[Activity]:
        """Return a page of the activities scheduled from `start` to before `end`, day by day: a Query for each day.

        At most ten days are read for a page, which may then be short, even empty, with a cursor.
        """
        days = _days(start, end)
        if listing.descending:
            days.reverse()
        low, high = Span(start, end).between(instant_text)
        arguments = {"wanted": sorted(wanted.items()), "between": [low, high], "order": listing.descending}
        cursors = AnchoredCursors(self.store, "activities-by-day", arguments, listing.scope)
        begun = cursors.begin(listing.cursor, days[0])
        found: list[Activity] = []
        within = begun.cursor
        ahead = days[days.index(begun.at) :]
        for number, day in enumerate(ahead):
            if len(found) == listing.limit or number == DAYS_PER_PAGE:
                return Page(found, cursors.go_on(day, None))
            page = self._page(
                "day",
                day,
                limit=listing.limit - len(found),
                cursor=within,
                query_name="activities-of-day",
                filters=wanted,
                descending=listing.descending,
                sort_between=(low, high),
                visibility_key=listing.scope,
            )
            found += page.items
            within = page.next_cursor
            if within is not None:
                return Page(found, cursors.go_on(day, within))
        return Page(found, None)

    def page_open(
        self, owner_id: str | None, wanted: Mapping[str, str], span: Span, listing: Listing
    ) -> Page[Activity]:
        """Return a page of the open activities scheduled in `span`, of an owner or of all."""
        return self._page(
            "open" if owner_id is None else "owneropen",
            owner_id,
            limit=listing.limit,
            cursor=listing.cursor,
            query_name="activities-open",
            filters=wanted,
            descending=listing.descending,
            sort_between=span.between(),
            visibility_key=listing.scope,
        )

    def page_completed(
        self, owner_id: str, wanted: Mapping[str, str], since: datetime | None, listing: Listing
    ) -> Page[Activity]:
        """Return a page of the activities that an owner completed since an instant, newest first."""
        return self._page(
            "completed",
            owner_id,
            limit=listing.limit,
            cursor=listing.cursor,
            query_name="activities-completed",
            filters=wanted,
            descending=True,
            sort_between=Span(start=since).between(instant_text) if since else None,
            visibility_key=listing.scope,
        )


def _days(start: datetime, end: datetime) -> list[str]:
    """Return the UTC days that the span touches, at least one."""
    day, last = start.date(), max(start, end - _MILLISECOND).date()
    days: list[str] = []
    while day <= last:
        days.append(f"{day:%Y%m%d}")
        day += timedelta(days=1)
    return days
