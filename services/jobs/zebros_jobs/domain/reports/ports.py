"""What reports are counted and written with, as the work of a report sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from zebros_jobs.domain.reports.periods import Period
from zebros_jobs.domain.reports.request import ReportFormat, ReportParameters
from zebros_jobs.domain.reports.result import ReportResult
from zebros_jobs.domain.reports.schedule import ReportSchedule

__all__ = ["Attachment", "Engine", "Engines", "ReportMail", "ReportMailer", "ReportScheduler", "Writers"]


class Engine(Protocol):
    """Tables of one report, and its query."""

    def load(self, table: str, parts: Sequence[Path]) -> int:
        """Fill a table from files of JSON lines, compressed or not, and return how many rows it has; what was in it
        before is gone.
        """
        ...

    def count(
        self, asked: ReportParameters, steps: Sequence[Period], *, by: str | None
    ) -> list[Mapping[str, Any]]:
        """Return what the report's query counts, by step, member of `by` and, of money, currency."""
        ...


class Engines(Protocol):
    """Makes engines."""

    def __call__(self, folder: Path) -> AbstractContextManager[Engine]:
        """Return an engine that works in a folder, and reaches nothing else."""
        ...


class Writers(Protocol):
    """Writes reports as files."""

    def write(self, form: ReportFormat, result: ReportResult, out: BinaryIO) -> None:
        """Write a report in a format; the same report gives the same bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a mail."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ReportMail:
    """A report on its way to somebody. `tags` say in the mail service's events what the mail was."""

    to: str
    sender_name: str
    subject: str
    text: str
    html: str
    at: datetime
    id: str
    attachments: tuple[Attachment, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


class ReportMailer(Protocol):
    """Hands mails over, each in one attempt."""

    @property
    def enabled(self) -> bool:
        """Whether the stage has an address to send from."""
        ...

    def send(self, mail: ReportMail) -> str:
        """Hand a mail over and return the mail service's id of it.

        Raises NotTakenError when it was certainly not taken, RefusedError when it never will be,
        DeliveryUncertainError when nobody knows.
        """
        ...


class ReportScheduler(Protocol):
    """What wakes schedules up at their times. A schedule that is woken for nothing does nothing."""

    def put(self, tenant_id: str, schedule: ReportSchedule, zone: str) -> None:
        """Wake a schedule from now on at its times, in this zone unless it has its own. Raises UnavailableError."""
        ...

    def remove(self, tenant_id: str, schedule_id: str) -> None:
        """Wake it no more; one that is not there is as good. Raises UnavailableError."""
        ...
