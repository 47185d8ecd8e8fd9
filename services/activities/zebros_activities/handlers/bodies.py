"""What the API shows of activities, comments and timelines."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from zebros_activities.domain.activity import (
    Activity,
    ActivityStatus,
    ActivityType,
    Delivery,
    Participants,
    Priority,
    RelatedType,
)
from zebros_activities.domain.comment import Comment
from zebros_activities.domain.values import Instant as PastOrAhead
from zebros_activities.use_cases.end_series import EndedSeries
from zebros_activities.use_cases.get_timeline import TimelineItem
from zebros_core.http.records import RecordBody
from zebros_core.http.wire import Id, Instant, WireModel
from zebros_core.values import Custom, Name


class ActivityBody(RecordBody):
    """An activity. In lists a longer description is cut, even to nothing, and `descriptionTruncated` says so."""

    activity_id: Id
    type: ActivityType
    subject: str
    description: str | None
    description_truncated: bool
    related_type: RelatedType | None
    related_id: Id | None
    customer_id: Id | None
    scheduled_at: Instant | None
    ends_at: Instant | None
    status: ActivityStatus
    completed_at: Instant | None
    outcome: str | None
    priority: Priority
    location: str | None
    reminder_minutes: int | None
    reminded_at: Instant | None
    recurrence: str | None
    time_zone: str | None
    series_id: Id | None
    occurrence: int | None
    occurrences: int | None
    participants: Participants
    delivery: Delivery | None
    owner_id: str
    team_id: str | None
    external_id: str | None
    tags: list[str]
    custom: Custom

    @classmethod
    def of(cls, activity: Activity, *, whole: bool = False) -> ActivityBody:
        """Return the body of an activity; `whole` says that its description is the whole one."""
        truncated = activity.description_at is not None and not whole
        values = {
            name: getattr(activity, name) for name in cls.model_fields if name != "description_truncated"
        }
        values |= {"tags": sorted(activity.tags), "description_truncated": truncated}
        return cls.model_construct(**values)


class AgendaBody(WireModel):
    """A page of what somebody has on a day. The day is from `from` to before `to`, in `timeZone`."""

    date: date
    time_zone: str
    from_: Annotated[Instant, Field(alias="from")]
    to: Instant
    items: list[ActivityBody]
    next_cursor: str | None


class CompletionRequest(WireModel):
    """How an activity went, and when it was over; without a moment it is over now."""

    outcome: Name | None = None
    completed_at: PastOrAhead | None = None


class EndedSeriesBody(WireModel):
    """The occurrences that were cancelled by this request, by their ids; none when all were before."""

    series_id: Id
    cancelled: list[Id]

    @classmethod
    def of(cls, ended: EndedSeries) -> EndedSeriesBody:
        """Return the body of a series that was ended."""
        return cls(series_id=ended.series_id, cancelled=ended.cancelled)


class CommentBody(WireModel):
    """A comment on an activity."""

    comment_id: Id
    text: str
    author_id: str
    at: Instant

    @classmethod
    def of(cls, comment: Comment) -> CommentBody:
        """Return the body of a comment."""
        return cls.model_construct(**comment.model_dump())


Kind = Annotated[str, StringConstraints(pattern=r"^[a-z]+$")]


class TimelineItemBody(WireModel):
    """Something that happened: to which record, what, and by whom. `changed` names fields, never their values."""

    at: Instant
    kind: Kind
    entity: str
    id: Id
    version: int
    title: str
    operation: str
    actor: str
    changed: list[str]

    @classmethod
    def of(cls, item: TimelineItem) -> TimelineItemBody:
        """Return the body of an item."""
        facts = item.entry.model_dump(exclude={"changed"})
        return cls.model_construct(**facts, title=item.title, changed=list(item.entry.changed))
