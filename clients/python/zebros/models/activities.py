"""Activities, timelines, e-mails and their templates, as typed objects."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field

from zebros.models.base import Model, Record, id_field
from zebros.models.records import FieldChange

__all__ = [
    "Activity",
    "Comment",
    "Delivery",
    "EmailPreview",
    "EmailTemplate",
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
    participants: Participants = Field(default_factory=Participants)
    reminded_at: datetime | None = None
    delivery: Delivery | None = None

    def writable_json(self) -> dict[str, Any]:
        body = super().writable_json()
        if self.description_truncated:
            # Only the beginning is known here; written back, it would take the place of the whole.
            body.pop("description", None)
        return body


class Comment(Model):
    """What somebody said about an activity."""

    id: str = id_field("commentId")
    text: str
    created_at: datetime | None = None
    created_by: str | None = None


class TimelineEntry(Model):
    """Something that happened to a record or about it."""

    at: datetime | None = None
    kind: str
    entity: str
    id: str
    title: str | None = None
    operation: str | None = None
    actor: str | None = None
    changes: dict[str, FieldChange] | None = None


class EmailTemplate(Record):
    """A text for e-mails with places for values."""

    writable: ClassVar[frozenset[str]] = frozenset({"name", "subject", "text", "html"})

    id: str = id_field("templateId")
    name: str
    subject: str
    text: str
    html: str | None = None


class EmailPreview(Model):
    """An e-mail as it would be sent."""

    subject: str
    text: str
    html: str | None = None
