"""Jobs as the API shows them."""

from __future__ import annotations

import json
from typing import Any

from zebros_core.http import Instant, WireModel
from zebros_jobs.domain.job import JobKind, JobState
from zebros_jobs.use_cases.get_job import JobView


class ProgressBody(WireModel):
    """How far a job is: `done` of `total` in `unit` (null: nobody knows yet), and what was counted by the way."""

    done: int
    total: int | None
    unit: str
    counters: dict[str, int]
    note: str
    updated_at: Instant | None


class JobFaultBody(WireModel):
    """A field of the job's input that is at fault."""

    field: str
    code: str
    message: str


class JobProblemBody(WireModel):
    """Why a job failed, and what to do."""

    code: str
    detail: str
    errors: list[JobFaultBody]


class JobFileBody(WireModel):
    """A file that a job made; `GET /v1/jobs/{jobId}/files` gives links to all."""

    name: str
    content_type: str
    size_bytes: int


class JobBody(WireModel):
    """A job. `parameters` are what it was asked for and `result` what it came to, by its kind."""

    job_id: str
    kind: JobKind
    state: JobState
    title: str
    parameters: dict[str, Any]
    progress: ProgressBody
    result: dict[str, Any] | None
    files: list[JobFileBody]
    problem: JobProblemBody | None
    parent_id: str | None
    owner_id: str
    attempt: int
    cancelled_by: str | None
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    version: int

    @classmethod
    def of(cls, view: JobView) -> JobBody:
        """Return the body of a job."""
        job, progress = view.job, view.progress
        own = {
            name: getattr(job, name)
            for name in cls.model_fields
            if name not in {"job_id", "parameters", "progress", "result", "files", "problem"}
        }
        return cls(
            **own,
            job_id=job.id,
            parameters=json.loads(job.parameters),
            progress=ProgressBody(
                done=progress.done,
                total=progress.total,
                unit=progress.unit,
                counters=dict(progress.counters),
                note=progress.note,
                updated_at=progress.updated_at,
            ),
            result=json.loads(job.result) if job.result is not None else None,
            files=[
                JobFileBody(name=file.name, content_type=file.content_type, size_bytes=file.size_bytes)
                for file in job.files
            ],
            problem=JobProblemBody.model_validate(job.problem.model_dump()) if job.problem else None,
        )
