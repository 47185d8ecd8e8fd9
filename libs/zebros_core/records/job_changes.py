"""List what a job wrote: for undoing it, and for knowing whether the history has caught up with it."""

from __future__ import annotations

from collections.abc import Iterable

from zebros_core.auth.permissions import Visibility
from zebros_core.dynamodb.paging import Page
from zebros_core.errors import ForbiddenError
from zebros_core.records.history import JobChange
from zebros_core.records.workspace import RecordWorkspace

__all__ = ["count_job_changes", "job_changes"]


def job_changes(
    workspace: RecordWorkspace, entities: Iterable[str], job: str, *, limit: int, cursor: str | None
) -> Page[JobChange]:
    """Return a page of the versions that a job wrote of records of this service, in an order that stays.

    The history is kept from events, so the newest writes may be missing for a moment: `count_job_changes`. A job of
    another tenant has written nothing here. Raises ForbiddenError unless the caller may export all of `entities`.
    """
    _ensure_exports_all(workspace, entities)
    return workspace.history.page_of_job(job, limit=limit, cursor=cursor)


def count_job_changes(
    workspace: RecordWorkspace, entities: Iterable[str], job: str, *, cursor: str | None
) -> tuple[int, str | None]:
    """Return how many versions a job wrote, as far as the history has them, and a cursor while there is more to add.

    Raises ForbiddenError as `job_changes`.
    """
    _ensure_exports_all(workspace, entities)
    return workspace.history.count_of_job(job, cursor=cursor)


def _ensure_exports_all(workspace: RecordWorkspace, entities: Iterable[str]) -> None:
    # What a job wrote may be anybody's, and of records that are gone nobody can tell any more whose they were.
    for entity in entities:
        if workspace.visibility(entity, "export") is not Visibility.ALL:
            raise ForbiddenError("what a job wrote is shown to those who may export everything")
