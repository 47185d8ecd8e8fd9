"""What somebody has to do: today's, upcoming, overdue and completed activities.

A list that depends on the present keeps the moment of its first page: pages that follow go on with that list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from zebros_activities.domain.activity import Activity, ActivityStatus
from zebros_activities.repositories.activities import Listing, Span
from zebros_activities.repositories.anchors import AnchoredCursors
from zebros_activities.use_cases.list_activities import sight_of
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.dynamodb.codec import instant_text
from zebros_core.dynamodb.paging import Page
from zebros_core.errors import BadRequestError, FieldError
from zebros_core.local_days import local_date, local_day
from zebros_core.records.verbs import Sight

_OPEN = {"status": ActivityStatus.OPEN.value}


@dataclass(frozen=True, slots=True)
class Day:
    """The day that a list is of: its date in a zone, and from when to before when it is."""

    date: date
    time_zone: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Agenda:
    """A page of a day's activities."""

    day: Day
    page: Page[Activity]


def list_today(
    workspace: Workspace, *, owner: str | None, time_zone: str | None, limit: int, cursor: str | None
) -> Agenda:
    """Return a page of what somebody has on this day, earliest first, done or not: their own day by their own zone.

    The owner is the caller unless given; the zone is the one given, else the owner's, else the tenant's, else UTC.
    """
    owner_id = owner or workspace.context.user_id
    seen = sight_of(workspace, {"ownerId": owner_id})
    # Where somebody out of sight lives is not the caller's to know either.
    zone = time_zone or workspace.time_zone_of(owner_id if seen is not None else workspace.context.user_id)
    pages = _pages(workspace, "activities-today", seen, owner=owner_id, zone=zone)
    begun = pages.begin(cursor, instant_text(workspace.now))
    now = datetime.fromisoformat(begun.at)
    day = Day(local_date(now, zone), zone, *local_day(now, zone))
    if seen is None:
        return Agenda(day, Page([], None))
    page = workspace.activities.page_by_time(
        {**seen.limits, "ownerId": owner_id},
        Span(day.start, day.end),
        Listing(limit, begun.cursor, seen.scope),
    )
    return Agenda(day, _anchored(pages, begun.at, _scheduled(page)))


def list_upcoming(
    workspace: Workspace,
    *,
    owner: str | None,
    customer: str | None,
    related: str | None,
    limit: int,
    cursor: str | None,
) -> Page[Activity]:
    """Return a page of what is open and still ahead, earliest first: of a customer, of a record, or of an owner.

    Without any of the three it is the caller's own. Raises BadRequestError for more than one of them.
    """
    given = {
        name: value
        for name, value in (("customerId", customer), ("relatedKey", related), ("ownerId", owner))
        if value is not None
    }
    if len(given) > 1:
        message = "give one of customer, related and owner"
        names = {"customerId": "customer", "relatedKey": "related", "ownerId": "owner"}
        raise BadRequestError(message, fields=[FieldError(names[name], "one_of", message) for name in given])
    filters = given or {"ownerId": workspace.context.user_id}
    seen = sight_of(workspace, filters)
    if seen is None:
        return Page([], None)
    pages = _pages(workspace, "activities-upcoming", seen, **filters)
    begun = pages.begin(cursor, instant_text(workspace.now))
    span = Span(start=datetime.fromisoformat(begun.at))
    listing = Listing(limit, begun.cursor, seen.scope)
    others = {name: value for name, value in seen.limits.items() if name != "ownerId"}
    if "ownerId" in filters:
        page = workspace.activities.page_open(filters["ownerId"], others, span, listing)
    else:
        wanted = {**seen.limits, **filters, **_OPEN}
        page = _scheduled(workspace.activities.page_by_time(wanted, span, listing))
    return _anchored(pages, begun.at, page)


def list_overdue(
    workspace: Workspace, *, owner: str | None, team: str | None, limit: int, cursor: str | None
) -> Page[Activity]:
    """Return a page of what is open and should have been done before now, the longest overdue first.

    Of an owner, of a team, or of all that the caller may see. Only open activities are in the index that is read.
    """
    filters = {name: value for name, value in (("ownerId", owner), ("teamId", team)) if value is not None}
    seen = sight_of(workspace, filters)
    if seen is None:
        return Page([], None)
    values = {**seen.limits, **filters}
    pages = _pages(workspace, "activities-overdue", seen, **values)
    begun = pages.begin(cursor, instant_text(workspace.now))
    owner_id = values.pop("ownerId", None)
    page = workspace.activities.page_open(
        owner_id,
        values,
        Span(end=datetime.fromisoformat(begun.at)),
        Listing(limit, begun.cursor, seen.scope),
    )
    return _anchored(pages, begun.at, page)


def list_completed(
    workspace: Workspace, *, owner: str | None, since: datetime | None, limit: int, cursor: str | None
) -> Page[Activity]:
    """Return a page of what somebody completed, the latest first, since an instant if one is given."""
    owner_id = owner or workspace.context.user_id
    seen = sight_of(workspace, {"ownerId": owner_id})
    if seen is None:
        return Page([], None)
    others = {name: value for name, value in seen.limits.items() if name != "ownerId"}
    return workspace.activities.page_completed(owner_id, others, since, Listing(limit, cursor, seen.scope))


def _pages(workspace: Workspace, name: str, seen: Sight | None, **arguments: str) -> AnchoredCursors:
    scope = seen.scope if seen is not None else "none"
    return AnchoredCursors(workspace.activities.store, name, arguments, scope)


def _scheduled(page: Page[Activity]) -> Page[Activity]:
    """Return a page without what has no time: it stands in the index where it was made."""
    return Page([found for found in page.items if found.scheduled_at is not None], page.next_cursor)


def _anchored(pages: AnchoredCursors, at: str, page: Page[Activity]) -> Page[Activity]:
    return Page(page.items, None if page.next_cursor is None else pages.go_on(at, page.next_cursor))
