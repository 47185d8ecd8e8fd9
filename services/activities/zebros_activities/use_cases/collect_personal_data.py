"""Say everything that this service holds on a person: activities and mails with them, timelines, what names them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, TypeAlias, cast

from zebros_activities.domain.activity import Activity, DeliveryStatus
from zebros_activities.domain.comment import Comment
from zebros_activities.domain.email import KeptEmail
from zebros_activities.domain.timeline import Entry
from zebros_activities.repositories import email_contents, email_templates
from zebros_activities.repositories.email_contents import EmailContents
from zebros_activities.repositories.email_templates import EmailTemplateRepository
from zebros_activities.repositories.keys import ACTIVITIES, LOOKUP_TABLE
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.errors import NotFoundError
from zebros_core.privacy.calls import CollectedFile, CollectedItem
from zebros_core.privacy.collecting import RecordCollection
from zebros_core.privacy.desk import PrivacyDesk
from zebros_core.privacy.marks import ERASED_VERSION
from zebros_core.privacy.records import sweep
from zebros_core.privacy.redaction import erased
from zebros_core.privacy.run import CollectionRun, each
from zebros_core.privacy.steps import Piece
from zebros_core.privacy.subject import Subject

__all__ = [
    "TEMPLATES_AT_ONCE",
    "Desk",
    "collection_steps",
    "comments_of",
    "identify_person",
    "is_about",
    "is_mail_to",
    "mail_id",
    "templates_of",
    "without_person",
]

Desk: TypeAlias = PrivacyDesk[Workspace]

MAX_MAILS: Final = 500
"""Mails to a person that are looked through for attachments, the newest first."""
MAX_OBJECT_BYTES: Final = 4 * 1024 * 1024
MAILS_AT_ONCE: Final = 50
TEMPLATES_AT_ONCE: Final = 20
_PAGE: Final = 100
_DELIVERIES: Final = frozenset(status.value for status in DeliveryStatus)


def identify_person(desk: Desk, subject: Subject) -> Subject:
    """Return the subject with the documents that went with the newest 500 mails to them."""
    contents = EmailContents(desk.objects)
    mails: dict[str, None] = {}
    for contact_id in subject.contact_ids:
        for entry in _timeline(desk, "contact", contact_id):
            if entry.entity == "activity" and entry.kind in _DELIVERIES:
                mails[entry.id] = None
            if len(mails) == MAX_MAILS:
                break
    kept = [contents.find(activity_id) for activity_id in mails]
    documents = [ref.document_id for mail in kept if mail is not None for ref in mail.attachments]
    return subject.joined(document_ids=documents)


def collection_steps(desk: Desk, run: CollectionRun) -> list[tuple[str, Piece]]:
    """Return the steps that collect: what is kept under the person's ids, then whatever is about them or names them."""
    work = _Collection(desk, run)
    subject = run.subject
    return [
        ("contacts", each(subject.contact_ids, lambda id: work.add_timeline("contact", id))),
        ("leads", each(subject.lead_ids, lambda id: work.add_timeline("lead", id))),
        ("people", each(subject.user_ids, work.add_person)),
        ("activities", sweep(desk.workspace.activities, desk.trash, work.look_at_activity)),
        ("mails", work.look_at_mails),
        ("templates", work.look_at_templates),
    ]


def is_about(subject: Subject, activity: Activity) -> bool:
    """Tell whether a person is whom an activity is about, or took part in it."""
    if activity.related_id in subject.contact_ids or activity.related_id in subject.lead_ids:
        return True
    if not set(activity.participants.contact_ids).isdisjoint(subject.contact_ids):
        return True
    return activity.delivery is not None and activity.delivery.to in subject.emails


def without_person(activity: Activity, subject: Subject) -> Activity:
    """Return an activity without its texts and addresses, in which the person does not take part; others still do."""
    stay = tuple(id for id in activity.participants.contact_ids if id not in subject.contact_ids)
    participants = activity.participants.model_copy(update={"contact_ids": stay})
    return erased(activity, keep=("participants",)).model_copy(
        update={"participants": participants, "description_at": None}
    )


def is_mail_to(subject: Subject, mail: dict[str, Any]) -> bool:
    """Tell whether a kept mail is to the person."""
    return mail.get("contactId") in subject.contact_ids or mail.get("to") in subject.emails


def mail_id(key: str) -> str:
    """Return the activity of a mail that is kept under a key."""
    return key.rpartition("/")[2].removesuffix(".json")


