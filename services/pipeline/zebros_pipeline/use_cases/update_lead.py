"""Change a lead."""

from collections.abc import Callable

from zebros_core.records.unique import Receipt
from zebros_core.records.verbs import check_version, get_live
from zebros_core.records.workspace import Saved
from zebros_pipeline.domain.lead import Lead, LeadDraft
from zebros_pipeline.use_cases.create_lead import currency_of
from zebros_pipeline.use_cases.workspace import Workspace


def update_lead(
    workspace: Workspace,
    lead_id: str,
    revise: Callable[[LeadDraft], LeadDraft],
    *,
    expected_version: int | None = None,
    skip_duplicates: bool = False,
    receipt: Receipt | None = None,
) -> Saved[Lead]:
    """Change a lead to what `revise` makes of its writable part; nothing is written where nothing changes.

    Raises LeadConvertedError for one that was converted or is just being, VersionMismatchError for a lost race,
    ForbiddenError when it is outside the caller's reach before or after, DuplicateError as on create.
    """
    lead: Lead = get_live(workspace, "lead", lead_id)
    workspace.ensure_allowed("lead", lead_id, lead, "write")
    lead.ensure_changeable()
    check_version(lead, expected_version)
    draft = revise(lead.draft())
    revised = lead.revised(draft).model_copy(update={"currency": currency_of(workspace, draft)})
    workspace.ensure_assignable("lead", revised.owner_id, revised.team_id)
    workspace.check_custom("lead", revised.custom, lead.custom)
    with workspace.naming_only_visible():
        stored = workspace.leads.save_unique(
            revised, previous=lead, skip_duplicates=skip_duplicates, receipt=receipt
        )
    return Saved(stored, stored.version != lead.version)
