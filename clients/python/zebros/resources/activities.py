"""Activities, timelines, e-mails and their templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Unpack

from zebros.calls import activities as calls
from zebros.calls.activities import (
    ActivityFields,
    ActivityType,
    RelatedType,
    TemplateFields,
    TimelineEntity,
)
from zebros.listing import Listing
from zebros.models import Activity, Comment, EmailPreview, EmailTemplate, EndedSeries, TimelineEntry
from zebros.resources.collection import ExternalCollection
from zebros.resources.executor import Executor

__all__ = ["Activities", "ActivitySort", "ActivityStatus", "EmailTemplates", "Emails"]

ActivitySort = Literal["scheduledAt", "-scheduledAt", "createdAt", "-createdAt"]
ActivityStatus = Literal["open", "completed", "cancelled"]


class Activities(ExternalCollection[Activity]):
    """`client.activities`"""

    def __init__(self, client: Executor) -> None:
        super().__init__(client, calls.ACTIVITIES)
        self.comments = Comments(client)

    def create(self, *, idempotency_key: str | None = None, **fields: Unpack[ActivityFields]) -> Activity:
        """Plan an activity, or log one; with `recurrence` all of its occurrences, and the first is returned."""
        return self._client.execute(self._routes.create(fields, idempotency_key=idempotency_key))

    def upsert(self, external_id: str, /, **fields: Unpack[ActivityFields]) -> Activity:
        """Create the activity of this external id, or make it like these fields: others are emptied."""
        return self._client.execute(self._routes.upsert(external_id, fields))

    def list(
        self,
        *,
        owner: str | None = None,
        team: str | None = None,
        type: ActivityType | None = None,
        related: str | None = None,
        customer: str | None = None,
        status: ActivityStatus | None = None,
        from_: datetime | None = None,
        to: datetime | None = None,
        sort: ActivitySort | None = None,
        page_size: int | None = None,
    ) -> Listing[Activity]:
        """All activities that match, fetched page by page as they are read."""
        call = calls.list_(
            owner=owner,
            team=team,
            type=type,
            related=related,
            customer=customer,
            status=status,
            from_=from_,
            to=to,
            sort=sort,
            limit=page_size,
        )
        return Listing(call, self._client.execute)

    def today(
        self, *, owner: str | None = None, time_zone: str | None = None, page_size: int | None = None
    ) -> Listing[Activity]:
        """What somebody, you if not given, has on the day that it is in their time zone."""
        call = calls.list_("today", owner=owner, timeZone=time_zone, limit=page_size)
        return Listing(call, self._client.execute)

    def upcoming(
        self,
        *,
        customer: str | None = None,
        related: str | None = None,
        owner: str | None = None,
        page_size: int | None = None,
    ) -> Listing[Activity]:
        """What is open and still ahead, next first: of a customer, a record or a person; else your own."""
        call = calls.list_("upcoming", customer=customer, related=related, owner=owner, limit=page_size)
        return Listing(call, self._client.execute)

    def overdue(
        self, *, owner: str | None = None, team: str | None = None, page_size: int | None = None
    ) -> Listing[Activity]:
        """Open ones whose time has come and gone, oldest first."""
        call = calls.list_("overdue", owner=owner, team=team, limit=page_size)
        return Listing(call, self._client.execute)

    def completed(
        self, *, owner: str | None = None, since: datetime | None = None, page_size: int | None = None
    ) -> Listing[Activity]:
        """What somebody, you if not given, has done, latest first."""
        call = calls.list_("completed", owner=owner, since=since, limit=page_size)
        return Listing(call, self._client.execute)

    def complete(
        self,
        activity_id: str,
        *,
        outcome: str | None = None,
        completed_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Activity:
        """Say that it is done, now if not said when."""
        call = calls.complete(
            activity_id, outcome=outcome, completed_at=completed_at, idempotency_key=idempotency_key
        )
        return self._client.execute(call)

    def reopen(self, activity_id: str, *, idempotency_key: str | None = None) -> Activity:
        """Make it open again."""
        return self._client.execute(
            self._routes.act(activity_id, "reopen", None, idempotency_key=idempotency_key)
        )

    def end_series(self, activity_id: str, *, idempotency_key: str | None = None) -> EndedSeries:
        """End the series with this occurrence: the open ones after it are cancelled."""
        return self._client.execute(calls.end_series(activity_id, idempotency_key=idempotency_key))

    def timeline(
        self, entity: TimelineEntity, record_id: str, *, page_size: int | None = None
    ) -> Listing[TimelineEntry]:
        """All that happened to a record and about it, newest first."""
        return Listing(calls.timeline(entity, record_id, page_size=page_size), self._client.execute)


class Comments:
    """`client.activities.comments`"""

    def __init__(self, client: Executor) -> None:
        self._client = client

    def list(self, activity_id: str, *, page_size: int | None = None) -> Listing[Comment]:
        """What was said about an activity."""
        return Listing(calls.comments(activity_id, page_size=page_size), self._client.execute)

    def add(self, activity_id: str, text: str, *, idempotency_key: str | None = None) -> Comment:
        """Say something about an activity."""
        return self._client.execute(calls.add_comment(activity_id, text, idempotency_key=idempotency_key))

    def remove(self, activity_id: str, comment_id: str) -> None:
        """Take a comment back."""
        self._client.execute(calls.remove_comment(activity_id, comment_id))


class Emails:
    """`client.emails`"""

    def __init__(self, client: Executor) -> None:
        self._client = client

    def send(
        self,
        contact_id: str,
        *,
        template_id: str | None = None,
        values: Mapping[str, Any] | None = None,
        subject: str | None = None,
        text: str | None = None,
        html: str | None = None,
        related_type: RelatedType | None = None,
        related_id: str | None = None,
        attachments: Sequence[str] = (),
        idempotency_key: str | None = None,
    ) -> Activity:
        """Send a contact an e-mail, from a template or as written here; `attachments` are ids of documents.

        Returns the activity that logs it, whose `delivery` says later what became of it. Raises ConflictError
        or ValidationError for somebody who wants no mail or has no address.
        """
        call = calls.send_email(
            contact_id,
            template_id=template_id,
            values=values,
            subject=subject,
            text=text,
            html=html,
            related_type=related_type,
            related_id=related_id,
            attachments=attachments,
            idempotency_key=idempotency_key,
        )
        return self._client.execute(call)


class EmailTemplates:
    """`client.email_templates`"""

    def __init__(self, client: Executor) -> None:
        self._client = client
        self._routes = calls.TEMPLATES

    def list(self, *, page_size: int | None = None) -> Listing[EmailTemplate]:
        """The tenant's templates."""
        return Listing(self._routes.list(limit=page_size), self._client.execute)

    def get(self, template_id: str, /) -> EmailTemplate:
        """Read a template."""
        return self._client.execute(self._routes.get(template_id))

    def create(
        self, *, idempotency_key: str | None = None, **fields: Unpack[TemplateFields]
    ) -> EmailTemplate:
        """Create a template. Raises ValidationError for one that does not parse, or has code in it."""
        return self._client.execute(self._routes.create(fields, idempotency_key=idempotency_key))

    def replace(self, template: EmailTemplate) -> EmailTemplate:
        """Write the template as it stands, if its version is still current.

        One from a list has no text: `get` it first.
        """
        body = {name: value for name, value in template.writable_json().items() if value is not None}
        return self._client.execute(self._routes.replace(template.id, body, template.version))

    def delete(self, template_id: str, *, version: int | None = None) -> None:
        """Remove a template; what was sent from it stays as it was."""
        self._client.execute(self._routes.delete(template_id, version))

    def preview(
        self,
        template_id: str,
        *,
        contact_id: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> EmailPreview:
        """How a template comes out for a contact or with these values. Nothing is sent."""
        return self._client.execute(calls.preview(template_id, contact_id=contact_id, values=values))

    def preview_draft(
        self,
        *,
        subject: str,
        text: str,
        html: str | None = None,
        contact_id: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> EmailPreview:
        """As `preview`, for texts that are not stored yet."""
        draft = {"subject": subject, "text": text, "html": html}
        return self._client.execute(calls.preview(None, draft=draft, contact_id=contact_id, values=values))
