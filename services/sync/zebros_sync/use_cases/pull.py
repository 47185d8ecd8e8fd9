"""Answer a device that asks what is new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from zebros_core.dynamodb.cursor import CursorBinding
from zebros_core.errors import BadRequestError
from zebros_sync.domain.cursor import PullCursor, cursor_of
from zebros_sync.domain.reading import Reading, reading_of
from zebros_sync.use_cases.device import check_person, sight_of
from zebros_sync.use_cases.pull_changes import PulledPage, pull_changes
from zebros_sync.use_cases.workspace import Workspace

__all__ = ["MAX_PAGE_BYTES", "Pulled", "pull"]

MAX_PAGE_BYTES: Final = 4 * 1024 * 1024
"""Of records in an answer: what the gateway passes on is 6 MB, and one record more than the limit may be in it."""
_QUERY: Final = "sync"


@dataclass(frozen=True, slots=True)
class Pulled:
    """A page with its sealed cursor, and which entities the client is too old for."""

    page: PulledPage
    cursor: str | None
    reading: Reading


def pull(
    workspace: Workspace,
    *,
    cursor: str | None,
    known: Mapping[str, int] | None,
    most_bytes: int = MAX_PAGE_BYTES,
) -> Pulled:
    """Return the page after a cursor, in the caller's sight.

    Raises PersonDeactivatedError, and BadRequestError for a cursor that we did not make for this caller.
    """
    check_person(workspace)
    reading = reading_of(known, workspace.schemas.all())
    sight = sight_of(workspace, reading)
    binding = CursorBinding(workspace.context.tenant_id, _QUERY, {"user": workspace.context.user_id})
    position = _opened(workspace, cursor, binding) if cursor is not None else None
    page = pull_changes(workspace.log, sight, position, schema=reading.number, most_bytes=most_bytes)
    sealed = None if page.cursor is None else workspace.cursors.encode(page.cursor.to_json(), binding)
    return Pulled(page, sealed, reading)


def _opened(workspace: Workspace, cursor: str, binding: CursorBinding) -> PullCursor:
    position: Any = workspace.cursors.decode(cursor, binding)
    try:
        return cursor_of(position)
    except ValueError as error:
        raise BadRequestError.for_field(
            "cursor", "invalid_cursor", "This cursor is not of a pull."
        ) from error
