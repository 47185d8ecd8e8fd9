"""architecture/api.md lists every problem that the API answers with, under its status."""

from __future__ import annotations

import re
from pathlib import Path

from zebros_activities.domain.errors import ActivityCancelledError, NotASeriesError
from zebros_auth.domain.errors import (
    LastAdminError,
    TeamInUseError,
    TooManyDevicesError,
    TooManyIntegrationsError,
)
from zebros_core.http.problems import (
    INTERNAL_ERROR,
    METHOD_NOT_ALLOWED,
    PROBLEMS,
    ROUTE_NOT_FOUND,
    problem_type,
)
from zebros_core.storage import IncompleteUploadError, UploadMismatchError
from zebros_customers.domain.errors import CustomerMergedError
from zebros_pipeline.domain.errors import (
    ConversionRunningError,
    LeadConvertedError,
    OpportunityClosedError,
    OpportunityOpenError,
    StageInUseError,
)
from zebros_sync.domain.errors import PersonDeactivatedError

DOCUMENT = Path(__file__).resolve().parents[3] / "architecture/api.md"


def test_the_table_of_problems_is_complete_and_has_no_more() -> None:
    text = DOCUMENT.read_text(encoding="utf-8").split("## Errors", 1)[1].split("### The gateway", 1)[0]
    stated = set(re.findall(r"^\| (\d{3}) \| `([a-z-]+)` \|", text, re.MULTILINE))
    own = (
        CustomerMergedError,
        IncompleteUploadError,
        UploadMismatchError,
        LastAdminError,
        TeamInUseError,
        TooManyDevicesError,
        TooManyIntegrationsError,
        ActivityCancelledError,
        NotASeriesError,
        ConversionRunningError,
        LeadConvertedError,
        OpportunityClosedError,
        OpportunityOpenError,
        StageInUseError,
        PersonDeactivatedError,
    )
    kinds = [*PROBLEMS.values(), ROUTE_NOT_FOUND, METHOD_NOT_ALLOWED, INTERNAL_ERROR, *map(problem_type, own)]
    assert stated == {(str(kind.status), kind.code) for kind in kinds if kind is not None}
