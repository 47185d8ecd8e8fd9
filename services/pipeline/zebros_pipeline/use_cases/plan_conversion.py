"""Plan the conversion of a lead: which records there will be, and that nothing known beforehand speaks against it."""

import json
from typing import Any

from zebros_core.dynamodb.idempotency import request_fingerprint
from zebros_core.errors import FieldError, NotFoundError, ValidationError, ZebrosError
from zebros_core.records.verbs import get_live
from zebros_pipeline.domain.conversion import (
    Actor,
    Conversion,
    ConversionWish,
    PlannedRecord,
    contact_draft,
    customer_draft,
    opportunity_draft,
)
from zebros_pipeline.domain.errors import OpportunityClosedError
from zebros_pipeline.domain.lead import Lead
from zebros_pipeline.domain.opportunity import Opportunity, OpportunityDraft
from zebros_pipeline.use_cases.create_opportunity import new_opportunity
from zebros_pipeline.use_cases.workspace import Workspace


def plan_conversion(
    workspace: Workspace,
    lead: Lead,
    wish: ConversionWish,
    *,
    skip_duplicates: bool,
    former: Conversion | None,
) -> Conversion:
    """Return the plan of converting a lead as the caller wishes; `former` is an attempt that failed.

    Without a customer in the wish, it is the one of the existing opportunity or contact, else a new one. Raises
    ValidationError naming what of the wish cannot be, below `/customer`, `/contact` or `/opportunity`.
    """
    conversion_id = workspace.conversions.id_of(lead.lead_id)
    attempt = 1 if former is None else former.attempt + 1

    def own(entity: str) -> str:
        return workspace.conversions.record_id(conversion_id, attempt, entity)

    existing = _existing_opportunity(workspace, wish)
    known_contact = _existing(workspace, "contact", wish.contact.contact_id if wish.contact else None)
    customer_id = wish.customer.customer_id if wish.customer else None
    _existing(workspace, "customer", customer_id)
    if wish.customer is None:
        customer_id = (existing.customer_id if existing else None) or (known_contact or {}).get("customerId")
    if existing is not None and existing.customer_id not in {None, customer_id}:
        raise ValidationError.for_field(
            "/opportunity/opportunityId", "other_customer", "the opportunity is another customer's"
        )
    customer = (
        PlannedRecord(id=customer_id)
        if customer_id is not None
        else PlannedRecord(id=own("customer"), draft=customer_draft(lead, wish.customer))
    )
    contact = (
        PlannedRecord(id=known_contact["contactId"])
        if known_contact is not None
        else PlannedRecord(id=own("contact"), draft=contact_draft(lead, wish.contact, customer.id))
    )
    return Conversion(
        conversion_id=conversion_id,
        lead_id=lead.lead_id,
        attempt=attempt,
        fingerprint=fingerprint_of(wish, skip_duplicates),
        former_status=lead.status,
        skip_duplicates=skip_duplicates,
        customer=customer,
        contact=contact,
        opportunity=_opportunity(workspace, lead, wish, existing, own("opportunity")),
        actor=Actor(
            user_id=workspace.context.user_id,
            team_id=workspace.context.team_id,
            roles=tuple(sorted(workspace.context.roles)),
            scopes=tuple(sorted(workspace.context.scopes)),
        ),
        started_at=workspace.now,
    )


def fingerprint_of(wish: ConversionWish, skip_duplicates: bool) -> str:
    """Return what tells wishes apart: equal wishes have the same one."""
    given = wish.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    for target in given.values():
        # A set has no order; two equal wishes must give equal texts.
        target.update({"tags": sorted(target["tags"])} if "tags" in target else {})
    return request_fingerprint("convertLead", json.dumps(given, sort_keys=True), str(skip_duplicates))


def repointed(error: ZebrosError, prefix: str) -> ZebrosError:
    """Return a ValidationError with its fields below `prefix`, where the wish has them; any other as it is."""
    if not isinstance(error, ValidationError):
        return error
    fields = [FieldError(f"{prefix}{fault.field}", fault.code, fault.message) for fault in error.fields]
    return ValidationError(error.detail, fields=fields)


def _existing(workspace: Workspace, entity: str, id: str | None) -> Any:
    if id is None:
        return None
    found = workspace.references.find(entity, id)
    if found is None:
        raise ValidationError.for_field(f"/{entity}/{entity}Id", "unknown_reference", f"no such {entity}")
    return found


def _existing_opportunity(workspace: Workspace, wish: ConversionWish) -> Opportunity | None:
    if wish.opportunity is None or wish.opportunity.opportunity_id is None:
        return None
    id = wish.opportunity.opportunity_id
    try:
        opportunity: Opportunity = get_live(workspace, "opportunity", id)
    except NotFoundError as error:
        raise ValidationError.for_field(
            "/opportunity/opportunityId", "unknown_reference", "no such opportunity"
        ) from error
    workspace.ensure_allowed("opportunity", id, opportunity, "write")
    if not opportunity.is_open:
        raise OpportunityClosedError(opportunity.outcome.value)
    return opportunity


def _opportunity(
    workspace: Workspace, lead: Lead, wish: ConversionWish, existing: Opportunity | None, id: str
) -> PlannedRecord | None:
    if existing is not None:
        return PlannedRecord(id=existing.opportunity_id)
    if wish.opportunity is None:
        return None
    draft: OpportunityDraft = opportunity_draft(lead, wish.opportunity)
    try:
        # What would be refused at the end is refused before anything was made.
        new_opportunity(workspace, draft, opportunity_id=id)
    except ValidationError as error:
        raise repointed(error, "/opportunity") from error
    return PlannedRecord(
        id=id, draft=draft.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    )
