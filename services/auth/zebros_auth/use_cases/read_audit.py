"""Read the audit log."""

from datetime import UTC, datetime, timedelta
from typing import Any

from zebros_auth.use_cases.workspace import Workspace
from zebros_core.dynamodb.paging import Page
from zebros_core.errors import BadRequestError

DEFAULT_SPAN = timedelta(days=30)
LONGEST_SPAN = timedelta(days=2 * 366)
_EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)


def read_audit(
    workspace: Workspace,
    *,
    since: datetime | None,
    until: datetime | None,
    action: str | None,
    actor: str | None,
    limit: int,
    cursor: str | None,
) -> Page[dict[str, Any]]:
    """Return a page of the tenant's entries, newest first: by default the last 30 days.

    Raises BadRequestError for a span that is empty or longer than entries are kept.
    """
    workspace.rights.check(workspace.context, "audit", "read")
    # To the end of the day, so that the span of a list without bounds is the same while its pages are read.
    end = until or (workspace.now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    if not _EARLIEST < end < _LATEST or (since is not None and since < _EARLIEST):
        raise BadRequestError.for_field(
            "from", "invalid_span", "Nothing is kept from before 2020 or after 9000."
        )
    begin = since or end - DEFAULT_SPAN
    if not timedelta() < end - begin <= LONGEST_SPAN:
        raise BadRequestError.for_field("from", "invalid_span", "from is before to, by two years at most.")
    return workspace.audit_log.page(
        begin.astimezone(UTC), end.astimezone(UTC), action=action, actor=actor, limit=limit, cursor=cursor
    )
