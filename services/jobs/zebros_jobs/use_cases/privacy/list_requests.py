"""List privacy requests."""

from __future__ import annotations

from zebros_core.dynamodb.paging import Page
from zebros_jobs.domain.job import JobKind
from zebros_jobs.domain.privacy import PrivacyParameters
from zebros_jobs.use_cases.get_job import list_jobs
from zebros_jobs.use_cases.privacy.request_privacy import PrivacyView
from zebros_jobs.use_cases.workspace import Workspace


def list_requests(workspace: Workspace, *, limit: int, cursor: str | None) -> Page[PrivacyView]:
    """Return a page of the requests, newest first, without whom they are about beyond what their jobs say."""
    page = list_jobs(workspace, kind=JobKind.PRIVACY.value, state=None, limit=limit, cursor=cursor)
    views = [
        PrivacyView(view, PrivacyParameters.model_validate_json(view.job.parameters), None)
        for view in page.items
    ]
    return Page(views, page.next_cursor)
