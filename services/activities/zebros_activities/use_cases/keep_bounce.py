"""Write what the mail service reports of a mail into its activity; who complained gets no more mail."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from zebros_activities.domain.activity import DeliveryStatus
from zebros_activities.domain.ports_mail import MailContacts
from zebros_activities.repositories.activities import ActivityRepository
from zebros_activities.use_cases.deliver_mail import note_delivery
from zebros_core.clock import Clock
from zebros_core.delivery import MailFeedback
from zebros_core.observability import Metrics

_LOG = logging.getLogger(__name__)

_OF_TYPE: Final = {"Delivery": DeliveryStatus.DELIVERED, "Reject": DeliveryStatus.FAILED}
_OF_REASON: Final = {"bounced": DeliveryStatus.BOUNCED, "complained": DeliveryStatus.COMPLAINED}


@dataclass(frozen=True, slots=True)
class BounceDesk:
    """One tenant's mails and contacts, for what is reported of them."""

    activities: ActivityRepository
    contacts: MailContacts
    clock: Clock
    metrics: Metrics


def keep_bounce(feedback: MailFeedback, desks: Callable[[str], BounceDesk | None]) -> DeliveryStatus | None:
    """Note a report; return the status that it led to, or None where it changed nothing.

    A mail that is not one of this service's is none of our business, nor is a bounce that passes. Reports come late,
    twice and in any order: a bounce and a complaint stand, whatever else is reported. `desks` gives that of a tenant,
    or None for one whose data is not kept.
    """
    activity_id, contact_id = feedback.tags.get("activityId"), feedback.tags.get("contactId")
    status = _status_of(feedback)
    if not feedback.tenant_id or activity_id is None or status is None:
        return None
    desk = desks(feedback.tenant_id)
    activity = None if desk is None else desk.activities.find_any(activity_id)
    delivery = None if activity is None else activity.delivery
    if desk is None or delivery is None or delivery.message_id not in {None, feedback.mail_id}:
        _LOG.warning("report of an unknown mail", extra={"mailId": feedback.mail_id, "type": feedback.type})
        return None
    desk.metrics.emit({"MailFeedback": (1, "Count")}, operation=status.value)
    is_new = delivery.status is not DeliveryStatus.COMPLAINED
    if status is DeliveryStatus.COMPLAINED and is_new and contact_id is not None:
        # First, for it must not be missed; and once, for somebody may allow it again.
        desk.contacts.stop_contacting(contact_id)
    noted = note_delivery(
        desk.activities,
        activity_id,
        status,
        desk.clock.now(),
        message_id=feedback.mail_id,
        reason="rejected" if status is DeliveryStatus.FAILED else None,
    )
    return None if noted is None else status


def _status_of(feedback: MailFeedback) -> DeliveryStatus | None:
    # A reason counts for an address that got this mail only.
    return _OF_TYPE.get(feedback.type) or (_OF_REASON.get(feedback.reason) if feedback.unwanted else None)
