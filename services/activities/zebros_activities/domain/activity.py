"""The activity: a call, meeting, task, note or e-mail, mostly on a record of a customer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from zebros_activities.domain.values import Instant, LongText, TimeZone
from zebros_core.dynamodb.entity import BUSINESS, PERSONAL, SYSTEM, StoredEntity
from zebros_core.values import Custom, ExternalId, Name, PrincipalId, RecordId, ShortText, Tags, Value

MAX_PARTICIPANTS: Final = 10
"""People of one kind, contacts or users, who take part in an activity."""

MAX_REMINDER_MINUTES: Final = 28 * 24 * 60
MAX_RULE: Final = 200
"""Characters of a recurrence."""

INLINE_BYTES: Final = 100
"""A description up to this size is part of most records; a longer one is a side item."""

BEGINNING_BYTES: Final = 60
"""What the record keeps of a longer description, for lists."""


class ActivityType(StrEnum):
    """What kind of activity."""

    CALL = "call"
    MEETING = "meeting"
    TASK = "task"
    NOTE = "note"
    EMAIL = "email"


class ActivityStatus(StrEnum):
    """Open until it was completed or cancelled."""

    OPEN = "open"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    """How much it matters."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class RelatedType(StrEnum):
    """The entities that activities are about."""

    CUSTOMER = "customer"
    CONTACT = "contact"
    LEAD = "lead"
    OPPORTUNITY = "opportunity"


