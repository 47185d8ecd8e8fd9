"""Reminders whose time has come, as their schedules send them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from zebros_activities.bootstrap import container
from zebros_activities.domain.reminders import ReminderDue, parse_reminder
from zebros_activities.use_cases.keep_reminder import remind
from zebros_core.errors import NotFoundError
from zebros_core.messaging import TopicConsumer


@cache
def _consumer() -> TopicConsumer[ReminderDue]:
    have = container()

    def handle(due: ReminderDue) -> None:
        # A schedule may outlive its tenant by weeks.
        if not have.keeps_data_of(due.tenant_id):
            return
        try:
            workspace = have.system_workspace(due.tenant_id, "remind")
        except NotFoundError:
            return
        remind(workspace, due.activity_id, due.at)

    return TopicConsumer(handle, name="remind", parse=parse_reminder)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Mark each activity as reminded of, once; its event tells the owner."""
    return _consumer().handler(event, context)
