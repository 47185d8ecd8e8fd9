"""Activities, timelines, e-mails and their templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Unpack

from zebros.aio.collection import AsyncExternalCollection
from zebros.aio.executor import AsyncExecutor
from zebros.calls import activities as calls
from zebros.calls.activities import (
    ActivityFields,
    ActivityType,
    RelatedType,
    TemplateFields,
    TimelineEntity,
)
from zebros.listing import AsyncListing
from zebros.models import Activity, Comment, EmailPreview, EmailTemplate, EndedSeries, TimelineEntry
from zebros.resources.activities import ActivitySort, ActivityStatus

__all__ = ["AsyncActivities", "AsyncEmailTemplates", "AsyncEmails"]


class AsyncActivities(AsyncExternalCollection[Activity]):
    """`client.activities`"""

    def __init__(self, client: AsyncExecutor) -> None:
        super().__init__(client, calls.ACTIVITIES)
        self.comments = AsyncComments(client)

    async def create(
        self, *, idempotency_key: str | None = None, **fields: Unpack[ActivityFields]
    ) -> Activity:
        """Plan an activity, or log one; with `recurrence` all of its occurrences, and the first is returned."""
        return await self._client.execute(self._routes.create(fields, idempotency_key=idempotency_key))

    async def upsert(self, external_id: str, /, **fields: Unpack[ActivityFields]) -> Activity:
        """Create the activity of this external id, or make it like these fields: others are emptied."""
        return await self._client.execute(self._routes.upsert(external_id, fields))

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
    ) -> AsyncListing[Activity]:
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
        return AsyncListing(call, self._client.execute)

    def today(
        self, *, owner: str | None = None, time_zone: str | None = None, page_size: int | None = None
    ) -> AsyncListing[Activity]:
        """What somebody, you if not given, has on the day that it is in their time zone."""
        call = calls.list_("today", owner=owner, timeZone=time_zone, limit=page_size)
        return AsyncListing(call, self._client.execute)

    def upcoming(
        self,
        *,
        customer: str | None = None,
        related: str | None = None,
        owner: str | None = None,
        page_size: int | None = None,
    ) -> AsyncListing[Activity]:
        """What is open and still ahead, next first: of a customer, a record or a person; else your own."""
        call = calls.list_("upcoming", customer=customer, related=related, owner=owner, limit=page_size)
        return AsyncListing(call, self._client.execute)

    def overdue(
        self, *, owner: str | None = None, team: str | None = None, page_size: int | None = None
    ) -> AsyncListing[Activity]:
        """Open ones whose time has come and gone, oldest first."""
        call = calls.list_("overdue", owner=owner, team=team, limit=page_size)
        return AsyncListing(call, self._client.execute)

    def completed(
        self, *, owner: str | None = None, since: datetime | None = None, page_size: int | None = None
    ) -> AsyncListing[Activity]:
        """What somebody, you if not given, has done, latest first."""
        call = calls.list_("completed", owner=owner, since=since, limit=page_size)
        return AsyncListing(call, self._client.execute)

    async def complete(
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
        return await self._client.execute(call)

    async def reopen(self, activity_id: str, *, idempotency_key: str | None = None) -> Activity:
        """Make it open again."""
        return await self._client.execute(
            self._routes.act(activity_id, "reopen", None, idempotency_key=idempotency_key)
        )

    async def end_series(self, activity_id: str, *, idempotency_key: str | None = None) -> EndedSeries:
        """End the series with this occurrence: the open ones after it are cancelled."""
        return await self._client.execute(calls.end_series(activity_id, idempotency_key=idempotency_key))

    def timeline(
        self, entity: TimelineEntity, record_id: str, *, page_size: int | None = None
    ) -> AsyncListing[TimelineEntry]:
        """All that happened to a record and about it, newest first."""
        return AsyncListing(calls.timeline(entity, record_id, page_size=page_size), self._client.execute)


class AsyncComments:
    """`client.activities.comments`"""

    def __init__(self, client: AsyncExecutor) -> None:
        self._client = client

    def list(self, activity_id: str, *, page_size: int | None = None) -> AsyncListing[Comment]:
        """What was said about an activity."""
        return AsyncListing(calls.comments(activity_id, page_size=page_size), self._client.execute)

    async def add(self, activity_id: str, text: str, *, idempotency_key: str | None = None) -> Comment:
        """Say something about an activity."""
        return await self._client.execute(
            calls.add_comment(activity_id, text, idempotency_key=idempotency_key)
        )

    async def remove(self, activity_id: str, comment_id: str) -> None:
        """Take a comment back."""
        await self._client.execute(calls.remove_comment(activity_id, comment_id))


class AsyncEmails:
    """`client.emails`"""

    def __init__(self, client: AsyncExecutor) -> None:
        self._client = client

    async def send(
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
        return await self._client.execute(call)


class AsyncEmailTemplates:
    """`client.email_templates`"""

    def __init__(self, client: AsyncExecutor) -> None:
        self._client = client
        self._routes = calls.TEMPLATES

    def list(self, *, page_size: int | None = None) -> AsyncListing[EmailTemplate]:
        """The tenant's templates."""
        return AsyncListing(self._routes.list(limit=page_size), self._client.execute)

    async def get(self, template_id: str, /) -> EmailTemplate:
        """Read a template."""
        return await self._client.execute(self._routes.get(template_id))

    async def create(
        self, *, idempotency_key: str | None = None, **fields: Unpack[TemplateFields]
    ) -> EmailTemplate:
        """Create a template. Raises ValidationError for one that does not parse, or has code in it."""
        return await self._client.execute(self._routes.create(fields, idempotency_key=idempotency_key))

    async def replace(self, template: EmailTemplate) -> EmailTemplate:
        """Write the template as it stands, if its version is still current.

        One from a list has no text: `get` it first.
        """
        body = {name: value for name, value in template.writable_json().items() if value is not None}
        return await self._client.execute(self._routes.replace(template.id, body, template.version))

    async def delete(self, template_id: str, *, version: int | None = None) -> None:
        """Remove a template; what was sent from it stays as it was."""
        await self._client.execute(self._routes.delete(template_id, version))

    async def preview(
        self,
        template_id: str,
        *,
        contact_id: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> EmailPreview:
        """How a template comes out for a contact or with these values. Nothing is sent."""
        return await self._client.execute(calls.preview(template_id, contact_id=contact_id, values=values))

    async def preview_draft(
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
        return await self._client.execute(
            calls.preview(None, draft=draft, contact_id=contact_id, values=values)
        )