class DeliveryStatus(StrEnum):
    """What became of an e-mail; `uncertain`: the mail service did not say whether it took it."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


class Delivery(Value):
    """The sending of an e-mail: to whom, how far it is, under which id the mail service knows it."""

    status: Annotated[DeliveryStatus, BUSINESS]
    to: Annotated[str, PERSONAL]
    at: Annotated[Instant, BUSINESS]
    message_id: Annotated[str | None, SYSTEM] = None
    reason: Annotated[str | None, BUSINESS] = None


def _each_once(ids: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(ids)) != len(ids):
        raise PydanticCustomError("repeated", "each participant once")
    return ids


class Participants(Value):
    """Who takes part beside the owner: contacts, and people of the tenant."""

    contact_ids: Annotated[
        tuple[RecordId, ...], Field(max_length=MAX_PARTICIPANTS), AfterValidator(_each_once), PERSONAL
    ] = ()
    user_ids: Annotated[
        tuple[PrincipalId, ...], Field(max_length=MAX_PARTICIPANTS), AfterValidator(_each_once), BUSINESS
    ] = ()


_NOBODY: Final = Participants()

ReminderMinutes = Annotated[int, Field(ge=0, le=MAX_REMINDER_MINUTES)]
RuleText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_RULE)]
Subject = Name


class ActivityDraft(Value):
    """What a caller may set on an activity.

    Owner, team and status stay as they are unless given. Which values go together: `check_draft`.
    """

    type: ActivityType
    subject: Subject
    description: LongText | None = None
    related_type: RelatedType | None = None
    related_id: RecordId | None = None
    scheduled_at: Instant | None = None
    ends_at: Instant | None = None
    status: ActivityStatus | None = None
    completed_at: Instant | None = None
    outcome: Name | None = None
    priority: Priority = Priority.NORMAL
    location: ShortText | None = None
    reminder_minutes: ReminderMinutes | None = None
    recurrence: RuleText | None = None
    time_zone: TimeZone | None = None
    participants: Participants = Participants.model_construct()
    owner_id: PrincipalId | None = None
    team_id: PrincipalId | None = None
    external_id: ExternalId | None = None
    tags: Tags = frozenset()
    custom: Custom = Field(default_factory=dict)


class Activity(StoredEntity):
    """An activity as it is kept.

    `customer_id` is that of the related record, `description` the beginning of one that has no room in the record: the
    whole is then in the side item that version `description_at` wrote. `reminded_at` is when somebody was
    reminded of the present time; another time is reminded of again.
    """

    activity_id: Annotated[str, SYSTEM]
    type: Annotated[ActivityType, BUSINESS]
    subject: Annotated[str, PERSONAL]
    description: Annotated[str | None, PERSONAL] = None
    description_at: Annotated[int | None, SYSTEM] = None
    related_type: Annotated[RelatedType | None, BUSINESS] = None
    related_id: Annotated[str | None, BUSINESS] = None
    customer_id: Annotated[str | None, BUSINESS] = None
    scheduled_at: Annotated[Instant | None, BUSINESS] = None
    ends_at: Annotated[Instant | None, BUSINESS] = None
    status: Annotated[ActivityStatus, BUSINESS] = ActivityStatus.OPEN
    completed_at: Annotated[Instant | None, BUSINESS] = None
    outcome: Annotated[str | None, PERSONAL] = None
    priority: Annotated[Priority, BUSINESS] = Priority.NORMAL
    location: Annotated[str | None, PERSONAL] = None
    reminder_minutes: Annotated[int | None, BUSINESS] = None
    reminded_at: Annotated[Instant | None, SYSTEM] = None
    recurrence: Annotated[str | None, BUSINESS] = None
    time_zone: Annotated[str | None, BUSINESS] = None
    series_id: Annotated[str | None, SYSTEM] = None
    occurrence: Annotated[int | None, SYSTEM] = None
    occurrences: Annotated[int | None, SYSTEM] = None
    participants: Annotated[Participants, PERSONAL] = Participants.model_construct()
    delivery: Annotated[Delivery | None, PERSONAL] = None
    owner_id: Annotated[str, BUSINESS]
    team_id: Annotated[str | None, BUSINESS] = None

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """Return the values as they are stored, or with `mode="json"` as they are sent.

        What a read gives back by itself is not stored, so that more records fit one kilobyte.
        """
        values = super().model_dump(**options)
        if options.get("mode") != "json":
            if self.priority is Priority.NORMAL:
                values.pop("priority", None)
            if self.participants == _NOBODY:
                values.pop("participants", None)
        return values

    @property
    def is_open(self) -> bool:
        """Whether it still has to be done."""
        return self.status is ActivityStatus.OPEN

    @property
    def room_for_text(self) -> int:
        """How many bytes of a description the record holds: none where it has much else, to stay below a kilobyte.

        Those of a series are held all the same: each side item takes a place in the one transaction that makes it.
        """
        wide = self.delivery is not None or self.participants != _NOBODY
        return 0 if wide and self.recurrence is None else INLINE_BYTES

    @property
    def reminder_at(self) -> datetime | None:
        """When its owner is to be reminded of it; None for never."""
        if self.scheduled_at is None or self.reminder_minutes is None:
            return None
        return self.scheduled_at - timedelta(minutes=self.reminder_minutes)

    def draft(self) -> ActivityDraft:
        """Return the part that a caller may set, as it is kept: of a long description only the beginning."""
        return ActivityDraft.model_construct(
            **{name: getattr(self, name) for name in ActivityDraft.model_fields}
        )

    def revised(self, draft: ActivityDraft, now: datetime) -> Activity:
        """Return this activity with the draft's values, but its description; owner, team and status stay unless
        given. One that is completed without a moment was completed at `now`, and another time is reminded of again.
        """
        values: dict[str, Any] = {
            name: getattr(draft, name) for name in ActivityDraft.model_fields if name != "description"
        }
        values["owner_id"] = draft.owner_id or self.owner_id
        values["team_id"] = draft.team_id or self.team_id
        status = draft.status or self.status
        values["status"] = status
        if status is not ActivityStatus.COMPLETED:
            values["completed_at"] = None
        elif draft.completed_at is None:
            values["completed_at"] = self.completed_at or now
        revised = self.model_copy(update=values)
        if revised.reminder_at != self.reminder_at:
            revised = revised.model_copy(update={"reminded_at": None})
        return revised

    def unique_values(self) -> dict[str, str]:
        """Return nothing: two activities may be alike."""
        return {}

    def index_attributes(self) -> Mapping[str, str]:
        """Return the attributes that only indexes need; those that do not apply keep it out of their index."""
        derived = {"atKey": time_key(self.scheduled_at or self.created_at)}
        if self.related_id is not None:
            derived["relatedKey"] = self.related_id
        if self.scheduled_at is not None:
            derived["dayKey"] = day_key(self.scheduled_at)
            if self.is_open:
                derived["dueKey"] = time_key(self.scheduled_at)
        return derived


_FIRST_INSTANT: Final = datetime(1900, 1, 1, tzinfo=UTC)


def time_key(at: datetime) -> str:
    """Return the sort key of an instant: its milliseconds since 1900 as eleven hexadecimal digits.

    Half as long as the instant itself, which every activity has in three indexes.
    """
    return f"{(at - _FIRST_INSTANT) // timedelta(milliseconds=1):011x}"


def day_key(at: datetime) -> str:
    """Return the UTC day of an instant, as the index of days is partitioned."""
    return f"{at.astimezone(UTC):%Y%m%d}"


def beginning(text: str, room: int) -> tuple[str | None, bool]:
    """Return what a record with so many bytes of room keeps of a description, and whether that is all of it."""
    data = text.encode()
    if len(data) <= room:
        return text, True
    kept = data[: min(room, BEGINNING_BYTES)].decode(errors="ignore").rstrip()
    return kept or None, False
