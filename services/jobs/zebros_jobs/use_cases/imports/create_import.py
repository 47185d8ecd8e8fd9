"""Announce a file to be imported, and upload it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from zebros_core.errors import ConflictError, NotFoundError, ValidationError
from zebros_core.records.unique import RequestKey
from zebros_core.storage import UploadedPart, UploadTicket
from zebros_jobs.domain.imports.entities import ENTITIES, ImportedEntity
from zebros_jobs.domain.imports.options import ImportedFile, ImportParameters
from zebros_jobs.domain.job import Job, JobKind, JobState
from zebros_jobs.domain.tables import FileFormat
from zebros_jobs.use_cases.imports.files import (
    FOLDER,
    PURPOSE,
    announced,
    awaiting_import,
    get_import,
    parameters_of,
    uploads_of,
)
from zebros_jobs.use_cases.start_job import create_job
from zebros_jobs.use_cases.workspace import Workspace

__all__ = [
    "CreatedImport",
    "create_import",
    "create_import_again",
    "list_import_parts",
    "sign_import_parts",
    "upload_of_import",
]

_CSV: Final = "text/csv"


@dataclass(frozen=True, slots=True)
class CreatedImport:
    """An import that waits to be started, and what the upload of its file needs; None where that is there already."""

    job: Job
    ticket: UploadTicket | None


def create_import(
    workspace: Workspace, entity: str, *, file_name: str, size_bytes: int, repeat: RequestKey | None = None
) -> CreatedImport:
    """Announce a file of so many bytes. A repeated request gets the first one's import.

    Raises ForbiddenError for a caller who may not write such records at all.
    """
    imported = _writable(workspace, entity)
    job_id = workspace.jobs.new_id(f"create-{JobKind.IMPORT.value}", repeat)
    key = workspace.objects(PURPOSE).key(FOLDER, job_id, "source")
    content_type = FileFormat.XLSX.content_type if file_name.lower().endswith(".xlsx") else _CSV
    uploads = uploads_of(workspace)
    upload = uploads.begin(key, content_type=content_type, size_bytes=size_bytes)
    created = create_job(
        workspace,
        JobKind.IMPORT,
        title=_title(imported, file_name),
        parameters=ImportParameters(
            entity=entity,
            file=ImportedFile(
                name=file_name,
                key=key,
                size_bytes=size_bytes,
                content_type=content_type,
                upload_id=upload.upload_id,
            ),
        ).model_dump_json(by_alias=True),
        state=JobState.AWAITING_FILE,
        repeat=repeat,
        id=job_id,
    )
    if created.replayed:
        # The first request's upload is the one that counts; parts of this one would be paid for and never used.
        uploads.give_up(upload)
    job = created.entity
    waiting = job.state is JobState.AWAITING_FILE
    return CreatedImport(job, uploads.ticket(announced(parameters_of(job).file)) if waiting else None)


def create_import_again(
    workspace: Workspace, former_id: str, *, repeat: RequestKey | None = None
) -> CreatedImport:
    """Make a new import of the file of an earlier one, such as of a dry run.

    Raises ValidationError for one that is out of sight, ConflictError for one whose file is not there.
    """
    try:
        former = get_import(workspace, former_id)
    except NotFoundError as error:
        message = "no such import"
        raise ValidationError.for_field("/fromJobId", "unknown_reference", message) from error
    parameters = parameters_of(former)
    imported = _writable(workspace, parameters.entity)
    info = uploads_of(workspace).complete(announced(parameters.file))
    if parameters.file.etag not in {None, info.etag}:
        raise ConflictError("the file of that import was changed since; upload it again")
    file = parameters.file.model_copy(update={"upload_id": None, "etag": None})
    created = create_job(
        workspace,
        JobKind.IMPORT,
        title=_title(imported, file.name),
        parameters=ImportParameters(entity=parameters.entity, file=file).model_dump_json(by_alias=True),
        state=JobState.AWAITING_FILE,
        repeat=repeat,
    )
    return CreatedImport(created.entity, None)


def upload_of_import(workspace: Workspace, job_id: str) -> CreatedImport:
    """Return what the upload of an import's file needs, once more. Raises ConflictError for one that has begun."""
    job = awaiting_import(workspace, job_id)
    return CreatedImport(job, uploads_of(workspace).ticket(announced(parameters_of(job).file)))


def sign_import_parts(workspace: Workspace, job_id: str, numbers: Sequence[int]) -> list[tuple[int, str]]:
    """Return a URL for each of these parts, good for an hour. Raises ValidationError for a part that is none."""
    file = parameters_of(awaiting_import(workspace, job_id)).file
    return uploads_of(workspace).sign_parts(announced(file), numbers)


def list_import_parts(workspace: Workspace, job_id: str) -> Sequence[UploadedPart]:
    """Return the parts that have arrived, so that an interrupted upload goes on with the others."""
    file = parameters_of(awaiting_import(workspace, job_id)).file
    return uploads_of(workspace).list_parts(announced(file))


def _writable(workspace: Workspace, entity: str) -> ImportedEntity:
    workspace.visibility(entity, "write")
    return ENTITIES[entity]


def _title(entity: ImportedEntity, file_name: str) -> str:
    return f"Import of {entity.plural}: {file_name}"
