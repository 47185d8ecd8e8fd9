"""Links to the files that a job made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from zebros_jobs.domain.job import Job, JobFile
from zebros_jobs.use_cases.get_job import get_job
from zebros_jobs.use_cases.workspace import Workspace

LINK_SECONDS: Final = 900


@dataclass(frozen=True, slots=True)
class LinkedFile:
    """A file of a job and where to get it until when."""

    file: JobFile
    url: str
    expires_at: datetime


def link_files(workspace: Workspace, job_id: str) -> list[LinkedFile]:
    """Return links to a job's files, good for a quarter of an hour. Raises NotFoundError for a job out of sight."""
    return links_to(workspace, get_job(workspace, job_id))


def links_to(workspace: Workspace, job: Job) -> list[LinkedFile]:
    """Return links to the files of a job that the caller may see."""
    until = workspace.now + timedelta(seconds=LINK_SECONDS)
    return [
        LinkedFile(
            file,
            workspace.objects(file.purpose).presigned_get(
                file.key, filename=file.name, expires_seconds=LINK_SECONDS
            ),
            until,
        )
        for file in job.files
    ]
