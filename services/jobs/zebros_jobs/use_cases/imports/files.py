"""The file of an import: where it is, how it is opened, and what a job was told about it."""

from __future__ import annotations

from typing import BinaryIO, Final, cast

from zebros_core.errors import ConflictError, NotFoundError
from zebros_core.storage import AnnouncedObject, AnnouncedUploads
from zebros_jobs.domain.imports.cells import CellStyle, zone_named
from zebros_jobs.domain.imports.options import ImportedFile, ImportOptions, ImportParameters
from zebros_jobs.domain.imports.source import SourceFile
from zebros_jobs.domain.job import Job, JobKind, JobState
from zebros_jobs.use_cases.get_job import get_job
from zebros_jobs.use_cases.parts import Parts
from zebros_jobs.use_cases.run_job import JobRun
from zebros_jobs.use_cases.workspace import Workspace

__all__ = [
    "FOLDER",
    "PURPOSE",
    "announced",
    "awaiting_import",
    "get_import",
    "parameters_of",
    "parts_of",
    "source_of",
    "style_of",
    "uploads_of",
]

PURPOSE: Final = "transfers"
"""The bucket of everything that imports keep."""
FOLDER: Final = "imports"


def get_import(workspace: Workspace, job_id: str) -> Job:
    """Return an import that the caller may see. Raises NotFoundError, also for a job of another kind."""
    job = get_job(workspace, job_id)
    if job.kind is not JobKind.IMPORT:
        raise NotFoundError("import", job_id)
    return job


def awaiting_import(workspace: Workspace, job_id: str) -> Job:
    """Return an import that has not begun. Raises NotFoundError, ConflictError for one that has."""
    job = get_import(workspace, job_id)
    if job.state is not JobState.AWAITING_FILE:
        raise ConflictError(
            f"This import is {job.state.value} already; to import the file again, make a new import of it"
        )
    return job


def parameters_of(job: Job) -> ImportParameters:
    """Return what an import was asked for."""
    return ImportParameters.model_validate_json(job.parameters)


def announced(file: ImportedFile) -> AnnouncedObject:
    """Return the object that a file is to be."""
    return AnnouncedObject(file.key, file.content_type, file.size_bytes, file.upload_id)


def uploads_of(workspace: Workspace) -> AnnouncedUploads:
    """Return where files of imports are uploaded to."""
    return AnnouncedUploads(workspace.objects(PURPOSE), workspace.uploads(PURPOSE))


def parts_of(run: JobRun, name: str) -> Parts:
    """Return the parts of an import that are called so, as its checkpoint knows them."""
    checkpoint = run.checkpoint or {}
    return Parts(run, PURPOSE, FOLDER, name=name, state=checkpoint.get(name))


def source_of(workspace: Workspace, file: ImportedFile) -> SourceFile:
    """Return the bytes of a file: always those of one content, once the import has begun."""
    streams = workspace.streams(PURPOSE)

    def open_at(start: int) -> BinaryIO:
        return cast(BinaryIO, streams.open(file.key, start=start, etag=file.etag))

    return SourceFile(file.name, file.size_bytes, open_at)


def style_of(workspace: Workspace, options: ImportOptions) -> CellStyle:
    """Return how cells are read; times without a zone are of the tenant's. Raises ValueError for an unknown zone."""
    zone = options.time_zone or str(workspace.tenant().settings.get("timeZone", "UTC"))
    return CellStyle(
        date_format=options.date_format, decimal_style=options.decimal_style, zone=zone_named(zone)
    )
