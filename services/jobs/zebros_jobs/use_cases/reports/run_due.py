"""Make the report of a schedule whose time has come: once for each moment at which one is due.

It runs with the rights that its owner has now. An owner who has left, or may not have reports made any more, leaves a
schedule that is paused and says why, until somebody else resumes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from zebros_core.auth.permissions import Rights
from zebros_core.errors import UnavailableError, VersionMismatchError
from zebros_core.tenancy import TenantContext
from zebros_jobs.domain.job import Job, JobKind
from zebros_jobs.domain.reports.ports import ReportScheduler
from zebros_jobs.domain.reports.request import ReportParameters, ReportRequest
from zebros_jobs.domain.reports.schedule import LastRun, Paused, ReportSchedule
from zebros_jobs.repositories.report_schedules import ReportScheduleRepository
from zebros_jobs.use_cases.reports.people import acting_as, people_by_id, sees_reports
from zebros_jobs.use_cases.reports.start_report import job_title
from zebros_jobs.use_cases.reports.zone import time_zone, today_in
from zebros_jobs.use_cases.start_job import start_job
from zebros_jobs.use_cases.workspace import Workspace

__all__ = ["run_due"]

_MAX_RACES = 5


@dataclass(frozen=True, slots=True)
class _Once:
    """What makes a second start of the same moment the same job."""

    key: str
    fingerprint: str


def run_due(
    system: Workspace,
    rights: Rights,
    workspace_of: Callable[[TenantContext], Workspace],
    scheduler: ReportScheduler,
    schedule_id: str,
) -> Job | None:
    """Start the report that is due of a schedule; None when none is. May be said any number of times.

    `system` is our machinery's, `workspace_of` gives that of whoever the report is made for. Raises UnavailableError.
    """
    tenant_id = system.context.tenant_id
    schedules = ReportScheduleRepository(system.lookup)
    schedule = schedules.find(schedule_id)
    if schedule is None:
        scheduler.remove(tenant_id, schedule_id)
        return None
    settings = system.tenant().settings
    due = schedule.due(system.now, time_zone(settings))
    if due is None:
        return None
    person = people_by_id(system.system_door("auth"), [schedule.owner_id]).get(schedule.owner_id)
    if person is None or not sees_reports(rights, system.context, person, "write"):
        _pause(schedules, schedule, "ownerLeft" if person is None else "ownerLacksPermission", system.now)
        return None
    asked = ReportParameters(
        **{name: getattr(schedule.report, name) for name in ReportRequest.model_fields},
        today=today_in(settings, due),
        recipients=schedule.recipients,
    )
    if asked.title is None:
        asked = asked.model_copy(update={"title": schedule.name[:80]})
    key = f"{schedule.schedule_id}:{int(due.timestamp())}"
    job = start_job(
        workspace_of(acting_as(system.context, person)),
        JobKind.REPORT,
        title=job_title(asked),
        parameters=asked.model_dump_json(by_alias=True),
        parent_id=schedule.schedule_id,
        repeat=_Once(key, hashlib.sha256(key.encode()).hexdigest()[:32]),
    )
    _note(schedules, schedule_id, LastRun(due_at=due, job_id=job.id))
    return job


def _note(schedules: ReportScheduleRepository, schedule_id: str, run: LastRun) -> None:
    for _ in range(_MAX_RACES):
        schedule = schedules.find(schedule_id)
        if schedule is None or (schedule.last_run is not None and schedule.last_run.due_at >= run.due_at):
            return
        try:
            schedules.save(schedule.model_copy(update={"last_run": run}), previous=schedule)
            return
        except VersionMismatchError:
            continue
    raise UnavailableError(detail="the schedule changes faster than it can be written")


def _pause(
    schedules: ReportScheduleRepository,
    schedule: ReportSchedule,
    reason: Literal["ownerLeft", "ownerLacksPermission"],
    now: datetime,
) -> None:
    try:
        paused = Paused(reason=reason, at=now)
        # Who has the former version open is to see the pause before they change anything.
        changed = schedule.model_copy(update={"paused": paused, "version": schedule.version + 1})
        schedules.save(changed, previous=schedule)
    except VersionMismatchError as error:
        raise UnavailableError(detail="the schedule was changed at this moment") from error
