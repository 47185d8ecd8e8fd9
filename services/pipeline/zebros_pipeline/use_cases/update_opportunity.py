"""Change an opportunity."""

from collections.abc import Callable

from zebros_core.records.unique import Receipt
from zebros_core.records.verbs import check_version, get_live
from zebros_core.records.workspace import Saved
from zebros_pipeline.domain.opportunity import Opportunity, OpportunityDraft
from zebros_pipeline.domain.placement import Placement
from zebros_pipeline.use_cases.settle_opportunity import settle_opportunity
from zebros_pipeline.use_cases.workspace import Workspace


def update_opportunity(
    workspace: Workspace,
    opportunity_id: str,
    revise: Callable[[OpportunityDraft], OpportunityDraft],
    *,
    expected_version: int | None = None,
    skip_duplicates: bool = False,
    receipt: Receipt | None = None,
) -> Saved[Opportunity]:
    """Change an opportunity to what `revise` makes of its writable part; nothing is written where nothing changes.

    Another stage is a move, and is noted as one; another customer takes two versions. Raises OpportunityClosedError for
    a closed one that would move, ValidationError as `settle_opportunity`, VersionMismatchError for a lost race.
    """
    del skip_duplicates  # only the external id is unique, and that cannot be skipped
    opportunity = workspace.opportunities.complete(get_live(workspace, "opportunity", opportunity_id))
    workspace.ensure_allowed("opportunity", opportunity_id, opportunity, "write")
    check_version(opportunity, expected_version)
    draft = revise(opportunity.draft())
    return save_opportunity(workspace, opportunity, draft, receipt=receipt)


def save_opportunity(
    workspace: Workspace,
    opportunity: Opportunity,
    draft: OpportunityDraft,
    *,
    placement: Placement | None = None,
    receipt: Receipt | None = None,
) -> Saved[Opportunity]:
    """Store what a draft makes of an opportunity that was read, with the stage that it enters, in one call."""
    revised = revised_opportunity(workspace, opportunity, draft, placement=placement)
    with workspace.naming_only_visible():
        stored = workspace.opportunities.save_unique(
            revised,
            previous=opportunity,
            skip_duplicates=False,
            receipt=receipt,
            extra=workspace.stage_entries.enter(revised, opportunity),
        )
    return Saved(stored, stored.version != opportunity.version)


def revised_opportunity(
    workspace: Workspace,
    opportunity: Opportunity,
    draft: OpportunityDraft,
    *,
    placement: Placement | None = None,
) -> Opportunity:
    """Return what a draft makes of an opportunity, not yet stored; owner and team stay unless given."""
    values = settle_opportunity(workspace, draft, previous=opportunity, placement=placement)
    values["owner_id"] = draft.owner_id or opportunity.owner_id
    values["team_id"] = draft.team_id or opportunity.team_id
    workspace.ensure_assignable("opportunity", values["owner_id"], values["team_id"])
    revised = opportunity.model_copy(update=values)
    if not workspace.opportunities.schema.changed_fields(opportunity, revised):
        return opportunity
    return revised.model_copy(update={"active_at": workspace.now})
