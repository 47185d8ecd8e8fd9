"""Start an export."""

from __future__ import annotations

from zebros_core.records.unique import RequestKey
from zebros_jobs.domain.exports import ExportParameters
from zebros_jobs.domain.job import Job, JobKind
from zebros_jobs.use_cases.start_job import start_job
from zebros_jobs.use_cases.workspace import Workspace


def start_export(
    workspace: Workspace, parameters: ExportParameters, *, repeat: RequestKey | None = None
) -> Job:
    """Start an export of what the caller may export. Raises ForbiddenError, ValidationError naming each fault."""
    workspace.visibility(parameters.entity.value, "export")
    parameters.check()
    return start_job(
        workspace,
        JobKind.EXPORT,
        title=f"Export of {parameters.exported.plural} as {parameters.format.upper()}",
        parameters=parameters.model_dump_json(by_alias=True),
        repeat=repeat,
    )
