"""What one kind of job says about its work: how much there is, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from zebros_jobs.domain.job import JobFile, JobKind

__all__ = ["JobResult", "Machines", "Plan", "StepAnswer", "StepOutcome"]

StepOutcome = Literal["small", "large", "done", "again", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much work a job is: `total` in `unit` (rows, records, bytes), None where nobody can know before.

    `large` work is done by a task of its own instead of a function. With `wait_seconds` it cannot begin yet: it is
    asked again after so long.
    """

    total: int | None = None
    unit: str = "rows"
    large: bool = False
    wait_seconds: int = 0


@dataclass(frozen=True, slots=True)
class JobResult:
    """What a job came to: figures as JSON values by name, and its files."""

    summary: Mapping[str, Any] = field(default_factory=dict[str, Any])
    files: tuple[JobFile, ...] = ()


@dataclass(frozen=True, slots=True)
class StepAnswer:
    """What the state machine decides by."""

    outcome: StepOutcome
    wait_seconds: int = 0


class Machines(Protocol):
    """Starts and asks about the state machines of jobs."""

    def start(self, kind: JobKind, tenant_id: str, job_id: str, attempt: int) -> None:
        """Start an attempt; a second start of the same attempt does nothing. Raises UnavailableError."""
        ...

    def is_running(self, kind: JobKind, tenant_id: str, job_id: str, attempt: int) -> bool:
        """Tell whether the attempt's execution has not ended. Raises UnavailableError."""
        ...

    def stop(self, kind: JobKind, tenant_id: str, job_id: str, attempt: int) -> None:
        """End the attempt's execution, and a task that it waits for; none there is as good."""
        ...
