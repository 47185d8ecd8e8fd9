"""Activities, timelines, e-mails and their templates, as typed objects."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field

from zebros.models.base import Model, Record, Versioned, id_field

__all__ = [
    "Activity",
    "Comment",
    "Delivery",
    "EmailPreview",
    "EmailTemplate",
    "EndedSeries",
    "Participants",
    "TimelineEntry",
]


class Participants(Model):
    """Who takes part, beside the owner."""

    contact_ids: list[str] = Field(default_factory=list[str])
    user_ids: list[str] = Field(default_factory=list[str])


class Delivery(Model):
    """What became of an e-mail."""

    status: str
    message_id: str | None = None
    to: str | None = None
    at: datetime | None = None
    reason: str | None = None


class Activity(Record):
    """A call, meeting, task, note or e-mail, mostly about another record."""

    writable: ClassVar[frozenset[str]] = frozenset(
        {
            *("type", "relatedType", "relatedId", "subject", "description", "scheduledAt", "endsAt"),
            *("completedAt", "status", "outcome", "priority", "location", "reminderMinutes"),
            *("recurrence", "timeZone", "participants"),
            *("ownerId", "teamId", "externalId", "tags", "custom"),
        }
    )

    id: str = id_field("activityId")
    type: str
    related_type: str | None = None
    related_id: str | None = None
    customer_id: str | None = None
    subject: str
    description: str | None = None
    description_truncated: bool = False
    scheduled_at: datetime | None = None
    ends_at: datetime | None = None
    completed_at: datetime | None = None
    status: str = "open"
    outcome: str | None = None
    priority: str = "normal"
    location: str | None = None
    reminder_minutes: int | None = None
    recurrence: str | None = None
    time_zone: str | None = None
    series_id: str | None = None
    occurrence: int | None = None
    occurrences: int | None = None
    participants: Participants = Field(default_factory=Participants)
    reminded_at: datetime | None = None
    delivery: Delivery | None = None

    def writable_json(self) -> dict[str, Any]:
        body = super().writable_json()
        if self.description_truncated:
            # Only the beginning is known here; written back, it would take the place of the whole.
            body.pop("description", None)
        return body


class EndedSeries(Model):
    """The occurrences that were cancelled when a series was ended, by their ids."""

    series_id: str
    cancelled: list[str] = Field(default_factory=list[str])


class Comment(Model):
    """What somebody said about an activity."""

    id: str = id_field("commentId")
    text: str
    author_id: str
    at: datetime | None = None


class TimelineEntry(Model):
    """Something that happened to a record or about it. `changed` names fields; `history` has their values."""

    at: datetime | None = None
    kind: str
    entity: str
    id: str
    version: int = 0
    title: str = ""
    operation: str = ""
    actor: str = ""
    changed: list[str] = Field(default_factory=list[str])


class EmailTemplate(Versioned):
    """A text for e-mails with places for values. In a list it comes without text and HTML."""

    writable: ClassVar[frozenset[str]] = frozenset({"name", "subject", "text", "html"})

    id: str = id_field("templateId")
    name: str
    subject: str
    text: str | None = None
    html: str | None = None


class EmailPreview(Model):
    """An e-mail as it would be sent."""

    subject: str
    text: str
    html: str | None = None
