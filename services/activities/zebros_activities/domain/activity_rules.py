"""Which values of an activity go together, and what may still change on one that exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from zebros_activities.domain.activity import Activity, ActivityDraft, ActivityStatus
from zebros_core.errors import FieldError, ValidationError

MAX_CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far a caller's clock may be ahead of ours: what was completed later than that has not happened yet."""


def check_draft(draft: ActivityDraft, now: datetime, former: Activity | None = None) -> None:
    """Raise ValidationError naming each value that does not go with the others, or with what there is already.

    What only goes with a time (`endsAt`, `reminderMinutes`, `recurrence`) needs `scheduledAt`; `relatedType` and
    `relatedId` go together; `completedAt` goes with the status completed and is not ahead; the recurrence of a
    series and its time zone are fixed when it is made.
    """
    faults = [*_relation(draft), *_times(draft), *_completion(draft, now, former), *_series(draft, former)]
    if faults:
        detail = faults[0].message if len(faults) == 1 else "values that do not go together"
        raise ValidationError(detail, fields=faults)


def _relation(draft: ActivityDraft) -> Iterator[FieldError]:
    message = "relatedType and relatedId go together"
    if draft.related_type is None and draft.related_id is not None:
        yield FieldError("/relatedType", "missing", message)
    if draft.related_id is None and draft.related_type is not None:
        yield FieldError("/relatedId", "missing", message)


def _times(draft: ActivityDraft) -> Iterator[FieldError]:
    if draft.scheduled_at is None:
        for name in ("ends_at", "reminder_minutes", "recurrence"):
            if getattr(draft, name) is not None:
                alias = ActivityDraft.model_fields[name].alias
                yield FieldError(f"/{alias}", "needs_scheduled_at", f"{alias} goes with scheduledAt only")
    elif draft.ends_at is not None and draft.ends_at < draft.scheduled_at:
        yield FieldError("/endsAt", "before_start", "endsAt is before scheduledAt")


def _completion(draft: ActivityDraft, now: datetime, former: Activity | None) -> Iterator[FieldError]:
    at = draft.completed_at
    if at is None or (former is not None and at == former.completed_at):
        return
    status = draft.status or (former.status if former else ActivityStatus.OPEN)
    if status is not ActivityStatus.COMPLETED:
        yield FieldError("/completedAt", "not_completed", "completedAt goes with the status completed only")
    elif at > now + MAX_CLOCK_SKEW:
        yield FieldError("/completedAt", "in_the_future", "completedAt is not ahead of the present")


def _series(draft: ActivityDraft, former: Activity | None) -> Iterator[FieldError]:
    if former is None:
        if draft.time_zone is not None and draft.recurrence is None:
            yield FieldError("/timeZone", "needs_recurrence", "timeZone goes with a recurrence only")
        return
    message = "a series is fixed when it is made: end it, and make another one"
    if draft.recurrence != former.recurrence:
        yield FieldError("/recurrence", "immutable", message)
    elif draft.time_zone not in {None, former.time_zone}:
        yield FieldError("/timeZone", "immutable", message)
