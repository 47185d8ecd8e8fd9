"""Convert a lead to a customer, a contact and, if wished, an opportunity: all of them or none."""

from dataclasses import dataclass

from zebros_core.errors import ConflictError, VersionMismatchError
from zebros_core.records.verbs import check_version, get_live
from zebros_pipeline.domain.conversion import Conversion, ConversionState, ConversionWish
from zebros_pipeline.domain.errors import ConversionRunningError, LeadConvertedError
from zebros_pipeline.domain.lead import Lead, LeadStatus
from zebros_pipeline.domain.opportunity import Opportunity
from zebros_pipeline.use_cases.finish_conversion import finish_conversion
from zebros_pipeline.use_cases.plan_conversion import fingerprint_of, plan_conversion
from zebros_pipeline.use_cases.workspace import Workspace

_MAX_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class ConvertedLead:
    """A lead after its conversion, and the opportunity that it led to, if it was written just now."""

    conversion_id: str
    lead: Lead
    opportunity: Opportunity | None = None


def convert_lead(
    workspace: Workspace,
    lead_id: str,
    wish: ConversionWish,
    *,
    skip_duplicates: bool = False,
    expected_version: int | None = None,
) -> ConvertedLead:
    """Convert a lead as wished. The same wish again gives the same answer, also while it is being carried out.

    First the plan is written, with the lead marked as `converting`; then the customers service makes customer and
    contact, under ids that follow from the plan; then opportunity, lead and plan are written in one transaction. What
    is refused on the way is taken back. What breaks off is finished by `continue_conversion`.

    Raises LeadConvertedError for a lead that was converted otherwise, ConversionRunningError while another wish is
    carried out, ValidationError and DuplicateError for what the wish asks, ForbiddenError.
    """
    for _ in range(_MAX_ATTEMPTS):
        lead: Lead = get_live(workspace, "lead", lead_id)
        workspace.ensure_allowed("lead", lead_id, lead, "convert")
        known = workspace.conversions.find(workspace.conversions.id_of(lead_id))
        if lead.status in {LeadStatus.CONVERTING, LeadStatus.CONVERTED} and known is not None:
            _ensure_same(known, fingerprint_of(wish, skip_duplicates))
            return _outcome(workspace, known)
        check_version(lead, expected_version)
        plan = plan_conversion(workspace, lead, wish, skip_duplicates=skip_duplicates, former=known)
        try:
            workspace.leads.save_unique(
                lead.model_copy(update={"status": LeadStatus.CONVERTING}),
                previous=lead,
                skip_duplicates=True,
                extra=(workspace.conversions.start(plan, previous=known),),
            )
        except VersionMismatchError:
            # Perhaps the same wish by another click: then the next look finds its plan.
            if expected_version is not None and workspace.leads.get(lead_id).status is lead.status:
                raise
            continue
        return _outcome(workspace, plan)
    raise ConflictError("the lead changes faster than it can be converted")


def _ensure_same(known: Conversion, fingerprint: str) -> None:
    if known.fingerprint == fingerprint:
        return
    raise LeadConvertedError if known.state is ConversionState.DONE else ConversionRunningError


def _outcome(workspace: Workspace, conversion: Conversion) -> ConvertedLead:
    opportunity = finish_conversion(workspace, conversion)
    lead = workspace.leads.get(conversion.lead_id)
    return ConvertedLead(conversion.conversion_id, lead, opportunity)
