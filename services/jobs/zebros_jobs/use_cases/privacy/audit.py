"""What of a privacy request belongs into the audit log, beside what its routes say: that it began, and how it ended."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from zebros_core.audit import AuditEvent
from zebros_core.ids import derived_id
from zebros_jobs.domain.privacy import PrivacyParameters
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["say_begun", "say_ended"]

_BEGUN: Final = "privacy.begun"
_ENDED: Final = "privacy.ended"


def say_begun(run: JobRun) -> None:
    """Say that a request is worked on. Said twice it is the same entry. Raises UnavailableError."""
    _say(run, _BEGUN, run.job.started_at or run.job.created_at)


def say_ended(run: JobRun, outcome: str, at: datetime) -> None:
    """Say how a request ended, and when. Said twice it is the same entry. Raises UnavailableError."""
    _say(run, _ENDED, at, outcome=outcome)


def _say(run: JobRun, action: str, at: datetime, **details: str) -> None:
    tenant_id = run.workspace.context.tenant_id
    parameters = PrivacyParameters.model_validate_json(run.job.parameters)
    run.workspace.audit.record(
        AuditEvent(
            id=derived_id(tenant_id, "audit", run.job_id, action),
            tenant_id=tenant_id,
            at=at,
            actor=run.job.acting.user_id,
            action=action,
            entity="privacy",
            record_id=run.job_id,
            details={"request": parameters.request.value, **details},
        )
    )
