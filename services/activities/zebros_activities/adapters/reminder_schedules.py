"""One-time schedules of EventBridge Scheduler, which send to the queue of due reminders and remove themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from zebros_activities.domain.reminders import ReminderDue
from zebros_activities.reminder_settings import ReminderSettings
from zebros_core.delivery import DeliveryUncertainError, NotTakenError, code_of, told_apart
from zebros_core.errors import UnavailableError


class OneTimeReminders:
    """The `ReminderSchedules` of a stage."""

    def __init__(self, client: Callable[[], Any], settings: ReminderSettings) -> None:
        self._client = client
        self._settings = settings

    def put(self, reminder: ReminderDue) -> None:
        """See `ReminderSchedules`."""
        given = self._settings
        at = _whole_second(reminder.at)
        self._call(
            "create_schedule",
            "ConflictException",  # it is there already
            Name=_name(reminder.tenant_id, reminder.activity_id, reminder.at),
            GroupName=given.schedule_group,
            ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
            ScheduleExpressionTimezone="UTC",
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target={
                "Arn": given.due_queue_arn,
                "RoleArn": given.schedule_role_arn,
                "Input": reminder.to_wire(),
                "DeadLetterConfig": {"Arn": given.due_dead_letters_arn},
                "RetryPolicy": {"MaximumEventAgeInSeconds": 24 * 3600, "MaximumRetryAttempts": 185},
            },
        )

    def remove(self, tenant_id: str, activity_id: str, at: datetime) -> None:
        """See `ReminderSchedules`."""
        self._call(
            "delete_schedule",
            "ResourceNotFoundException",  # it has sent its message, or was taken back before
            Name=_name(tenant_id, activity_id, at),
            GroupName=self._settings.schedule_group,
        )

    def _call(self, operation: str, done_before: str, **request: Any) -> None:
        from botocore.exceptions import ClientError

        try:
            with told_apart():
                try:
                    getattr(self._client(), operation)(**request)
                except ClientError as error:
                    if code_of(error) != done_before:
                        raise
        except (DeliveryUncertainError, NotTakenError) as error:
            raise UnavailableError(detail="The scheduler does not take reminders.") from error


def _name(tenant_id: str, activity_id: str, at: datetime) -> str:
    """Return the schedule's name, at most 64 characters: another instant is another schedule."""
    return f"{tenant_id}-{activity_id}-{int(_whole_second(at).timestamp())}"


def _whole_second(at: datetime) -> datetime:
    at = at.astimezone(UTC)
    return at.replace(microsecond=0) + timedelta(seconds=1) if at.microsecond else at
