"""Move an opportunity to another stage, which may win or lose it."""

from datetime import date
from decimal import Decimal

from zebros_core.records.workspace import Saved
from zebros_pipeline.domain.opportunity import Opportunity, OpportunityDraft
from zebros_pipeline.use_cases.update_opportunity import update_opportunity
from zebros_pipeline.use_cases.workspace import Workspace


def move_opportunity(
    workspace: Workspace,
    opportunity_id: str,
    stage: str,
    *,
    loss_reason: str | None = None,
    close_date: date | None = None,
    value: Decimal | None = None,
    expected_version: int | None = None,
) -> Saved[Opportunity]:
    """Move an opportunity; one that is in the stage already stays as it is, but for the other values given.

    Raises OpportunityClosedError for a closed one, ValidationError for an unknown stage or a loss without a reason.
    """
    given = {"loss_reason": loss_reason, "close_date": close_date, "value": value}
    changes = {"stage": stage, **{name: wanted for name, wanted in given.items() if wanted is not None}}

    def moved(draft: OpportunityDraft) -> OpportunityDraft:
        return draft.model_copy(update=changes)

    return update_opportunity(workspace, opportunity_id, moved, expected_version=expected_version)
