"""The backups of a tenant, and until when each is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from zebros_core.dynamodb.paging import Page
from zebros_core.errors import NotFoundError
from zebros_jobs.domain.backups.backups import expires_on
from zebros_jobs.domain.job import Job, JobKind, JobState
from zebros_jobs.use_cases.workspace import Workspace

__all__ = ["Backup", "all_backups", "backup_of", "list_backups"]

_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup, or a job that is to make one. `holds` is the job's result, empty until there is one."""

    job: Job
    holds: Mapping[str, Any]

    @property
    def expires_on(self) -> date:
        """Return the day on which it is deleted."""
        return expires_on(self.job.started_at or self.job.created_at)


def list_backups(workspace: Workspace, *, limit: int, cursor: str | None) -> Page[Backup]:
    """Return a page of the tenant's backups, newest first. Raises ForbiddenError."""
    workspace.visibility("backup", "read")
    page = workspace.jobs.page(
        kind=JobKind.BACKUP.value,
        state=None,
        owner_id=None,
        limit=limit,
        cursor=cursor,
        visibility_key="all",
    )
    return Page([_backup(job) for job in page.items], page.next_cursor)


def all_backups(workspace: Workspace) -> list[Backup]:
    """Return every backup that there is or that is being made: what may hold something that is erased elsewhere."""
    found: list[Backup] = []
    cursor: str | None = None
    while True:
        page = list_backups(workspace, limit=_PAGE, cursor=cursor)
        found += [
            backup
            for backup in page.items
            if not backup.job.has_ended or backup.job.state is JobState.SUCCEEDED
        ]
        cursor = page.next_cursor
        if cursor is None:
            return found


def backup_of(workspace: Workspace, job_id: str) -> Backup:
    """Return a backup of the tenant. Raises NotFoundError."""
    job = workspace.jobs.get(job_id)
    if job.kind is not JobKind.BACKUP:
        raise NotFoundError("backup", job_id)
    return _backup(job)


def _backup(job: Job) -> Backup:
    return Backup(job, json.loads(job.result) if job.result else {})
