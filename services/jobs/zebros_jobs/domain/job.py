"""The job: work that takes longer than a request, what it was asked for, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from zebros_core.dynamodb.entity import BUSINESS, PERSONAL, SYSTEM, Instant, StoredEntity
from zebros_core.values import Value

__all__ = ["ENDED", "KEPT_STOPPING", "OPEN", "Acting", "Job", "JobFile", "JobKind", "JobProblem", "JobState"]


class JobKind(StrEnum):
    """What a job does. Each kind has a state machine of its own."""

    IMPORT = "import"
    UNDO = "undo"
    EXPORT = "export"
    REPORT = "report"
    PRIVACY = "privacy"
    BACKUP = "backup"
    RESTORE = "restore"
    RETENTION = "retention"


class JobState(StrEnum):
    """Where a job is on its way. `awaitingFile` is an import whose file or mapping is not there yet."""

    AWAITING_FILE = "awaitingFile"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN: Final = frozenset({JobState.AWAITING_FILE, JobState.QUEUED, JobState.RUNNING})
ENDED: Final = frozenset(JobState) - OPEN


class Acting(Value):
    """As whom a job works: the rights that its requester had when it was started."""

    user_id: str
    team_id: str | None = None
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()


class JobFile(Value):
    """A file that a job made. `purpose` is the bucket: transfers, reports or backups; `key` the object in it."""

    name: str
    purpose: str
    key: str
    content_type: str
    size_bytes: int


class JobProblem(Value):
    """Why a job failed: a stable code, a sentence that says what to do, the fields of its input that are at fault."""

    code: str
    detail: str
    errors: tuple[Mapping[str, str], ...] = ()


KEPT_STOPPING: Final = JobProblem(
    code="kept-stopping",
    detail="It stopped again and again without an end. What it had done is kept; tell whoever runs the platform.",
)


class Job(StoredEntity):
    """A job as it is kept. Its progress is a row of its own, which is written much more often.

    `parameters` and `result` are JSON texts whose shape each kind defines. `attempt` counts executions of the state
    machine; `parent_id` names the job that an undo undoes, or the schedule that a report came from. `openTenant` is an
    index of jobs that have not ended. `id` is the job's own; `job_id`, as of every record, names a job that wrote it.
    """

    id: Annotated[str, SYSTEM]
    kind: Annotated[JobKind, BUSINESS]
    state: Annotated[JobState, SYSTEM] = JobState.QUEUED
    title: Annotated[str, PERSONAL] = ""
    parameters: Annotated[str, PERSONAL] = "{}"
    acting: Annotated[Acting, SYSTEM]
    parent_id: Annotated[str | None, SYSTEM] = None
    attempt: Annotated[int, SYSTEM, Field(ge=1)] = 1
    started_at: Annotated[Instant | None, SYSTEM] = None
    finished_at: Annotated[Instant | None, SYSTEM] = None
    told_at: Annotated[Instant | None, SYSTEM] = None
    """When its owner is told of its end: of one that failed, or took so long that nobody waits for it any more."""
    cancelled_by: Annotated[str | None, SYSTEM] = None
    result: Annotated[str | None, BUSINESS] = None
    files: Annotated[tuple[JobFile, ...], BUSINESS] = ()
    problem: Annotated[JobProblem | None, BUSINESS] = None
    owner_id: Annotated[str, BUSINESS]
    team_id: Annotated[str | None, BUSINESS] = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state in ENDED

    def index_attributes(self) -> Mapping[str, str]:
        """Return the attributes that only indexes need."""
        keys = {"kindKey": self.kind.value}
        if self.state in {JobState.QUEUED, JobState.RUNNING}:
            keys["openTenant"] = "open"
        return keys
