"""Stand-ins for what carries notifications: they note what they are given, and fail as they are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from zebros_auth.bootstrap import Container
from zebros_auth.domain.device import Platform
from zebros_auth.domain.notification import Notification
from zebros_auth.domain.ports_mail import MailMessage
from zebros_auth.use_cases.deliver_notification import deliver_notification
from zebros_core.ids import derived_id


@dataclass
class Post:
    """Mail, push and schedules at once. ``trouble`` is raised once instead of the next message, after it was noted
    when ``taken`` says so.
    """

    mails: list[MailMessage] = field(default_factory=list)
    pushes: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    deferred: list[tuple[Notification, datetime]] = field(default_factory=list)
    published: list[Notification] = field(default_factory=list)
    trouble: BaseException | None = None
    taken: bool = False
    enabled: bool = True

    def _perhaps_fail(self) -> None:
        trouble, self.trouble = self.trouble, None
        if trouble is not None:
            raise trouble

    def publish(self, notification: Notification) -> None:
        self.published.append(notification)

    def put(self, notification: Notification, until: datetime) -> None:
        self.deferred.append((notification, until))

    def serves(self, platform: Platform) -> bool:
        return platform is Platform.FCM

    def register(self, platform: Platform, token: str, owner: str) -> str | None:
        return f"endpoint/{token}" if self.serves(platform) else None

    def forget(self, address: str, owner: str) -> None:
        del address, owner


class MailPost:
    """The mail side of a `Post`."""

    def __init__(self, post: Post) -> None:
        self._post = post

    @property
    def enabled(self) -> bool:
        return self._post.enabled

    def send(self, message: MailMessage) -> str:
        if self._post.taken:
            self._post.mails.append(message)
        self._post._perhaps_fail()
        if not self._post.taken:
            self._post.mails.append(message)
        return f"mail-{len(self._post.mails)}"


class PushPost(Post):
    """The push side of a `Post`."""

    def __init__(self, post: Post) -> None:
        super().__init__()
        self._post = post

    def send(
        self, platform: Platform, address: str, owner: str, *, title: str, data: Mapping[str, str]
    ) -> None:
        del platform
        self._post._perhaps_fail()
        self._post.pushes.append((f"{owner} {address}", title, data))


def connect(container: Container) -> Post:
    """Put a new `Post` in the place of what the service would notify by."""
    post = Post()
    made: dict[str, Any] = vars(container.notifying)
    made |= {"transport": MailPost(post), "push": PushPost(post), "deferrals": post, "topic": post}
    return post


def notification(container: Container, tenant: str, user: str, **facts: Any) -> Notification:
    """Return a notification of now; ``number`` tells several apart."""
    number = facts.pop("number", 1)
    given = {
        "id": derived_id(tenant, user, str(number)),
        "kind": "customer.assigned",
        "entity": "customer",
        "record_id": "01JABCDEFGHJKMNPQRSTVWXYZ0",
        "params": {"name": "Tidewater & Sons"},
        "occurred_at": container.clock.now() - timedelta(minutes=1),
        **facts,
    }
    return Notification(tenant_id=tenant, user_id=user, **given)


def deliver(container: Container, message: Notification) -> list[str]:
    """Deliver as the function does."""
    desk = container.notifying.desk(message.tenant_id)
    assert desk is not None
    return deliver_notification(desk, message)