def comments_of(workspace: Workspace, activity_id: str) -> Iterator[Comment]:
    """Give the comments on an activity, oldest first."""
    cursor: str | None = None
    while True:
        page = workspace.comments.page(activity_id, limit=_PAGE, cursor=cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def templates_of(desk: Desk) -> EmailTemplateRepository:
    """Return the tenant's e-mail templates."""
    return EmailTemplateRepository(desk.workspace.activities.store, desk.objects)


def _timeline(desk: Desk, entity: str, id: str) -> Iterator[Entry]:
    cursor: str | None = None
    while True:
        page = desk.workspace.timelines.page([(entity, id)], limit=_PAGE, cursor=cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


class _Collection:
    def __init__(self, desk: Desk, run: CollectionRun) -> None:
        self._desk, self._run = desk, run
        self._workspace = desk.workspace
        self._activities = RecordCollection(run, ACTIVITIES, desk.workspace.history)

    def add_timeline(self, entity: str, id: str) -> None:
        """Add what timelines show of a record of the person, and what is on its own; nothing of one that was erased."""
        subject = self._workspace.timelines.subjects([(entity, id)]).get((entity, id))
        if subject is not None and subject.version == ERASED_VERSION:
            return
        if subject is not None and subject.title:
            data = subject.model_dump(mode="json", by_alias=True)
            self._row(
                "subject", f"{entity}/{id}", data, title="personal", ownerId="business", teamId="business"
            )
        for entry in _timeline(self._desk, entity, id):
            data = {"of": {"entity": entity, "id": id}, **entry.model_dump(mode="json", by_alias=True)}
            self._row("timeline", f"{entity}/{id}/{entry.entity}/{entry.id}/{entry.version}", data)

    def add_person(self, user_id: str) -> None:
        """Add the copy of a person's record that this service keeps."""
        person = self._workspace.people.find(user_id)
        if person is not None and person.name:
            data = person.model_dump(mode="json", by_alias=True)
            self._row("person", user_id, data, name="personal", email="personal", timeZone="personal")

    def look_at_activity(self, activity: Activity) -> None:
        """Add an activity with the person, whole; or one that names them, and the comments that do."""
        about = is_about(self._run.subject, activity)
        whole = self._whole(activity)
        if about and without_person(activity, self._run.subject) == activity:
            self._activities.about(activity)  # erased already: what is left is a business record
            return
        if about:
            self._activities.own(whole)
        else:
            self._activities.look(whole)
        for comment in comments_of(self._workspace, activity.activity_id):
            if about or self._run.sought.found_in(comment.text):
                data = {"activityId": activity.activity_id, **comment.model_dump(mode="json", by_alias=True)}
                self._row("comment", f"{activity.activity_id}/{comment.comment_id}", data, text="personal")

    def look_at_mails(self, cursor: str | None) -> str | None:
        """Add the mails to the person, and those that name them."""
        page = self._desk.documents.page(f"{email_contents.FOLDER}/", after=cursor, limit=MAILS_AT_ONCE)
        for found in page.keys:
            body = self._desk.documents.read(found.key, max_bytes=MAX_OBJECT_BYTES)
            mail = cast("dict[str, Any]", json.loads(body)) if body is not None else None
            if mail is None:
                continue
            if is_mail_to(self._run.subject, mail) or self._run.sought.found_in(mail):
                self._add_mail(found.key, mail)
        return page.after

    def look_at_templates(self, cursor: str | None) -> str | None:
        """Add the templates of mails that name the person."""
        templates = templates_of(self._desk)
        page = templates.page(limit=TEMPLATES_AT_ONCE, cursor=cursor)
        for template in page.items:
            try:
                content = templates.content(template)
            except NotFoundError:
                continue  # changed or deleted just now
            data = template.model_dump(mode="json", by_alias=True, exclude={"create_fingerprint"})
            said = content.model_dump(mode="json", by_alias=True)
            if self._run.sought.found_in({**data, **said}):
                self._row(
                    email_templates.ENTITY,
                    template.template_id,
                    {**data, **said},
                    **dict.fromkeys(("name", "subject", "text", "html"), "business"),
                )
        return page.next_cursor

    def _whole(self, activity: Activity) -> Activity:
        if activity.description_at is None:
            return activity
        text = self._workspace.texts.find(activity.activity_id, activity.description_at)
        return activity if text is None else activity.model_copy(update={"description": text})

    def _add_mail(self, key: str, mail: dict[str, Any]) -> None:
        kept = KeptEmail.model_validate(mail)
        files = [
            CollectedFile(
                bucket="documents",
                key=ref.object_key,
                name=ref.file_name,
                content_type=ref.content_type,
                size_bytes=ref.size_bytes,
            )
            for ref in kept.attachments
        ]
        self._run.add(
            CollectedItem(
                store="objects:documents",
                entity="email",
                id=mail_id(key),
                data=mail,
                classification=dict.fromkeys(mail, "personal") | {"contactId": "business"},
                files=files,
            )
        )

    def _row(self, entity: str, id: str, data: dict[str, Any], **classes: str) -> None:
        classification = dict.fromkeys(data, "system") | classes
        self._run.add(
            CollectedItem(store=LOOKUP_TABLE, entity=entity, id=id, data=data, classification=classification)
        )
