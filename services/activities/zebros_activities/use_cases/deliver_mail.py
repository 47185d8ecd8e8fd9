"""Send a queued mail, at most once, and write what became of it into its activity.

A mark is put before the mail is handed over, and taken back only when the mail service has said that it did not take
it. Whoever finds a mark that a stopped attempt has left, and no word of the mail service's, calls the mail uncertain:
it may be lost, and never goes out twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from zebros_activities.domain.activity import Activity, ActivityStatus, Delivery, DeliveryStatus
from zebros_activities.domain.email import KeptEmail
from zebros_activities.domain.email_delivery import advanced
from zebros_activities.domain.ports_mail import MailContacts, MailTransport, OutgoingMail, Sender
from zebros_activities.repositories.activities import ActivityRepository
from zebros_activities.repositories.email_contents import EmailContents
from zebros_activities.repositories.mail_marks import MailMarks
from zebros_activities.use_cases.send_email import refusal
from zebros_core.clock import Clock
from zebros_core.delivery import DeliveryUncertainError, NotTakenError, RefusedError
from zebros_core.errors import ConflictError, NotFoundError, UnavailableError, VersionMismatchError
from zebros_core.messaging import EntityChanged
from zebros_core.observability import Metrics

_LOG = logging.getLogger(__name__)

ATTEMPT_SECONDS: Final = 120
"""After so long an attempt is over: the function that makes it is stopped after 30 seconds."""
_MAX_RACES: Final = 5


@dataclass(frozen=True, slots=True)
class MailRoom:
    """What sends one tenant's mails. Made by the composition root for each event."""

    tenant_id: str
    tenant_is_active: bool
    clock: Clock
    activities: ActivityRepository
    contents: EmailContents
    marks: MailMarks
    contacts: MailContacts
    transport: MailTransport
    unsubscribe_url: Callable[[str], str]
    metrics: Metrics


def deliver_mail(room: MailRoom, change: EntityChanged) -> None:
    """Send the mail of a changed activity if it is queued; forget that of one that was deleted.

    The event says only which: the activity is read anew. Raises NotTakenError or UnavailableError when the mail was not
    sent and may be, later.
    """
    activity = room.activities.find_any(change.id)
    if activity is None or activity.delivery is None:
        return
    if activity.is_deleted:
        room.contents.delete(activity.activity_id)
    elif activity.delivery.status is DeliveryStatus.QUEUED:
        _send(room, activity)


def _send(room: MailRoom, activity: Activity) -> None:
    mark = room.marks.find(activity.activity_id)
    if mark is not None:
        if mark.message_id is not None:
            # Stopped after the mail service's answer, before the activity was written.
            _note(room, activity, DeliveryStatus.SENT, mark.at, message_id=mark.message_id)
        elif room.clock.now() - mark.at < timedelta(seconds=ATTEMPT_SECONDS):
            raise UnavailableError(detail="this mail is being sent")
        else:
            _note(room, activity, DeliveryStatus.UNCERTAIN, room.clock.now(), reason="attempt-cut-off")
        return
    kept = room.contents.find(activity.activity_id)
    reason = _reason_against(room, activity, kept)
    # Before the mark: what cannot be written leaves nothing behind.
    mail = None if reason is not None or kept is None else _written(room, activity, kept)
    if mail is None:
        _note(room, activity, DeliveryStatus.FAILED, room.clock.now(), reason=reason or "attachment-gone")
        return
    if not room.marks.claim(activity.activity_id):
        raise UnavailableError(detail="this mail is being sent")
    _hand_over(room, activity, mail)


def _reason_against(room: MailRoom, activity: Activity, kept: KeptEmail | None) -> str | None:
    """Return why a mail is not sent (any more), or None. Much may have happened since it was written."""
    if not room.transport.enabled:
        return "mail-off"
    if not room.tenant_is_active:
        return "tenant-not-active"
    if activity.status is ActivityStatus.CANCELLED:
        return "cancelled"
    if kept is None:
        return "content-gone"
    contact = room.contacts.contact(kept.contact_id)
    if contact is None:
        return "contact-gone"
    refused = refusal(contact)
    if refused is not None:
        return refused[0].replace("_", "-")
    return None if contact["email"] == kept.to else "address-changed"


def _written(room: MailRoom, activity: Activity, kept: KeptEmail) -> OutgoingMail | None:
    """Return the mail with its attachments, or None when one is gone."""
    try:
        attachments = tuple(room.contents.attachment(ref) for ref in kept.attachments)
    except NotFoundError:
        return None
    return OutgoingMail(
        to=kept.to,
        content=kept.content,
        sender=Sender(kept.sender_name, kept.sender_email),
        unsubscribe_url=room.unsubscribe_url(kept.contact_id),
        tags={
            "tenantId": room.tenant_id,
            "service": "activities",
            "activityId": activity.activity_id,
            "contactId": kept.contact_id,
        },
        attachments=attachments,
    )


def _hand_over(room: MailRoom, activity: Activity, mail: OutgoingMail) -> None:
    id = activity.activity_id
    try:
        message_id = room.transport.send(mail)
    except NotTakenError:
        room.marks.release(id)
        raise
    except RefusedError as error:
        _note(
            room,
            activity,
            DeliveryStatus.FAILED,
            room.clock.now(),
            reason=f"refused: {error.code_of_service}"[:80],
        )
        return
    except DeliveryUncertainError:
        _LOG.error("mail perhaps lost", exc_info=True, extra={"activityId": id})
        _note(room, activity, DeliveryStatus.UNCERTAIN, room.clock.now(), reason="no-answer")
        return
    room.marks.taken(id, message_id)
    _note(room, activity, DeliveryStatus.SENT, room.clock.now(), message_id=message_id)


def _note(
    room: MailRoom,
    activity: Activity,
    status: DeliveryStatus,
    at: datetime,
    *,
    message_id: str | None = None,
    reason: str | None = None,
) -> None:
    noted = note_delivery(
        room.activities, activity.activity_id, status, at, message_id=message_id, reason=reason
    )
    if noted is not None:
        room.metrics.emit(
            {"Emails": (1, "Count")}, operation=f"email.{status}", properties={"reason": reason or ""}
        )
        _LOG.info("mail", extra={"activityId": activity.activity_id, "status": status, "reason": reason})


def note_delivery(
    activities: ActivityRepository,
    activity_id: str,
    status: DeliveryStatus,
    at: datetime,
    *,
    message_id: str | None = None,
    reason: str | None = None,
) -> Activity | None:
    """Write how far a mail is, unless it is that far already; return the activity, or None where nothing changed.

    Once the mail service has the mail the activity is completed, as of then. Raises ConflictError when others change it
    again and again.
    """
    for _ in range(_MAX_RACES):
        activity = activities.find(activity_id)
        if activity is None or activity.delivery is None:
            return None
        delivery = advanced(activity.delivery, status, at, message_id=message_id, reason=reason)
        if delivery is None:
            return None
        try:
            return activities.save(_with(activity, delivery), previous=activity)
        except VersionMismatchError:
            continue
    raise ConflictError("the activity of a mail changes faster than it can be written")


def _with(activity: Activity, delivery: Delivery) -> Activity:
    changes: dict[str, object] = {"delivery": delivery}
    has_gone = delivery.message_id is not None
    if has_gone and activity.status is ActivityStatus.OPEN:
        changes |= {"status": ActivityStatus.COMPLETED, "completed_at": delivery.at}
    return activity.model_copy(update=changes)
