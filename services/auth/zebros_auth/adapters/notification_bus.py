"""The way of a notification to its delivery: the topic, and schedules that bring it there later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from zebros_auth.domain.notification import Notification
from zebros_auth.notification_settings import NotificationSettings
from zebros_core.delivery import DeliveryUncertainError, code_of, told_apart
from zebros_core.errors import UnavailableError


class SnsTopic:
    """The `NotificationTopic` of a stage."""

    def __init__(self, client: Callable[[], Any], arn: str) -> None:
        self._client = client
        self._arn = arn

    def publish(self, notification: Notification) -> None:
        """See `NotificationTopic`."""
        try:
            with told_apart():
                # The group makes the standard queue behind it a fair one between tenants; it orders nothing.
                self._client().publish(
                    TopicArn=self._arn, Message=notification.to_wire(), MessageGroupId=notification.tenant_id
                )
        except DeliveryUncertainError as error:
            raise UnavailableError(detail="The topic of notifications does not answer.") from error


class OneTimeSchedules:
    """The `Deferrals` of a stage: a schedule of EventBridge Scheduler for each, which removes itself."""

    def __init__(self, client: Callable[[], Any], settings: NotificationSettings) -> None:
        self._client = client
        self._settings = settings

    def put(self, notification: Notification, until: datetime) -> None:
        """See `Deferrals`."""
        from botocore.exceptions import ClientError

        at = until.astimezone(UTC)
        if at.microsecond:
            at = at.replace(microsecond=0) + timedelta(seconds=1)
        given = self._settings
        request = {
            # The instant is part of the name: when it comes back and must wait again, that is another schedule.
            "Name": f"{notification.id}-{int(at.timestamp())}",
            "GroupName": given.schedule_group,
            "ScheduleExpression": f"at({at:%Y-%m-%dT%H:%M:%S})",
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "DELETE",
            "Target": {
                "Arn": given.delivery_queue_arn,
                "RoleArn": given.schedule_role_arn,
                "Input": notification.to_wire(),
                "DeadLetterConfig": {"Arn": given.delivery_dead_letters_arn},
                "RetryPolicy": {"MaximumEventAgeInSeconds": 24 * 3600, "MaximumRetryAttempts": 185},
            },
        }
        try:
            with told_apart():
                try:
                    self._client().create_schedule(**request)
                except ClientError as error:
                    if code_of(error) != "ConflictException":
                        raise
        except DeliveryUncertainError as error:
            raise UnavailableError(detail="The scheduler does not answer.") from error
