"""/v1/retention"""

from __future__ import annotations

from zebros_core.http import Example, NoQuery, Request, Response, Routes, WireModel
from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.retention import RetentionDraft, RetentionPolicy
from zebros_jobs.use_cases.retention.manage_policy import get_policy, set_policy

routes = Routes("privacy")

_RULES = Example(
    "rules",
    {"businessYears": 10, "inactiveContactMonths": 36, "lostLeadMonths": 12, "jobFileDays": 90},
    "Contacts for three years, lost leads for one, files for three months",
)


class RetentionBody(WireModel):
    """A tenant's rules of retention. `previewJobId` is the job that counts what is past new ones."""

    business_years: int
    erase_business_records: bool
    inactive_contact_months: int | None
    lost_lead_months: int | None
    converted_lead_months: int | None
    job_file_days: int | None
    updated_at: str | None
    updated_by: str | None
    preview_job_id: str | None = None

    @classmethod
    def of(cls, policy: RetentionPolicy, preview_job_id: str | None = None) -> RetentionBody:
        """Return the body of rules."""
        return cls(**policy.model_dump(), preview_job_id=preview_job_id)


@routes.get(
    "/v1/retention",
    operation="getRetention",
    permission=("privacy", "read"),
    response=RetentionBody,
    summary="Read the rules of retention",
)
def get(request: Request[Container]) -> Response:
    """Where nobody set any, nothing but the trash and archives of persons ends by itself."""
    return Response(RetentionBody.of(get_policy(request.services.workspace(request.context))))


@routes.put(
    "/v1/retention",
    operation="setRetention",
    permission=("privacy", "write"),
    body=RetentionDraft,
    response=RetentionBody,
    audit="retention.changed",
    summary="Set the rules of retention",
    examples=(_RULES,),
)
def put(request: Request[Container, NoQuery, RetentionDraft]) -> Response:
    """A job counts at once what is past them (`previewJobId`); a day later it begins to be erased, up to 200 people a
    day. What a legal hold keeps stays.
    """
    policy, job = set_policy(request.services.workspace(request.context), request.body)
    return Response(RetentionBody.of(policy, job.id), audit={"job": job.id})
