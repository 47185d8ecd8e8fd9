"""Tell the people whom a change concerns."""

from collections.abc import Mapping
from typing import Any

from zebros_auth.domain.notification import notifications_of
from zebros_auth.domain.ports_notifications import NotificationTopic
from zebros_core.messaging import EntityChanged


def announce_change(
    topic: NotificationTopic, change: EntityChanged, snapshot: Mapping[str, Any] | None
) -> int:
    """Publish what a change tells whom, and return how much that is.

    Repeating it publishes the same notifications again, which are told once. Raises UnavailableError.
    """
    found = notifications_of(change, snapshot)
    for notification in found:
        topic.publish(notification)
    return len(found)
