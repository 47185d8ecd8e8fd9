"""Start a backup of the caller's tenant."""

from __future__ import annotations

from zebros_core.records.unique import RequestKey
from zebros_jobs.domain.job import Job, JobKind
from zebros_jobs.use_cases.start_job import start_job
from zebros_jobs.use_cases.workspace import Workspace


def start_backup(workspace: Workspace, *, repeat: RequestKey | None = None) -> Job:
    """Start a backup of everything. Raises ForbiddenError."""
    workspace.visibility("backup", "write")
    return start_job(workspace, JobKind.BACKUP, title="Backup", parameters="{}", repeat=repeat)
