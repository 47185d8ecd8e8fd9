"""Erase a person: the texts of what was done with them, the mails to them, and what names them elsewhere.

An activity that is about the person, or in which they took part, is a business record: that it was, when, of what kind
and whose stays; its texts, comments and addresses go. Others that name the person have `[erased]` in that place.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast

from zebros_activities.domain.activity import Activity, beginning
from zebros_activities.domain.email_template import EmailContent
from zebros_activities.domain.timeline import Subject as TimelineSubject
from zebros_activities.repositories import email_contents, email_templates
from zebros_activities.repositories.comments import DELETED_TTL_SECONDS
from zebros_activities.repositories.keys import LOOKUP_TABLE
from zebros_activities.use_cases.collect_personal_data import (
    MAILS_AT_ONCE,
    MAX_OBJECT_BYTES,
    TEMPLATES_AT_ONCE,
    Desk,
    comments_of,
    is_about,
    is_mail_to,
    mail_id,
    templates_of,
    without_person,
)
from zebros_activities.use_cases.descriptions import expiring_text
from zebros_core.dynamodb.operations import WriteOp
from zebros_core.dynamodb.schema import TOMBSTONE_TTL_SECONDS
from zebros_core.errors import DuplicateError, NotFoundError, VersionMismatchError
from zebros_core.privacy.records import RecordErasure, sweep
from zebros_core.privacy.redaction import ERASED, erased, redacted
from zebros_core.privacy.run import ErasureRun, each, once, retained_until
from zebros_core.privacy.steps import Piece

__all__ = ["erasure_steps"]

_SENDER: Final = ("senderName", "senderEmail")
_OBJECTS: Final = "objects:documents"


def erasure_steps(desk: Desk, run: ErasureRun) -> list[tuple[str, Piece]]:
    """Return the steps of the erasure."""
    work = _Erasure(desk, run)
    subject = run.subject
    return [
        ("marks", once(work.mark)),
        ("contacts", each(subject.contact_ids, lambda id: work.forget_title("contact", id))),
        ("leads", each(subject.lead_ids, lambda id: work.forget_title("lead", id))),
        ("people", each(subject.user_ids, work.forget_copy)),
        ("mails", work.look_at_mails),
        ("activities", sweep(desk.workspace.activities, desk.trash, work.look_at_activity)),
        ("templates", work.look_at_templates),
        ("former-templates", work.forget_former_templates),
        ("copies", desk.copies(run).step()),
        ("settle", once(run.ensure_over, work.look_again, work.say_what_ends)),
    ]


class _Erasure:
    def __init__(self, desk: Desk, run: ErasureRun) -> None:
        self._desk, self._run = desk, run
        self._workspace = desk.workspace
        self._activities = RecordErasure(
            run, desk.workspace.activities, desk.history, beside=self._text_beside
        )

    def mark(self) -> None:
        self._desk.marks.put(self._run.subject, self._run.request_id, self._run.now)

    def forget_title(self, entity: str, id: str) -> None:
        if not self._run.holds(LOOKUP_TABLE, entity, id):
            self._workspace.timelines.erase_subject(entity, id)

    def forget_copy(self, user_id: str) -> None:
        if not self._run.holds(LOOKUP_TABLE, "user", user_id):
            self._workspace.people.erase(user_id)

    # -- activities --------------------------------------------------------------------------------------------

    def look_at_activity(self, activity: Activity) -> None:
        if self._run.holds("activities", "activity", activity.activity_id):
            return
        if is_about(self._run.subject, activity):
            self._erase(activity.activity_id)
        else:
            self._look(activity)

    def _erase(self, activity_id: str) -> None:
        """Erase the texts of an activity with the person; that they took part goes last, for by it it is found."""
        if self._activities.empty(activity_id, _without_texts) is None:
            return
        texts = self._workspace.texts
        for version in texts.all(activity_id):
            texts.delete(activity_id, version)
            self._run.count(LOOKUP_TABLE)
        for comment in comments_of(self._workspace, activity_id):
            if comment.text != ERASED:
                without = comment.model_copy(update={"text": ERASED})
                self._workspace.comments.rewrite(activity_id, without, former=comment.text)
                self._run.count(LOOKUP_TABLE)
        stored = self._activities.empty(activity_id, self._without_person)
        if stored is None:
            return
        self._show(stored)
        why = "a business record: that it took place, when, and by whom; its texts and addresses are erased"
        self._run.keep("activities", "activity", activity_id, why, _retained_until(stored))

    def _without_person(self, activity: Activity) -> Activity:
        return without_person(activity, self._run.subject)

    def _look(self, activity: Activity) -> None:
        """Redact an activity that names the person, its texts and comments.

        A long description is redacted first, as a whole; then the record's beginning of it is made anew, which may
        have held the beginning of a name alone.
        """
        id = activity.activity_id
        found = self._redact_texts(activity)
        if self._activities.look(activity, named=found, without=self._redacted):
            present = self._workspace.activities.find_any(id)
            if present is not None:
                self._show(present)
        for comment in comments_of(self._workspace, id):
            if self._run.sought.found_in(comment.text):
                without = comment.model_copy(update={"text": self._run.sought.without(comment.text)})
                self._workspace.comments.rewrite(id, without, former=comment.text)
                self._run.count(LOOKUP_TABLE)

    def _text_beside(self, changed: Activity, stored: Activity) -> Sequence[WriteOp]:
        """Return the write of the end that a long description in the trash has with a new tombstone."""
        del changed
        return expiring_text(self._workspace, stored) if stored.is_deleted else ()

    def _redact_texts(self, activity: Activity) -> bool:
        """Redact the long descriptions, also former ones; tell whether the record does not fit its own (any more)."""
        if activity.description_at is None and activity.version == 1:
            return False
        texts = self._workspace.texts
        kept = texts.all(activity.activity_id)
        for version, text in kept.items():
            if self._run.sought.found_in(text):
                kept[version] = self._run.sought.without(text)
                texts.rewrite(activity.activity_id, version, kept[version], former=text)
                self._run.count(LOOKUP_TABLE)
        whole = kept.get(activity.description_at or 0)
        return whole is not None and not whole.startswith(activity.description or "")

    def _redacted(self, activity: Activity) -> Activity:
        without = redacted(activity, self._run.sought)
        if activity.description_at is None:
            return without
        whole = self._workspace.texts.find(activity.activity_id, activity.description_at)
        if whole is None or whole.startswith(activity.description or ""):
            return without
        # Where the whole fits into the record by now, it stays in its row as well: that does no harm.
        kept, _ = beginning(whole, len((activity.description or "").encode()))
        return without.model_copy(update={"description": kept})

    def _show(self, activity: Activity) -> None:
        """Let timelines show the activity as it is now: its event would do so a little later."""
        self._workspace.timelines.keep_subject(
            TimelineSubject(
                entity="activity",
                id=activity.activity_id,
                version=activity.version,
                title=activity.subject,
                owner_id=activity.owner_id,
                team_id=activity.team_id,
                deleted=activity.is_deleted,
            )
        )

    # -- mails -------------------------------------------------------------------------------------------------

    def look_at_mails(self, cursor: str | None) -> str | None:
        """Erase the mails to the person, and redact others that name them. What was deleted goes whatever it says."""
        documents = self._desk.documents
        page = documents.page(f"{email_contents.FOLDER}/", after=cursor, limit=MAILS_AT_ONCE)
        for found in page.keys:
            if self._run.holds(_OBJECTS, "activity", mail_id(found.key)):
                continue
            body = documents.read(found.key, max_bytes=MAX_OBJECT_BYTES) if found.is_present else None
            mail = cast("dict[str, Any]", json.loads(body)) if body is not None else None
            if mail is None or is_mail_to(self._run.subject, mail):
                self._run.count(_OBJECTS, documents.erase(found.key))
            elif self._run.sought.found_in(mail):
                without = json.dumps(self._without_names(mail), ensure_ascii=False).encode()
                self._run.count(
                    _OBJECTS, documents.replace(found.key, without, content_type="application/json")
                )
        return page.after

    def _without_names(self, mail: dict[str, Any]) -> dict[str, Any]:
        # Who sends is part of headers, and nobody is the sender of a mail that names none.
        senders = {name: "" for name in _SENDER if self._run.sought.found_in(mail.get(name))}
        return self._run.sought.without(mail) | senders

    # -- templates ---------------------------------------------------------------------------------------------

    def look_at_templates(self, cursor: str | None) -> str | None:
        """Redact templates of mails that name the person. Raises ConflictError when others change one meanwhile."""
        templates = templates_of(self._desk)
        sought = self._run.sought
        begun = cursor or "page:"
        page = templates.page(limit=TEMPLATES_AT_ONCE, cursor=begun.removeprefix("page:") or None)
        for template in page.items:
            try:
                content = templates.content(template)
                if not sought.found_in([template.name, template.subject, content.model_dump(mode="json")]):
                    continue
                said = EmailContent.model_validate(sought.without(content.model_dump(mode="json")))
                changed = template.model_copy(
                    update={"name": sought.without(template.name), "subject": said.subject}
                )
                try:
                    templates.replace(changed, said, previous=template)
                except DuplicateError:
                    own = {"name": f"{changed.name} {template.template_id}"}
                    templates.replace(changed.model_copy(update=own), said, previous=template)
            except (NotFoundError, VersionMismatchError):
                return begun  # changed just now: this page once more
            self._run.count(LOOKUP_TABLE)
        return f"page:{page.next_cursor}" if page.next_cursor else None

    def forget_former_templates(self, cursor: str | None) -> str | None:
        """Erase what templates said before: they were deleted when they were replaced, and nobody can read them."""
        documents = self._desk.documents
        page = documents.page(f"{email_templates.FOLDER}/", after=cursor)
        for found in page.keys:
            if not found.is_present:
                self._run.count(_OBJECTS, documents.erase(found.key))
        return page.after

    # -- the end -----------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        for _, id, version in self._run.late:
            self._activities.look_again(id, version)
        self._run.late.clear()

    def say_what_ends(self) -> None:
        why = "answers that were kept for repeated requests; they end by themselves"
        self._run.keep(LOOKUP_TABLE, "idempotency", None, why, self._run.now + timedelta(days=2))
        why = "comments on activities whose time in the trash was over before; they end by themselves"
        outlived = timedelta(seconds=DELETED_TTL_SECONDS - TOMBSTONE_TTL_SECONDS)
        self._run.keep(LOOKUP_TABLE, "comment", None, why, self._run.now + outlived)


def _without_texts(activity: Activity) -> Activity:
    return erased(activity, keep=("participants", "delivery")).model_copy(update={"description_at": None})


def _retained_until(activity: Activity) -> datetime | None:
    if activity.is_open:
        return None
    return retained_until(activity.completed_at or activity.scheduled_at or activity.created_at)
