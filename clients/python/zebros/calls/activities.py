"""Operations on activities, timelines, e-mails and their templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Required, TypedDict

from zebros.calls import records
from zebros.calls.call import (
    Call,
    instant_text,
    listing,
    pages_of,
    path,
    post_headers,
    query_of,
    read_model,
    read_nothing,
    read_record,
    to_api_names,
)
from zebros.models import (
    Activity,
    Comment,
    EmailPreview,
    EmailTemplate,
    EndedSeries,
    Page,
    Participants,
    TimelineEntry,
)

__all__ = [
    "ActivityFields",
    "ActivityType",
    "RelatedType",
    "TemplateFields",
    "TimelineEntity",
]

ActivityType = Literal["call", "meeting", "task", "note", "email"]
RelatedType = Literal["customer", "contact", "lead", "opportunity"]
TimelineEntity = RelatedType


class ActivityFields(TypedDict, total=False):
    """What may be given for an activity. `recurrence` is the RRULE of a series that ends (RFC 5545)."""

    type: Required[ActivityType]
    subject: Required[str]
    description: str | None
    related_type: RelatedType | None
    related_id: str | None
    scheduled_at: datetime | None
    ends_at: datetime | None
    completed_at: datetime | None
    status: Literal["open", "completed", "cancelled"]
    outcome: str | None
    priority: Literal["low", "normal", "high"]
    location: str | None
    reminder_minutes: int | None
    recurrence: str | None
    time_zone: str | None
    participants: Participants | Mapping[str, Sequence[str]]
    owner_id: str | None
    team_id: str | None
    external_id: str | None
    tags: list[str] | set[str]
    custom: Mapping[str, Any]


class TemplateFields(TypedDict, total=False):
    """What may be given for a template; a place in its texts looks like `{{ contact.firstName }}`."""

    name: Required[str]
    subject: Required[str]
    text: Required[str]
    html: str | None


ACTIVITIES = records.Routes("activities", Activity)
TEMPLATES = records.Routes("email-templates", EmailTemplate)


def list_(
    below: str | None = None, **query: str | int | datetime | None
) -> Callable[[str | None], Call[Page[Activity]]]:
    """A list of activities: all, or one of the ready-made ones (`today`, `overdue`, ...)."""
    written = {
        name.rstrip("_"): instant_text(each) if isinstance(each, datetime) else each
        for name, each in query.items()
    }
    target = f"{ACTIVITIES.root}/{below}" if below else ACTIVITIES.root
    return listing(Activity, target, query_of(**written))


def complete(
    activity_id: str,
    *,
    outcome: str | None,
    completed_at: datetime | None,
    idempotency_key: str | None,
) -> Call[Activity]:
    optional = {"outcome": outcome, "completed_at": completed_at}
    body = {name: each for name, each in optional.items() if each is not None}
    return ACTIVITIES.act(activity_id, "complete", body, idempotency_key=idempotency_key)


def end_series(activity_id: str, *, idempotency_key: str | None) -> Call[EndedSeries]:
    return Call(
        "POST",
        ACTIVITIES.path(activity_id, "end-series"),
        read_model(EndedSeries),
        headers=post_headers(idempotency_key),
    )


def comments(activity_id: str, *, page_size: int | None) -> Callable[[str | None], Call[Page[Comment]]]:
    load: Callable[[dict[str, Any]], Comment] = Comment.model_validate
    return pages_of(load, ACTIVITIES.path(activity_id, "comments"), query_of(limit=page_size))


def add_comment(activity_id: str, text: str, *, idempotency_key: str | None) -> Call[Comment]:
    return Call(
        "POST",
        ACTIVITIES.path(activity_id, "comments"),
        read_model(Comment),
        json={"text": text},
        headers=post_headers(idempotency_key),
    )


def remove_comment(activity_id: str, comment_id: str) -> Call[None]:
    return Call("DELETE", ACTIVITIES.path(activity_id, path("comments/{}", comment_id)), read_nothing)


def timeline(
    entity: str, record_id: str, *, page_size: int | None
) -> Callable[[str | None], Call[Page[TimelineEntry]]]:
    load: Callable[[dict[str, Any]], TimelineEntry] = TimelineEntry.model_validate
    return pages_of(load, path("/v1/timeline/{}/{}", entity, record_id), query_of(limit=page_size))


def send_email(
    contact_id: str,
    *,
    template_id: str | None,
    values: Mapping[str, Any] | None,
    subject: str | None,
    text: str | None,
    html: str | None,
    related_type: str | None,
    related_id: str | None,
    attachments: Sequence[str],
    idempotency_key: str | None,
) -> Call[Activity]:
    optional = {
        "template_id": template_id,
        "subject": subject,
        "text": text,
        "html": html,
        "related_type": related_type,
        "related_id": related_id,
        "attachments": list(attachments) or None,
    }
    body = {"contact_id": contact_id, **{name: each for name, each in optional.items() if each is not None}}
    return Call(
        "POST",
        "/v1/emails",
        read_record(Activity),
        json={**to_api_names(body), **_values(values)},
        headers=post_headers(idempotency_key),
    )


def preview(
    template_id: str | None,
    *,
    draft: Mapping[str, str | None] | None = None,
    contact_id: str | None,
    values: Mapping[str, Any] | None,
) -> Call[EmailPreview]:
    """How a stored template, or with None the `draft` of one, comes out."""
    target = f"{TEMPLATES.root}:preview" if template_id is None else TEMPLATES.path(template_id, "preview")
    body: dict[str, Any] = {name: each for name, each in (draft or {}).items() if each is not None}
    if contact_id is not None:
        body["contactId"] = contact_id
    return Call(
        "POST",
        target,
        read_model(EmailPreview),
        json={**body, **_values(values)},
        headers=post_headers(None),
    )


def _values(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """The values for a template's places, whose names are the template's and not the API's."""
    return {} if values is None else {"values": dict(values)}
