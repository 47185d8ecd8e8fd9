"""Move a lead to the trash."""

from zebros_core.records.unique import Receipt
from zebros_core.records.verbs import check_version, get_live
from zebros_pipeline.domain.errors import LeadConvertedError
from zebros_pipeline.domain.lead import Lead, LeadStatus
from zebros_pipeline.use_cases.workspace import Workspace


def delete_lead(
    workspace: Workspace,
    lead_id: str,
    *,
    expected_version: int | None = None,
    receipt: Receipt | None = None,
) -> Lead:
    """Move a lead to the trash, from where it can be restored for 180 days; return its tombstone.

    A converted one may go: what it became stays. Raises LeadConvertedError for one that is just being converted.
    """
    lead: Lead = get_live(workspace, "lead", lead_id)
    workspace.ensure_allowed("lead", lead_id, lead, "delete")
    check_version(lead, expected_version)
    if lead.status is LeadStatus.CONVERTING:
        raise LeadConvertedError("This lead is being converted; it stays until that has ended.")
    return workspace.leads.remove_unique(lead, receipt=receipt)
