"""Work that takes longer than a request: jobs, what they came to, and what they are asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from zebros.models.base import Model
from zebros.models.records import Upload

__all__ = [
    "Certificate",
    "ImportColumn",
    "ImportPreview",
    "ImportRow",
    "Job",
    "JobFile",
    "JobProblem",
    "JobProgress",
    "LegalHold",
    "LinkedFile",
    "NewImport",
    "Report",
    "ReportSchedule",
    "Retention",
]

ENDED = frozenset({"succeeded", "failed", "cancelled"})


class JobProgress(Model):
    """How far a job is: `done` of `total` in `unit`; None while nobody knows the total."""

    done: int = 0
    total: int | None = None
    unit: str = "rows"
    counters: dict[str, int] = Field(default_factory=dict[str, int])
    note: str = ""
    updated_at: datetime | None = None


class JobProblem(Model):
    """Why a job failed, and what to do."""

    code: str
    detail: str
    errors: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])


class JobFile(Model):
    """A file that a job made."""

    name: str
    content_type: str = ""
    size_bytes: int = 0


class LinkedFile(JobFile):
    """A file, and where to get it until when."""

    url: str
    expires_at: datetime | None = None


class Job(Model):
    """Work that was started. `parameters` are what it was asked for, `result` what it came to, by its kind."""

    id: str = Field(alias="jobId")
    kind: str
    state: str
    title: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict[str, Any])
    progress: JobProgress = JobProgress()
    result: dict[str, Any] | None = None
    files: list[JobFile] = Field(default_factory=list[JobFile])
    problem: JobProblem | None = None
    parent_id: str | None = None
    owner_id: str | None = None
    attempt: int = 1
    cancelled_by: str | None = None
    version: int = 0
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state in ENDED


class NewImport(Model):
    """An import whose file is still to come; without an upload it has one already."""

    job: Job
    upload: Upload | None = None


class ImportColumn(Model):
    """A column of a file, and the field that it seems to be."""

    name: str
    suggestion: dict[str, Any] | None = None


class ImportPreview(Model):
    """How a file is read: dialect, columns, mapping, and the first rows as records."""

    dialect: dict[str, Any] = Field(default_factory=dict[str, Any])
    sheets: list[str] = Field(default_factory=list[str])
    columns: list[ImportColumn] = Field(default_factory=list[ImportColumn])
    mapping: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    rows: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    problem: str | None = None


class ImportRow(Model):
    """What became of one row."""

    row: int
    line: int
    outcome: str
    id: str | None = None
    problem: dict[str, Any] | None = None


class Report(Model):
    """A report; `result` has columns, rows, totals and the comparison, None while it is being made."""

    id: str = Field(alias="jobId")
    report: str
    state: str
    result: dict[str, Any] | None = None


class ReportSchedule(Model):
    """A report that is made and mailed at its times."""

    id: str = Field(alias="scheduleId")
    name: str
    report: dict[str, Any] = Field(default_factory=dict[str, Any])
    recurrence: dict[str, Any] = Field(default_factory=dict[str, Any])
    recipients: list[str] = Field(default_factory=list[str])
    paused: dict[str, Any] | None = None
    last_run: dict[str, Any] | None = None
    next_due_at: datetime | None = None
    version: int = 0


class LegalHold(Model):
    """What may not be erased, why, and until when."""

    id: str = Field(alias="holdId")
    subject: dict[str, Any] | None = None
    record: dict[str, Any] | None = None
    all: bool = False
    reason: str = ""
    until: str | None = None
    in_force: bool = True
    created_at: datetime | None = None
    created_by: str | None = None


class Retention(Model):
    """How long a tenant keeps what: None keeps it."""

    business_years: int = 7
    erase_business_records: bool = False
    inactive_contact_months: int | None = None
    lost_lead_months: int | None = None
    converted_lead_months: int | None = None
    job_file_days: int | None = None
    updated_at: datetime | None = None
    preview_job_id: str | None = None


class Certificate(Model):
    """What an erasure did, signed: anybody who has the key can check it without us."""

    certificate: dict[str, Any]
    signed: str
    public_key: str
