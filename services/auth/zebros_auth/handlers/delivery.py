"""Notifications, to people."""

import logging
from collections.abc import Mapping
from functools import cache
from typing import Any

from zebros_auth.bootstrap import container
from zebros_auth.domain.notification import Notification, parse_notification
from zebros_auth.use_cases.deliver_notification import deliver_notification
from zebros_core.messaging import TopicConsumer

_LOG = logging.getLogger(__name__)


@cache
def _consumer() -> TopicConsumer[Notification]:
    have = container()

    def handle(notification: Notification) -> None:
        desk = have.notifying.desk(notification.tenant_id)
        if desk is None:
            _LOG.warning("notification of an unknown tenant", extra={"key": notification.id})
            return
        deliver_notification(desk, notification)

    return TopicConsumer(handle, name="delivery", parse=parse_notification)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Deliver a batch of notifications, new ones and those that waited for the end of quiet hours."""
    return _consumer().handler(event, context)
