"""Move an opportunity to the trash."""

from zebros_core.records.unique import Receipt
from zebros_core.records.verbs import delete_live
from zebros_pipeline.domain.opportunity import Opportunity
from zebros_pipeline.use_cases.workspace import Workspace


def delete_opportunity(
    workspace: Workspace,
    opportunity_id: str,
    *,
    expected_version: int | None = None,
    receipt: Receipt | None = None,
) -> Opportunity:
    """Move an opportunity to the trash, from where it can be restored for 180 days; return its tombstone."""
    return delete_live(
        workspace, "opportunity", opportunity_id, expected_version=expected_version, receipt=receipt
    )
