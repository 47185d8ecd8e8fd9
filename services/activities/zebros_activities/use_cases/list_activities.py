"""Lists of activities: by whom they are of, what they are about, when they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from zebros_activities.domain.activity import Activity, ActivityStatus, ActivityType
from zebros_activities.repositories.activities import INDEX_OF_FILTER, Listing, Span
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.dynamodb.paging import Page
from zebros_core.errors import BadRequestError
from zebros_core.records.verbs import Sight, sight

MAX_RANGE: Final = timedelta(days=92)
"""The longest range of dates that is read day by day."""


class ActivitySort(StrEnum):
    """Orders of a list of activities. Those without a time stand where they were made."""

    LATEST = "-scheduledAt"
    EARLIEST = "scheduledAt"
    NEWEST = "-createdAt"
    OLDEST = "createdAt"


_BY_TIME: Final = frozenset({ActivitySort.LATEST, ActivitySort.EARLIEST})
_DESCENDING: Final = frozenset({ActivitySort.LATEST, ActivitySort.NEWEST})


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """Which activities; None for any. `start` is within, `end` is not."""

    owner: str | None = None
    team: str | None = None
    related: str | None = None
    customer: str | None = None
    type: ActivityType | None = None
    status: ActivityStatus | None = None
    start: datetime | None = None
    end: datetime | None = None

    def given(self) -> dict[str, str]:
        """Return the filters that are set, by stored attribute."""
        values = {
            "ownerId": self.owner,
            "teamId": self.team,
            "relatedKey": self.related,
            "customerId": self.customer,
            "type": self.type,
            "status": self.status,
        }
        return {name: str(value) for name, value in values.items() if value is not None}


def list_activities(
    workspace: Workspace,
    wanted: ActivityFilter,
    *,
    sort: ActivitySort | None,
    limit: int,
    cursor: str | None,
) -> Page[Activity]:
    """Return a page of the live activities that the caller may see.

    The narrowest filter uses its index and the others filter on it, so a page may be short, even empty, and still have
    a cursor. Without `sort` the latest come first, or the newest where no filter gives an index by time. Raises
    BadRequestError for an order that no index serves, and for a range that is too long or the wrong way round.
    """
    filters = wanted.given()
    seen = sight_of(workspace, filters)
    if seen is None:
        return Page([], None)
    _check_range(wanted)
    values = {**seen.limits, **filters}
    ranged = wanted.start is not None or wanted.end is not None
    narrowed = any(name in values for name in INDEX_OF_FILTER)
    by_time = narrowed or ranged
    order = sort or (ActivitySort.LATEST if by_time else ActivitySort.NEWEST)
    if (order in _BY_TIME) != by_time:
        if by_time:
            message = "with owner, team, related, customer, from or to the order is by scheduledAt"
        else:
            message = "the order by scheduledAt goes with owner, team, related, customer, or from and to"
        raise BadRequestError.for_field("sort", "unsupported_sort", message)
    listing = Listing(limit, cursor, seen.scope, order in _DESCENDING)
    if narrowed:
        return workspace.activities.page_by_time(values, Span(wanted.start, wanted.end), listing)
    if wanted.start is None or wanted.end is None:
        if not ranged:
            return workspace.activities.page_by_age(values, listing)
        missing = "to" if wanted.end is None else "from"
        raise BadRequestError.for_field(missing, "missing", "from and to go together without another filter")
    if wanted.end - wanted.start > MAX_RANGE:
        message = "without another filter a range has at most 92 days"
        raise BadRequestError.for_field("to", "range_too_long", message)
    return workspace.activities.page_by_days(values, wanted.start, wanted.end, listing)


def sight_of(workspace: Workspace, filters: Mapping[str, str]) -> Sight | None:
    """Return the caller's sight, or None where the filters ask for what is out of it.

    What is the caller's own is always within it, whichever team it is of.
    """
    own = workspace.context.user_id
    if filters.get("ownerId") == own:
        workspace.visibility("activity", "read")
        return Sight(f"own:{own}", {"ownerId": own})
    return sight(workspace, "activity", filters)


def _check_range(wanted: ActivityFilter) -> None:
    if wanted.start is not None and wanted.end is not None and wanted.start >= wanted.end:
        raise BadRequestError.for_field("to", "before_from", "to is after from")
