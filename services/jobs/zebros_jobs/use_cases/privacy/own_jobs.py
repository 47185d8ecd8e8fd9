"""Rows of jobs that name a person: titles, parameters, results, files that are gone, notes of progress, holds."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from zebros_core.errors import ConflictError, VersionMismatchError
from zebros_core.privacy.redaction import is_named_in, redacted
from zebros_core.privacy.subject import Subject
from zebros_core.privacy.texts import Sought
from zebros_jobs.domain.job import Job
from zebros_jobs.domain.privacy import PrivateRequest
from zebros_jobs.repositories.legal_holds import LegalHolds
from zebros_jobs.repositories.private_requests import PrivateRequests
from zebros_jobs.repositories.report_schedules import ReportScheduleRepository
from zebros_jobs.use_cases.reports.schedules import forget_person
from zebros_jobs.use_cases.workspace import Workspace

__all__ = ["JobPage", "OwnJobs", "is_about"]

_PAGE: Final = 100
_MOST_RACES: Final = 8


@dataclass(frozen=True, slots=True)
class JobPage:
    """Jobs of a page that name the person, how many of their rows do, and where to go on; None at the end."""

    jobs: list[Job]
    rows: int
    cursor: str | None


class OwnJobs:
    """One tenant's rows of jobs. Its workspace is that of erasures: events of its writes carry no former values."""

    def __init__(self, workspace: Workspace, subject: Subject) -> None:
        self._workspace = workspace
        self._subject = subject
        self._sought = Sought(subject.emails, subject.names)
        self._private = PrivateRequests(workspace.lookup)
        self._holds = LegalHolds(workspace.lookup)

    def page(self, cursor: str | None) -> JobPage:
        """Return the jobs of a page of all that name the person."""
        page = self._workspace.jobs.page_by_creation(limit=_PAGE, cursor=cursor)
        progress = self._workspace.progress.get_all([job.id for job in page.items])
        named = [job for job in page.items if is_named_in(job, self._sought)]
        noted = [
            job
            for job in page.items
            if self._sought.found_in({"note": progress[job.id].note, "at": progress[job.id].checkpoint})
        ]
        jobs = {job.id: job for job in (*named, *noted)}
        return JobPage(list(jobs.values()), len(named) + len(noted), page.next_cursor)

    def redact(self, job: Job) -> None:
        """Put `[erased]` where a job names the person, in its row and in that of its progress."""
        self._change(job.id, lambda present: redacted(present, self._sought))
        self._workspace.progress.rewrite(job.id, self._sought.without)

    def drop_files(self, job_id: str, keys: Collection[str]) -> None:
        """Take files that are gone from a job's list."""

        def without(job: Job) -> Job:
            left = tuple(file for file in job.files if file.key not in keys)
            return job if left == job.files else job.model_copy(update={"files": left})

        self._change(job_id, without)

    def private_rows(self, but: str) -> list[str]:
        """Return the jobs, but one, whose own row of a privacy request is about the person."""
        return [
            job_id
            for job_id, request in self._private.all()
            if job_id != but and is_about(request, self._subject)
        ]

    def forget_private_row(self, job_id: str) -> bool:
        """Erase the row of another request about the person, unless it is being worked on; whether it was."""
        job = self._workspace.jobs.find(job_id)
        if job is not None and not job.has_ended:
            return False  # it erases its row at its own end
        self._private.erase(job_id)
        return True

    def redact_holds(self) -> int:
        """Put `[erased]` where reasons of holds name the person, and forget ended holds on them; return how many."""
        today = self._workspace.now.date()
        changed = 0
        for hold in self._holds.all():
            if not hold.is_in_force(today) and not hold.all and hold.holds(self._subject):
                self._holds.remove(hold.id)
            elif self._sought.found_in(hold.reason):
                self._holds.replace(hold.model_copy(update={"reason": self._sought.without(hold.reason)}))
            else:
                continue
            changed += 1
        return changed

    def redact_schedules(self) -> int:
        """Put `[erased]` where names of schedules name the person, and take a user out of them; return how many.

        Raises ConflictError for endless races.
        """
        schedules = ReportScheduleRepository(self._workspace.lookup)
        for _ in range(_MOST_RACES):
            try:
                return self._redact_schedules(schedules)
            except VersionMismatchError:
                continue  # one of them ran meanwhile
        raise ConflictError("A schedule of reports changes faster than somebody can be taken out of it.")

    def _redact_schedules(self, schedules: ReportScheduleRepository) -> int:
        changed = sum(
            forget_person(schedules, user_id, self._workspace.now) for user_id in self._subject.user_ids
        )
        for schedule in list(schedules.all()):
            if self._sought.found_in(schedule.name):
                name = self._sought.without(schedule.name)
                schedules.save(schedule.model_copy(update={"name": name}), previous=schedule)
                changed += 1
        return changed

    def _change(self, job_id: str, change: Callable[[Job], Job]) -> None:
        while True:
            job = self._workspace.jobs.find(job_id)
            if job is None:
                return
            try:
                self._workspace.jobs.save(change(job), previous=job)
                return
            except VersionMismatchError:
                continue  # it moved on meanwhile


def is_about(request: PrivateRequest, subject: Subject) -> bool:
    """Tell whether a privacy request is about somebody."""
    known = request.subject or request.asked
    return any(
        not set(getattr(known, name)).isdisjoint(getattr(subject, name))
        for name in ("contact_ids", "lead_ids", "user_ids", "emails")
    )
