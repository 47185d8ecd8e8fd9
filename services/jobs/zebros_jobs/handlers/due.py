"""Schedules of reports whose time has come, as the scheduler sends them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from zebros_core.errors import NotFoundError
from zebros_core.messaging import TopicConsumer
from zebros_jobs.bootstrap import Container, container
from zebros_jobs.domain.reports.schedule import ScheduleDue, parse_due
from zebros_jobs.use_cases.reports.run_due import run_due


def make_due_report(have: Container, due: ScheduleDue) -> None:
    """Start the report of a schedule. A schedule may outlive its tenant: then it is taken out."""
    try:
        tenant = have.registry.get(due.tenant_id)
    except NotFoundError:
        tenant = None
    if tenant is None or tenant.status == "offboarded":
        have.report_scheduler.remove(due.tenant_id, due.schedule_id)
        return
    if not tenant.is_active:
        return
    system = have.system_workspace(due.tenant_id, "due")
    run_due(system, have.permissions, have.workspace, have.report_scheduler, due.schedule_id)


@cache
def _consumer() -> TopicConsumer[ScheduleDue]:
    have = container()
    return TopicConsumer(lambda due: make_due_report(have, due), name="due", parse=parse_due)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Start each report that is due, once."""
    return _consumer().handler(event, context)
