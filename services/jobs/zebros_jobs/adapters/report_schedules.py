"""Recurring schedules of EventBridge Scheduler, which send to the queue of due reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from zebros_core.delivery import DeliveryUncertainError, NotTakenError, code_of, told_apart
from zebros_core.errors import UnavailableError
from zebros_jobs.domain.reports.schedule import ReportSchedule, ScheduleDue
from zebros_jobs.settings import Settings

__all__ = ["RecurringSchedules"]

_KEPT_SECONDS: Final = 3600
"""How long a message that the queue does not take is tried again: of later ones the next one makes up for it."""


class RecurringSchedules:
    """The `ReportScheduler` of a stage. A schedule's name is made of tenant and id, so that to put it twice is once."""

    def __init__(self, client: Callable[[], Any], settings: Settings) -> None:
        """`client` returns the scheduler's client; it is made at the first call."""
        self._client = client
        self._settings = settings

    def put(self, tenant_id: str, schedule: ReportSchedule, zone: str) -> None:
        """See `ReportScheduler`."""
        given = self._settings
        request: dict[str, Any] = {
            "Name": _name(tenant_id, schedule.schedule_id),
            "GroupName": given.schedule_group,
            "ScheduleExpression": schedule.recurrence.expression(),
            "ScheduleExpressionTimezone": schedule.recurrence.time_zone or zone,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "State": "DISABLED" if schedule.paused is not None else "ENABLED",
            "Target": {
                "Arn": given.due_queue_arn,
                "RoleArn": given.schedule_role_arn,
                "Input": ScheduleDue(tenant_id=tenant_id, schedule_id=schedule.schedule_id).to_wire(),
                "DeadLetterConfig": {"Arn": given.due_dead_letters_arn},
                "RetryPolicy": {"MaximumEventAgeInSeconds": _KEPT_SECONDS, "MaximumRetryAttempts": 60},
            },
        }
        if not self._call("create_schedule", "ConflictException", request):
            self._call("update_schedule", None, request)

    def remove(self, tenant_id: str, schedule_id: str) -> None:
        """See `ReportScheduler`."""
        request = {"Name": _name(tenant_id, schedule_id), "GroupName": self._settings.schedule_group}
        self._call("delete_schedule", "ResourceNotFoundException", request)

    def _call(self, operation: str, expected: str | None, request: dict[str, Any]) -> bool:
        """Call the scheduler; False when it answers with the expected code. Raises UnavailableError."""
        from botocore.exceptions import ClientError

        try:
            with told_apart():
                try:
                    getattr(self._client(), operation)(**request)
                except ClientError as error:
                    if code_of(error) != expected:
                        raise
                    return False
        except (DeliveryUncertainError, NotTakenError) as error:
            raise UnavailableError(detail="The scheduler does not answer; nothing was changed.") from error
        return True


def _name(tenant_id: str, schedule_id: str) -> str:
    return f"{tenant_id}-{schedule_id}"
