"""Reopen a closed opportunity."""

from zebros_core.records.verbs import check_version, get_live
from zebros_core.records.workspace import Saved
from zebros_pipeline.domain.opportunity import Opportunity
from zebros_pipeline.domain.placement import reopen
from zebros_pipeline.use_cases.update_opportunity import save_opportunity
from zebros_pipeline.use_cases.workspace import Workspace


def reopen_opportunity(
    workspace: Workspace, opportunity_id: str, stage: str, *, expected_version: int | None = None
) -> Saved[Opportunity]:
    """Let a closed opportunity go on in an open stage, without its close date and the reason of its loss.

    Raises OpportunityOpenError for one that is open, ValidationError for a stage that is unknown or not open.
    """
    opportunity = workspace.opportunities.complete(get_live(workspace, "opportunity", opportunity_id))
    workspace.ensure_allowed("opportunity", opportunity_id, opportunity, "write")
    check_version(opportunity, expected_version)
    placement = reopen(opportunity, stage, workspace.stages.get())
    return save_opportunity(workspace, opportunity, opportunity.draft(), placement=placement)
