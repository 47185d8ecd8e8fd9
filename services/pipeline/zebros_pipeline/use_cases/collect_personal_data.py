"""Say everything that this service holds on a person: leads, deals with them, and what names them elsewhere."""

from __future__ import annotations

from typing import TypeAlias

from zebros_core.privacy.calls import CollectedItem
from zebros_core.privacy.collecting import RecordCollection
from zebros_core.privacy.desk import PrivacyDesk
from zebros_core.privacy.records import sweep
from zebros_core.privacy.redaction import is_named_in
from zebros_core.privacy.run import CollectionRun, each
from zebros_core.privacy.steps import Piece
from zebros_core.privacy.subject import Subject, names_of
from zebros_pipeline.domain.lead import Lead
from zebros_pipeline.domain.opportunity import Opportunity
from zebros_pipeline.repositories.keys import LEADS, LOOKUP_TABLE, OPPORTUNITIES, PRODUCTS
from zebros_pipeline.use_cases.workspace import Workspace

__all__ = ["Desk", "collection_steps", "identify_person", "is_of", "is_with"]

Desk: TypeAlias = PrivacyDesk[Workspace]

_PAGE = 100


def identify_person(desk: Desk, subject: Subject) -> Subject:
    """Return the subject with the leads of its addresses, and the addresses, names and contacts of its leads.

    Leads in the trash are known by their id here; `collect` and `erase` find them by their address as well.
    """
    leads = desk.workspace.leads
    found = [leads.find_any(id) for id in subject.lead_ids]
    known = subject.joined(emails=[lead.email for lead in found if lead is not None])
    for email in known.emails:
        page = leads.page(
            {"email": email}, {}, descending=False, limit=_PAGE, cursor=None, visibility_key="all"
        )
        found += page.items
    people = [lead for lead in found if lead is not None]
    return known.joined(
        lead_ids=[lead.lead_id for lead in people],
        contact_ids=[lead.contact_id for lead in people if lead.contact_id is not None],
        emails=[lead.email for lead in people],
        names=[name for lead in people for name in names_of(lead.first_name, lead.last_name)],
    )


def collection_steps(desk: Desk, run: CollectionRun) -> list[tuple[str, Piece]]:
    """Return the steps that collect: the person's own leads, then whatever of each entity is theirs or names them."""
    workspace, subject = desk.workspace, run.subject
    leads = RecordCollection(run, LEADS, workspace.history)
    opportunities = RecordCollection(run, OPPORTUNITIES, workspace.history)
    products = RecordCollection(run, PRODUCTS, workspace.history)

    def own(lead_id: str) -> None:
        lead = workspace.leads.find_any(lead_id)
        if lead is not None:
            leads.own(lead)

    def look_at_lead(lead: Lead) -> None:
        if lead.lead_id in subject.lead_ids:
            return  # was told already
        if is_of(subject, lead):
            leads.own(lead)
        else:
            leads.look(lead)

    def look_at_opportunity(opportunity: Opportunity) -> None:
        if is_with(subject, opportunity):
            opportunities.about(opportunity)
        else:
            opportunities.look(opportunity)
        lines = workspace.opportunities.lines_of([opportunity])[opportunity.opportunity_id]
        named = [line for line in lines if is_named_in(line, run.sought)]
        if named:
            data = {"lines": [line.model_dump(mode="json", by_alias=True) for line in named]}
            run.add(
                CollectedItem(
                    store=LOOKUP_TABLE,
                    entity="lines",
                    id=opportunity.opportunity_id,
                    data=data,
                    classification={"lines": "business"},
                )
            )

    return [
        ("own", each(subject.lead_ids, own)),
        ("leads", sweep(workspace.leads, desk.trash, look_at_lead)),
        ("opportunities", sweep(workspace.opportunities, desk.trash, look_at_opportunity)),
        ("products", sweep(workspace.products, desk.trash, products.look)),
    ]


def is_of(subject: Subject, lead: Lead) -> bool:
    """Tell whether a lead is the person: by its id, its address, or the contact that it became."""
    if lead.lead_id in subject.lead_ids or lead.contact_id in subject.contact_ids:
        return True
    return lead.email in subject.emails


def is_with(subject: Subject, opportunity: Opportunity) -> bool:
    """Tell whether a deal is with the person."""
    return opportunity.contact_id in subject.contact_ids or opportunity.lead_id in subject.lead_ids
