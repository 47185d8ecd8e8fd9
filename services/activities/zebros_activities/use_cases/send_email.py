"""Write a mail to a contact: check whether it may go, keep what it says, and log it as an activity that sends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from zebros_activities.domain.activity import (
    Activity,
    ActivityDraft,
    ActivityType,
    Delivery,
    DeliveryStatus,
    Participants,
    RelatedType,
)
from zebros_activities.domain.activity_rules import check_draft
from zebros_activities.domain.email import MAX_ATTACHMENT_BYTES, AttachmentRef, EmailDraft, KeptEmail
from zebros_activities.domain.email_template import EmailContent, moved_to
from zebros_activities.domain.values import MAX_DESCRIPTION
from zebros_activities.use_cases.create_activity import create_activity
from zebros_activities.use_cases.email_desk import EmailDesk
from zebros_activities.use_cases.manage_email_templates import read_template
from zebros_activities.use_cases.relations import customer_of
from zebros_core.auth.permissions import can_see
from zebros_core.dynamodb.repository import Created
from zebros_core.errors import (
    FieldError,
    ForbiddenError,
    IdempotencyKeyReusedError,
    NotFoundError,
    ValidationError,
)
from zebros_core.records.unique import RequestKey

_AVAILABLE: Final = "available"


def send_email(desk: EmailDesk, draft: EmailDraft, *, repeat: RequestKey | None = None) -> Created[Activity]:
    """Queue a mail to a contact that the caller may see; return the activity, whose `delivery` tells how far it is.

    Raises ForbiddenError for a contact that the caller may see and not write to, and ValidationError naming field and
    rule: an unknown contact, one without an address, who is not to be contacted or whose address takes no mail; an
    unknown template; a template or text that breaks the rules or names what has no value; attachments that cannot be
    seen, are not uploaded or are too large together.
    """
    workspace = desk.workspace
    workspace.visibility("email", "send")
    activity_id = workspace.activities.new_id("sendEmail", repeat)
    if repeat is not None:
        existing = workspace.activities.find_any(activity_id)
        if existing is not None:
            # Before the object is written anew: what is being sent stays as the first request wrote it.
            if existing.create_fingerprint != repeat.fingerprint:
                raise IdempotencyKeyReusedError
            return workspace.created("activity", Created(existing, replayed=True))
    contact = desk.contact(draft.contact_id)
    _ensure_within_reach(desk, contact)
    refused = refusal(contact)
    if refused is not None:
        raise ValidationError.for_field("/contactId", *refused)
    content = _rendered(desk, draft, contact)
    attachments = _attachments(desk, draft.attachments)
    sender = desk.sender()
    kept = KeptEmail(
        contact_id=draft.contact_id,
        to=contact["email"],
        content=content,
        sender_name=sender.name,
        sender_email=sender.email,
        attachments=attachments,
    )
    logged = ActivityDraft(
        type=ActivityType.EMAIL,
        subject=content.subject,
        description=content.text[:MAX_DESCRIPTION].strip() or None,
        related_type=draft.related_type or (RelatedType.CONTACT if draft.related_id is None else None),
        related_id=draft.related_id or (draft.contact_id if draft.related_type is None else None),
        participants=Participants(contact_ids=(draft.contact_id,)),
    )
    # Before the object is written: a request that is refused leaves none behind.
    check_draft(logged, workspace.now)
    customer_of(workspace, logged)
    desk.contents.put(activity_id, kept)
    queued = Delivery(status=DeliveryStatus.QUEUED, to=kept.to, at=workspace.now)
    return create_activity(workspace, logged, id=activity_id, repeat=repeat, delivery=queued)


def _ensure_within_reach(desk: EmailDesk, contact: Mapping[str, Any]) -> None:
    workspace = desk.workspace
    visibility = workspace.visibility("email", "send")
    if not can_see(visibility, workspace.context, contact.get("ownerId"), contact.get("teamId")):
        raise ForbiddenError("your roles do not allow to write to contacts of this owner and team")


def refusal(contact: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return code and sentence of why a contact gets no mail, or None for one who does."""
    if not contact.get("email"):
        return "no_email", "this contact has no e-mail address"
    if contact.get("doNotContact"):
        return "do_not_contact", "this contact is not to be contacted"
    if contact.get("emailBouncedAt"):
        return "email_bounced", "mail to this contact's address came back; correct the address first"
    return None


def _rendered(desk: EmailDesk, draft: EmailDraft, contact: Mapping[str, Any]) -> EmailContent:
    own = (draft.subject, draft.text, draft.html)
    if draft.template_id is not None:
        if own != (None, None, None):
            message = "give a template, or subject and text"
            raise ValidationError.for_field("/templateId", "either_template_or_text", message)
        content = _of_template(desk, draft.template_id)
    elif draft.subject is None or draft.text is None:
        field = "/subject" if draft.subject is None else "/text"
        raise ValidationError.for_field(field, "missing", "give a template, or subject and text")
    else:
        content = EmailContent(subject=draft.subject, text=draft.text, html=draft.html)
    try:
        return desk.rendered(content, contact, draft.values)
    except ValidationError as error:
        raise error if draft.template_id is None else moved_to(error, "/templateId") from error


def _of_template(desk: EmailDesk, template_id: str) -> EmailContent:
    desk.workspace.visibility("template", "read")
    try:
        return read_template(desk, template_id)[1]
    except NotFoundError as error:
        raise ValidationError.for_field("/templateId", "unknown_reference", "no such template") from error


def _attachments(desk: EmailDesk, document_ids: tuple[str, ...]) -> tuple[AttachmentRef, ...]:
    if not document_ids:
        return ()
    found = desk.contacts.documents(document_ids)
    faults: list[FieldError] = []
    refs: list[AttachmentRef] = []
    for number, document_id in enumerate(document_ids):
        document = found.get(document_id)
        if document is None:
            faults.append(FieldError(f"/attachments/{number}", "unknown_reference", "no such document"))
        elif document["status"] != _AVAILABLE:
            message = "the upload of this document is not complete"
            faults.append(FieldError(f"/attachments/{number}", "not_available", message))
        else:
            refs.append(
                AttachmentRef(
                    document_id=document_id,
                    object_key=document["objectKey"],
                    file_name=document["fileName"],
                    content_type=document["contentType"],
                    size_bytes=document["sizeBytes"],
                )
            )
    if sum(ref.size_bytes for ref in refs) > MAX_ATTACHMENT_BYTES:
        message = f"attachments have at most {MAX_ATTACHMENT_BYTES // (1024 * 1024)} MB together"
        faults.append(FieldError("/attachments", "too_large", message))
    if faults:
        raise ValidationError("Attachments cannot go with the mail.", fields=faults)
    return tuple(refs)
