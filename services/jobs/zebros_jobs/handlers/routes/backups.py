"""/v1/backups"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from zebros_core.errors import ConflictError, UnavailableError
from zebros_core.http import (
    Example,
    Instant,
    NoQuery,
    PageBody,
    PageQuery,
    Request,
    Response,
    Routes,
    WireModel,
)
from zebros_core.http.pages import page_response
from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.backups.backups import RestoreMode, RestoreParameters
from zebros_jobs.domain.job import JobState
from zebros_jobs.handlers.bodies import JobBody
from zebros_jobs.use_cases.backups.list_backups import Backup, list_backups
from zebros_jobs.use_cases.backups.start_backup import start_backup
from zebros_jobs.use_cases.backups.start_restore import start_restore
from zebros_jobs.use_cases.get_job import view_job

routes = Routes("backups")


class BackupBody(WireModel):
    """A backup. `holds` says what is in it once it succeeded; it is deleted on the day `expiresOn`."""

    job_id: str
    state: JobState
    requested_by: str
    created_at: Instant
    finished_at: Instant | None
    expires_on: date
    holds: dict[str, Any]

    @classmethod
    def of(cls, backup: Backup) -> BackupBody:
        """Return the body of a backup."""
        job = backup.job
        return cls(
            job_id=job.id,
            state=job.state,
            requested_by=job.owner_id,
            created_at=job.created_at,
            finished_at=job.finished_at,
            expires_on=backup.expires_on,
            holds=dict(backup.holds),
        )


class RestoreBody(WireModel):
    """How to restore."""

    mode: Annotated[
        RestoreMode,
        Field(
            description="`missing` puts back what is not there and leaves everything else as it is. `replace` makes"
            " what is in the backup as it was then. `exact` also moves to the trash what the backup does not have."
        ),
    ]


@routes.post(
    "/v1/backups",
    operation="createBackup",
    permission=("backup", "write"),
    response=JobBody,
    status=202,
    errors=(UnavailableError,),
    summary="Back up everything of the tenant",
)
def create(request: Request[Container, NoQuery]) -> Response:
    """Records of every kind with what lies beside them, settings, people and teams for reference, the files of
    documents; neither the trash nor histories. It is encrypted under a key of the tenant, read back and compared before
    it succeeds, and kept for seven years.
    """
    workspace = request.services.workspace(request.context)
    job = start_backup(workspace, repeat=request.idempotency)
    return Response(JobBody.of(view_job(workspace, job.id)), status=202)


@routes.get(
    "/v1/backups",
    operation="listBackups",
    permission=("backup", "read"),
    query=PageQuery,
    response=PageBody[BackupBody],
    summary="List backups",
)
def list_(request: Request[Container, PageQuery]) -> Response:
    """Newest first, also those that are being made or that failed."""
    page = list_backups(
        request.services.workspace(request.context), limit=request.query.limit, cursor=request.query.cursor
    )
    return page_response(page, BackupBody, BackupBody.of)


@routes.post(
    "/v1/backups/{jobId}:restore",
    operation="restoreBackup",
    permission=("backup", "write"),
    body=RestoreBody,
    response=JobBody,
    status=202,
    errors=(ConflictError, UnavailableError),
    summary="Restore a backup",
    examples=(Example("missing", {"mode": "missing"}),),
)
def restore(request: Request[Container, NoQuery, RestoreBody]) -> Response:
    """Into the tenant itself; the backup is checked from its first byte to its last before anything is written. Who was
    erased since does not come back. The job's result says what was done and how the tenant compares with the backup.
    """
    workspace = request.services.workspace(request.context)
    job = start_restore(
        workspace,
        request.path["jobId"],
        RestoreParameters(mode=request.body.mode),
        repeat=request.idempotency,
    )
    return Response(JobBody.of(view_job(workspace, job.id)), status=202)
