"""Bring one notification to its person: by push and mail, as they prefer, in their own time, once on each way.

A mark is put before a message is handed over, and taken back only when the service has said that it did not take it.
Whoever is stopped between the two has lost that message; nobody gets one twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from zebros_auth.domain.device import Device
from zebros_auth.domain.notification import MAX_AGE_DAYS, Notification
from zebros_auth.domain.ports_mail import (
    MailTemplates,
    Outcome,
)
from zebros_auth.domain.ports_notifications import Deferrals, EndpointGoneError, PushSender
from zebros_auth.domain.quiet_hours import end_of_quiet_hours
from zebros_auth.domain.user import User, UserStatus
from zebros_auth.repositories.deliveries import DeliveryMarks
from zebros_auth.repositories.devices import DeviceRepository
from zebros_auth.repositories.users import UserRepository
from zebros_auth.use_cases.manage_devices import endpoint_owner
from zebros_auth.use_cases.send_mail import TenantMailer
from zebros_core.clock import Clock
from zebros_core.delivery import DeliveryUncertainError, NotTakenError, RefusedError
from zebros_core.observability import Metrics
from zebros_core.privacy.marks import ErasureMarks

_LOG = logging.getLogger(__name__)


class Dropped(StrEnum):
    """Why a notification was not delivered at all, or not now."""

    UNKNOWN_USER = "unknown-user"
    DEACTIVATED = "deactivated"
    TENANT_NOT_ACTIVE = "tenant-not-active"
    STALE = "stale"
    ERASED = "erased"
    """What it is about was erased for good."""
    DEFERRED = "deferred"
    NO_WAY = "no-way"
    """The person wants neither push nor mail for this kind."""


@dataclass(frozen=True, slots=True)
class DeliveryDesk:
    """What delivery works with for one tenant. Made for each notification by the composition root."""

    tenant_id: str
    tenant_is_active: bool
    clock: Clock
    users: UserRepository
    devices: DeviceRepository
    erased: ErasureMarks
    marks: DeliveryMarks
    mailer: TenantMailer
    templates: MailTemplates
    push: PushSender
    deferrals: Deferrals
    metrics: Metrics
    app_url: str


def deliver_notification(desk: DeliveryDesk, notification: Notification) -> list[str]:
    """Deliver, defer or drop; return what happened on each way, or why it went none.

    Raises NotTakenError when something certainly was not sent: the same call will then send that alone.
    """
    user = desk.users.find(notification.user_id) if desk.tenant_is_active else None
    reason = _reason_to_drop(desk, notification, user)
    if reason is not None or user is None:
        return _dropped(desk, notification, reason or Dropped.UNKNOWN_USER)
    preferences = user.preferences
    channels = preferences.channels_of(notification.kind)
    if not (channels.push or channels.email):
        return _dropped(desk, notification, Dropped.NO_WAY)
    if not notification.urgent:
        until = end_of_quiet_hours(preferences.quiet_hours, preferences.time_zone, desk.clock.now())
        if until is not None:
            desk.deferrals.put(notification, until)
            return _dropped(desk, notification, Dropped.DEFERRED)
    values = _values(desk, notification, user)
    ways: list[Callable[[], str]] = []
    if channels.push:
        for device in desk.devices.of(user.user_id):
            ways.append(lambda device=device: _push(desk, notification, user, device, values))
    if channels.email:
        ways.append(lambda: _mail(desk, notification, user, values))
    return _on_each(ways)


def _reason_to_drop(desk: DeliveryDesk, notification: Notification, user: User | None) -> Dropped | None:
    if not desk.tenant_is_active:
        return Dropped.TENANT_NOT_ACTIVE
    if notification.age_days(desk.clock.now()) > MAX_AGE_DAYS:
        return Dropped.STALE
    if user is not None and user.status is UserStatus.DEACTIVATED:
        return Dropped.DEACTIVATED
    # It may have waited for hours, with the name of somebody who is to be forgotten.
    return Dropped.ERASED if desk.erased.has(notification.entity, notification.record_id) else None


def _dropped(desk: DeliveryDesk, notification: Notification, reason: Dropped) -> list[str]:
    _count(desk, notification, reason)
    facts = {"key": notification.id, "kind": notification.kind, "reason": reason.value}
    _LOG.info("notification not delivered now", extra=facts)
    return [reason.value]


def _on_each(ways: list[Callable[[], str]]) -> list[str]:
    """Take every way, and only then say that one was closed."""
    outcomes: list[str] = []
    closed: NotTakenError | None = None
    for way in ways:
        try:
            outcomes.append(way())
        except NotTakenError as error:
            closed = error
    if closed is not None:
        raise closed
    return outcomes


def _mail(desk: DeliveryDesk, notification: Notification, user: User, values: dict[str, str]) -> str:
    outcome = desk.mailer.deliver(
        notification.kind, user.email, user.preferences.language, values, notification.id
    )
    return f"email:{outcome}"


def _push(
    desk: DeliveryDesk, notification: Notification, user: User, device: Device, values: dict[str, str]
) -> str:
    outcome = _pushed(desk, notification, user, device, values)
    _count(desk, notification, f"push.{outcome}")
    return f"push:{outcome}"


def _pushed(
    desk: DeliveryDesk, notification: Notification, user: User, device: Device, values: dict[str, str]
) -> str:
    if device.address is None or not desk.push.serves(device.platform):
        return Outcome.OFF
    title = desk.templates.render(notification.kind, user.preferences.language, values).subject
    way = f"push#{device.device_id}"
    if not desk.marks.claim(notification.id, way):
        return Outcome.ALREADY
    data = {"kind": notification.kind, "entity": notification.entity, "recordId": notification.record_id}
    owner = endpoint_owner(desk.tenant_id, user.user_id)
    try:
        desk.push.send(device.platform, device.address, owner, title=title, data=data)
    except EndpointGoneError:
        desk.devices.remove(device)
        return "pruned"
    except NotTakenError:
        desk.marks.release(notification.id, way)
        raise
    except RefusedError:
        return Outcome.REFUSED
    except DeliveryUncertainError:
        _LOG.error("push perhaps lost", exc_info=True, extra={"key": notification.id})
        return Outcome.UNCERTAIN
    return Outcome.SENT


def _values(desk: DeliveryDesk, notification: Notification, user: User) -> dict[str, str]:
    """What templates may show: the notification's own parameters, who caused it, and where to look."""
    actor = desk.users.find(notification.actor) if notification.actor else None
    link = f"{desk.app_url}{notification.path()}" if desk.app_url else ""
    return {
        **notification.params,
        "recipient": user.name,
        "actor": actor.name if actor else "",
        "at": notification.local_time(user.preferences.time_zone),
        "link": link,
        "appUrl": desk.app_url,
    }


def _count(desk: DeliveryDesk, notification: Notification, what: str) -> None:
    desk.metrics.emit(
        {"Notifications": (1, "Count")},
        operation=what,
        properties={"kind": notification.kind, "key": notification.id, "tenantId": desk.tenant_id},
    )
