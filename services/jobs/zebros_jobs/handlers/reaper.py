"""What recurs: look after the jobs that have not ended. Invoked by a schedule every minute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zebros_jobs.bootstrap import container
from zebros_jobs.use_cases.reap_jobs import reap_jobs
from zebros_jobs.use_cases.retention.start_due import start_due


def handler(event: Mapping[str, Any], context: Any) -> dict[str, int]:
    """Begin anew what stopped, and what is due daily; return how many jobs."""
    del event, context
    have = container()
    try:
        begun = reap_jobs(have.watched, lambda tenant_id: have.system_workspace(tenant_id, "reaper"))
        have.metrics.emit({"JobsBegunAnew": (begun, "Count")})
    finally:
        # What is due does not wait for what is in trouble.
        due = start_due(
            have.due_retention,
            have.clock.now(),
            lambda tenant_id: have.system_workspace(tenant_id, "retention"),
        )
    return {"done": begun, "retention": due}
