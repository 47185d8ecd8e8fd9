"""Bring what a caller says of an opportunity into agreement: stage, value, lines, currency, references."""

from datetime import datetime
from typing import Any

from zebros_core.errors import ValidationError
from zebros_pipeline.domain.opportunity import Opportunity, OpportunityDraft
from zebros_pipeline.domain.placement import Placement, place
from zebros_pipeline.domain.valuation import priced_lines, value_of
from zebros_pipeline.use_cases.workspace import Workspace


def settle_opportunity(
    workspace: Workspace,
    draft: OpportunityDraft,
    *,
    previous: Opportunity | None,
    placement: Placement | None = None,
) -> dict[str, Any]:
    """Return the values of an opportunity that a draft makes; `placement` where the stage is decided already.

    Raises ValidationError for a customer, contact or product that the caller may not see, and as `place`,
    `priced_lines` and `value_of` do.
    """
    _check_reference(workspace, "customer", draft.customer_id, previous.customer_id if previous else None)
    _check_reference(workspace, "contact", draft.contact_id, previous.contact_id if previous else None)
    workspace.check_custom("opportunity", draft.custom, previous.custom if previous else None)
    placed = placement or place(draft, workspace.stages.get, previous=previous, today=workspace.today)
    currency = draft.currency or (previous.currency if previous else workspace.currencies.get().base_currency)
    lines = priced_lines(draft, currency, previous=previous, product=workspace.products_by_id.get)
    values: dict[str, Any] = {name: getattr(draft, name) for name in OpportunityDraft.model_fields}
    return values | {
        "currency": currency,
        "lines": lines,
        "line_count": len(lines) or None,
        "value": value_of(draft, lines, previous),
        "stage": placed.stage,
        "outcome": placed.outcome,
        "close_date": placed.close_date,
        "loss_reason": placed.loss_reason,
        "probability": placed.probability,
        "forecast_category": placed.forecast_category,
        "customer_deleted": _still_deleted(draft, previous),
        "stage_entered_at": _entered_at(placed.stage, previous, workspace.now),
    }


def _check_reference(workspace: Workspace, entity: str, id: str | None, former: str | None) -> None:
    """Refuse a new reference to what the caller may not see; one that stays may have gone since."""
    if id is not None and id != former and workspace.references.find(entity, id) is None:
        raise ValidationError.for_field(f"/{entity}Id", "unknown_reference", f"no such {entity}")


def _still_deleted(draft: OpportunityDraft, previous: Opportunity | None) -> bool:
    return previous is not None and previous.customer_deleted and previous.customer_id == draft.customer_id


def _entered_at(stage: str, previous: Opportunity | None, now: datetime) -> datetime:
    return previous.stage_entered_at if previous is not None and previous.stage == stage else now
