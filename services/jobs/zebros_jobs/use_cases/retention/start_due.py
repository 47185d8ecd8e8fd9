"""Begin the daily look after what is past its time, for each tenant whose time has come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from zebros_core.errors import NotFoundError
from zebros_jobs.domain.job import JobKind
from zebros_jobs.domain.retention import RetentionParameters
from zebros_jobs.repositories.retention import DueRetention
from zebros_jobs.use_cases.start_job import create_job, dispatch
from zebros_jobs.use_cases.turns import Turns
from zebros_jobs.use_cases.workspace import Workspace

__all__ = ["DAILY", "start_due"]

DAILY: Final = timedelta(days=1)


def start_due(due: DueRetention, now: datetime, workspace_of: Callable[[str], Workspace]) -> int:
    """Begin the job of each tenant that is due; how many. One that cannot be begun now is queued.

    One tenant's trouble stops no other's: what nobody foresaw is raised at the end.
    """
    begun = 0
    turns = Turns("retention")
    for tenant_id in list(due.due(now)):
        with turns.of(tenant_id):
            try:
                workspace = workspace_of(tenant_id)
            except NotFoundError:
                due.remove(tenant_id)  # the tenant has left
                continue
            # The next day first: a tenant whose job cannot be made is not tried every minute.
            due.put(tenant_id, now + DAILY)
            created = create_job(
                workspace,
                JobKind.RETENTION,
                title="Erasure of what is past the rules of retention",
                parameters=RetentionParameters().model_dump_json(by_alias=True),
            )
            dispatch(workspace, created.entity)
            begun += 1
    turns.end()
    return begun
