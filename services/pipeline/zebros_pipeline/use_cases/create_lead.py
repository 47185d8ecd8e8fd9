"""Create a lead."""

from zebros_core.dynamodb.repository import Created
from zebros_core.records.unique import Receipt, RequestKey
from zebros_pipeline.domain.lead import Lead, LeadDraft
from zebros_pipeline.use_cases.workspace import Workspace


def create_lead(
    workspace: Workspace,
    draft: LeadDraft,
    *,
    id: str | None = None,
    repeat: RequestKey | None = None,
    skip_duplicates: bool = False,
    receipt: Receipt | None = None,
) -> Created[Lead]:
    """Create a lead, owned by the caller unless the draft names an owner.

    Raises DuplicateError for a live, unconverted lead of the same e-mail unless `skip_duplicates`, and always
    for one of the same external id; it is named if the caller may see it.
    """
    owner_id, team_id = workspace.owner_and_team(draft)
    workspace.ensure_assignable("lead", owner_id, team_id)
    workspace.check_custom("lead", draft.custom)
    lead = Lead(
        lead_id=id or workspace.leads.new_id("createLead", repeat),
        **{name: getattr(draft, name) for name in LeadDraft.model_fields}
        | {"owner_id": owner_id, "team_id": team_id, "currency": currency_of(workspace, draft)},
    )
    with workspace.naming_only_visible():
        created = workspace.leads.create_unique(
            lead,
            repeat=repeat,
            client_supplied_id=id is not None,
            skip_duplicates=skip_duplicates,
            receipt=receipt,
        )
    return workspace.created("lead", created)


def currency_of(workspace: Workspace, draft: LeadDraft) -> str | None:
    """Return the currency of a lead's estimate: the draft's, or the tenant's; None without an estimate."""
    if draft.currency is not None or draft.estimated_value is None:
        return draft.currency
    return workspace.currencies.get().base_currency
