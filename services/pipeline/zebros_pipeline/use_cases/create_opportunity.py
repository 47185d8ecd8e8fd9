"""Create an opportunity."""

from zebros_core.dynamodb.repository import Created
from zebros_core.records.unique import Receipt, RequestKey
from zebros_pipeline.domain.opportunity import Opportunity, OpportunityDraft
from zebros_pipeline.use_cases.settle_opportunity import settle_opportunity
from zebros_pipeline.use_cases.workspace import Workspace


def create_opportunity(
    workspace: Workspace,
    draft: OpportunityDraft,
    *,
    id: str | None = None,
    repeat: RequestKey | None = None,
    skip_duplicates: bool = False,
    receipt: Receipt | None = None,
) -> Created[Opportunity]:
    """Create an opportunity, owned by the caller unless the draft names an owner, and note the stage it begins in.

    `id` is one that the client made; `repeat` makes a repetition return the first one's record. Raises ValidationError
    as `settle_opportunity`, DuplicateError for one of the same external id.
    """
    opportunity = new_opportunity(
        workspace, draft, opportunity_id=id or workspace.opportunities.new_id("createOpportunity", repeat)
    )
    with workspace.naming_only_visible():
        created = workspace.opportunities.create_unique(
            opportunity,
            repeat=repeat,
            client_supplied_id=id is not None,
            skip_duplicates=skip_duplicates,
            receipt=receipt,
            extra=workspace.stage_entries.enter(opportunity, None),
        )
    return workspace.created("opportunity", created)


def new_opportunity(
    workspace: Workspace, draft: OpportunityDraft, *, opportunity_id: str, lead_id: str | None = None
) -> Opportunity:
    """Return the opportunity that a draft makes, not yet stored. Raises ForbiddenError and ValidationError."""
    owner_id, team_id = workspace.owner_and_team(draft)
    workspace.ensure_assignable("opportunity", owner_id, team_id)
    values = settle_opportunity(workspace, draft, previous=None)
    return Opportunity(
        opportunity_id=opportunity_id,
        lead_id=lead_id,
        active_at=workspace.now,
        **values | {"owner_id": owner_id, "team_id": team_id},
    )
