"""Start the undo of an import."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Final

from zebros_core.errors import ConflictError
from zebros_core.records.unique import RequestKey
from zebros_jobs.domain.imports.entities import ENTITIES
from zebros_jobs.domain.job import Job, JobKind
from zebros_jobs.domain.undos import UndoParameters
from zebros_jobs.use_cases.imports.files import get_import, parameters_of
from zebros_jobs.use_cases.start_job import start_job
from zebros_jobs.use_cases.workspace import Workspace

__all__ = ["undo_import"]

UNDOABLE: Final = timedelta(days=90)
"""For how long it can be listed what a job wrote."""


def undo_import(workspace: Workspace, job_id: str, *, repeat: RequestKey | None = None) -> Job:
    """Start the undo of an import that has ended, however it has. It works with the rights that the caller has now.

    Raises NotFoundError, ConflictError for one that has not ended, has written nothing, is too old, or invited people.
    """
    job = get_import(workspace, job_id)
    parameters = parameters_of(job)
    entity = ENTITIES[parameters.entity]
    workspace.visibility(entity.name, "write")
    if not job.has_ended:
        raise ConflictError(f"this import is {job.state.value}; cancel it, or wait for its end")
    result: dict[str, Any] = json.loads(job.result) if job.result else {}
    if parameters.dry_run or (job.result is not None and not result.get("writes")):
        raise ConflictError("this import has written nothing")
    if entity.name == "user":
        raise ConflictError("invitations are not undone; deactivate the people who are not to come")
    if job.finished_at is not None and workspace.now - job.finished_at > UNDOABLE:
        raise ConflictError("an import can be undone for 90 days")
    return start_job(
        workspace,
        JobKind.UNDO,
        title=f"Undo of: {job.title}",
        parameters=UndoParameters(import_id=job.id, entity=entity.name).model_dump_json(by_alias=True),
        parent_id=job.id,
        repeat=repeat,
    )
