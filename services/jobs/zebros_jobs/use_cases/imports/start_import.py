"""Start an import whose file is there: from here on it is of exactly this content."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from zebros_core.errors import VersionMismatchError
from zebros_jobs.domain.imports.entities import ENTITIES
from zebros_jobs.domain.imports.options import ColumnMapping, ImportOptions, MatchRule
from zebros_jobs.domain.imports.suggesting import suggest
from zebros_jobs.domain.job import Acting, Job, JobState
from zebros_jobs.use_cases.imports.files import awaiting_import, parameters_of
from zebros_jobs.use_cases.imports.preview_import import (
    arrived,
    checked_mapping,
    first_rows,
    open_file,
    suggested_mapping,
)
from zebros_jobs.use_cases.start_job import dispatch
from zebros_jobs.use_cases.workspace import Workspace

__all__ = ["start_import"]


def start_import(
    workspace: Workspace,
    job_id: str,
    *,
    mapping: Sequence[ColumnMapping] | None,
    options: ImportOptions,
    dry_run: bool,
) -> Job:
    """Start an import, which works with the rights that the caller has now. Without a mapping, by what is suggested.

    Raises ConflictError while the file is not there and for an import that has begun, FileProblemError, MappingError.
    """
    job = awaiting_import(workspace, job_id)
    parameters = parameters_of(job)
    workspace.visibility(parameters.entity, "write")
    info = arrived(workspace, parameters)
    file = parameters.file.model_copy(update={"upload_id": None, "etag": info.etag})
    parameters = parameters.model_copy(update={"file": file, "options": options, "dry_run": dry_run})
    entity = ENTITIES[parameters.entity]
    with closing(open_file(workspace, parameters, options)) as table:
        if mapping is None:
            definitions = workspace.definitions(entity.name) if entity.custom else ()
            by_id = MatchRule.ID in (options.match_by or ())
            samples = [row.cells for row in first_rows(table)[0]]
            found = suggest(entity, table.columns, samples, definitions, by_id=by_id)
            # What values look like is for people to confirm.
            sure = [each if each is not None and each.because != "values" else None for each in found]
            mapping = suggested_mapping(table.columns, sure)
        checked_mapping(workspace, entity, table, mapping, options)
        dialect = table.dialect
    parameters = parameters.model_copy(update={"mapping": tuple(mapping), "dialect": dialect})
    started = _started(workspace, job, parameters.model_dump_json(by_alias=True, exclude_none=True))
    dispatch(workspace, started)
    return started


def _started(workspace: Workspace, job: Job, parameters: str) -> Job:
    context = workspace.context
    started = job.model_copy(
        update={
            "state": JobState.QUEUED,
            "parameters": parameters,
            "acting": Acting(
                user_id=context.user_id,
                team_id=context.team_id,
                roles=tuple(sorted(context.roles)),
                scopes=tuple(sorted(context.scopes)),
            ),
        }
    )
    try:
        return workspace.jobs.save(started, previous=job)
    except VersionMismatchError:
        # Started or cancelled at the same moment, by another request.
        awaiting_import(workspace, job.id)
        raise
