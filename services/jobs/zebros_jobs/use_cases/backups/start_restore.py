"""Start a restore of one of the tenant's backups, into the tenant itself."""

from __future__ import annotations

from zebros_core.errors import ConflictError
from zebros_core.records.unique import RequestKey
from zebros_jobs.domain.backups.backups import RestoreParameters
from zebros_jobs.domain.job import Job, JobKind, JobState
from zebros_jobs.use_cases.backups.list_backups import backup_of
from zebros_jobs.use_cases.start_job import start_job
from zebros_jobs.use_cases.workspace import Workspace


def start_restore(
    workspace: Workspace, backup_id: str, parameters: RestoreParameters, *, repeat: RequestKey | None = None
) -> Job:
    """Start a restore.

    Raises ForbiddenError, NotFoundError for a backup that the tenant has not, ConflictError for one that is not whole.
    """
    workspace.visibility("backup", "write")
    backup = backup_of(workspace, backup_id)
    if backup.job.state is not JobState.SUCCEEDED:
        raise ConflictError(
            f"This backup cannot be restored: it is {backup.job.state.value}. Only one that succeeded is whole."
        )
    return start_job(
        workspace,
        JobKind.RESTORE,
        title=f"Restore of {backup.job.created_at:%Y-%m-%d}, {parameters.mode.value}",
        parameters=parameters.model_dump_json(by_alias=True),
        parent_id=backup_id,
        repeat=repeat,
    )
