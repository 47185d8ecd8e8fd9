"""Keep schedules of reports. They are the company's: whoever may set them up sees and changes all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from zebros_core.dynamodb.paging import Page
from zebros_core.errors import ConflictError, ForbiddenError, VersionMismatchError
from zebros_core.records.unique import RequestKey
from zebros_jobs.domain.reports.ports import ReportScheduler
from zebros_jobs.domain.reports.schedule import MAX_SCHEDULES, Paused, ReportSchedule, ScheduleDraft
from zebros_jobs.repositories.report_schedules import ReportScheduleRepository
from zebros_jobs.use_cases.reports.people import people_by_id, resolve_recipients
from zebros_jobs.use_cases.reports.zone import time_zone, today_in
from zebros_jobs.use_cases.workspace import Workspace

__all__ = [
    "ScheduleView",
    "change_schedule",
    "create_schedule",
    "delete_schedule",
    "forget_person",
    "get_schedule",
    "list_schedules",
]


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """A schedule, and when its next report is due; None while it is paused."""

    schedule: ReportSchedule
    time_zone: str
    next_due_at: datetime | None


def list_schedules(workspace: Workspace, *, limit: int, cursor: str | None) -> Page[ScheduleView]:
    """Return a page of schedules, the oldest first."""
    workspace.visibility("report", "write")
    page = _schedules(workspace).page(limit=limit, cursor=cursor)
    return Page([_view(workspace, each) for each in page.items], page.next_cursor)


def get_schedule(workspace: Workspace, schedule_id: str) -> ScheduleView:
    """Return a schedule. Raises NotFoundError."""
    workspace.visibility("report", "write")
    return _view(workspace, _schedules(workspace).get(schedule_id))


def create_schedule(
    workspace: Workspace,
    scheduler: ReportScheduler,
    draft: ScheduleDraft,
    *,
    repeat: RequestKey | None = None,
) -> ScheduleView:
    """Keep a schedule of the caller's; a repeated request gets the first one's.

    Raises ValidationError, ForbiddenError for who is no person (a schedule runs with its owner's rights as they are
    then, and an integration's are in its tokens), ConflictError for too many.
    """
    workspace.visibility("report", "write")
    context, schedules = workspace.context, _schedules(workspace)
    draft.check(today_in(workspace.tenant().settings, workspace.now))
    recipients = _people(workspace, draft)
    id = workspace.jobs.new_id("create-report-schedule", repeat)
    present = schedules.find(id)
    if present is not None:
        return _view(workspace, present)
    if schedules.count() >= MAX_SCHEDULES:
        raise ConflictError(f"A company has at most {MAX_SCHEDULES} schedules of reports; delete one first.")
    now = workspace.now
    schedule = ReportSchedule(
        schedule_id=id,
        name=draft.name,
        report=draft.report,
        recurrence=draft.recurrence,
        recipients=recipients,
        owner_id=context.user_id,
        paused=Paused(reason="byRequest", at=now) if draft.paused else None,
        since=now,
        created_at=now,
        created_by=context.user_id,
        updated_at=now,
        updated_by=context.user_id,
    )
    # First what wakes it: woken for one that is not kept, the handler takes it out again.
    scheduler.put(context.tenant_id, schedule, _zone(workspace))
    schedules.create(schedule)
    return _view(workspace, schedules.get(id))


def change_schedule(
    workspace: Workspace,
    scheduler: ReportScheduler,
    schedule_id: str,
    change: Callable[[ScheduleDraft], ScheduleDraft],
    *,
    expected_version: int | None,
) -> ScheduleView:
    """Keep a changed schedule; `change` makes the new draft of the present one.

    Whoever resumes one that was paused for its owner's sake owns it from then on.

    Raises NotFoundError, ValidationError, VersionMismatchError for a lost race.
    """
    workspace.visibility("report", "write")
    context, schedules, now = workspace.context, _schedules(workspace), workspace.now
    present = schedules.get(schedule_id)
    if expected_version is not None and expected_version != present.version:
        raise VersionMismatchError(present.version)
    draft = change(present.draft())
    draft.check(today_in(workspace.tenant().settings, now))
    recipients = _people(workspace, draft)
    resumed = present.paused is not None and not draft.paused
    taken_over = resumed and present.paused is not None and present.paused.reason != "byRequest"
    paused = (present.paused or Paused(reason="byRequest", at=now)) if draft.paused else None
    moved = resumed or draft.recurrence != present.recurrence
    changed = present.model_copy(
        update={
            "name": draft.name,
            "report": draft.report,
            "recurrence": draft.recurrence,
            "recipients": recipients,
            "owner_id": context.user_id if taken_over else present.owner_id,
            "paused": paused,
            # What was due while it was paused, or by another recurrence, is not made up for.
            "since": now if moved else present.since,
            "version": present.version + 1,
            "updated_at": now,
            "updated_by": context.user_id,
        }
    )
    scheduler.put(context.tenant_id, changed, _zone(workspace))
    return _view(workspace, schedules.save(changed, previous=present))


def delete_schedule(
    workspace: Workspace, scheduler: ReportScheduler, schedule_id: str, *, expected_version: int | None
) -> None:
    """Delete a schedule; reports that it has made stay. Raises NotFoundError, VersionMismatchError."""
    workspace.visibility("report", "write")
    schedules = _schedules(workspace)
    present = schedules.get(schedule_id)
    if expected_version is not None and expected_version != present.version:
        raise VersionMismatchError(present.version)
    scheduler.remove(workspace.context.tenant_id, schedule_id)
    schedules.delete(schedule_id)


def forget_person(schedules: ReportScheduleRepository, user_id: str, now: datetime) -> int:
    """Take somebody out of all recipients, and pause what they own; how many schedules that concerned.

    For an erasure: a schedule holds nothing of people but their ids.
    """
    concerned = 0
    for schedule in list(schedules.all()):
        if user_id not in schedule.recipients and user_id != schedule.owner_id:
            continue
        left = tuple(each for each in schedule.recipients if each != user_id)
        owned = schedule.owner_id == user_id
        paused = schedule.paused or (Paused(reason="ownerLeft", at=now) if owned else None)
        changed = schedule.model_copy(update={"recipients": left, "paused": paused})
        if changed == schedule:
            continue  # it was forgotten already
        schedules.save(changed, previous=schedule)
        concerned += 1
    return concerned


def _people(workspace: Workspace, draft: ScheduleDraft) -> tuple[str, ...]:
    door = workspace.system_door("auth")
    if workspace.context.user_id not in people_by_id(door, [workspace.context.user_id]):
        raise ForbiddenError("schedules of reports belong to people of the company")
    return resolve_recipients(door, workspace.rights, workspace.context, draft.recipients)


def _schedules(workspace: Workspace) -> ReportScheduleRepository:
    return ReportScheduleRepository(workspace.lookup)


def _zone(workspace: Workspace) -> str:
    return time_zone(workspace.tenant().settings)


def _view(workspace: Workspace, schedule: ReportSchedule) -> ScheduleView:
    zone = schedule.recurrence.time_zone or _zone(workspace)
    following = schedule.recurrence.following(max(workspace.now, schedule.since), zone)
    return ScheduleView(schedule, zone, None if schedule.paused is not None else following)
