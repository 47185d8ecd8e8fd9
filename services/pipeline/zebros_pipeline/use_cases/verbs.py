"""What can be done to which records in a batch or by the bulk door, and which records others may read there."""

from collections.abc import Mapping
from typing import Final

from zebros_core.records.mutations import RecordVerbs
from zebros_pipeline.domain.lead import LeadDraft
from zebros_pipeline.domain.opportunity import OpportunityDraft
from zebros_pipeline.domain.product import ProductDraft
from zebros_pipeline.use_cases.create_lead import create_lead
from zebros_pipeline.use_cases.create_opportunity import create_opportunity
from zebros_pipeline.use_cases.create_product import create_product
from zebros_pipeline.use_cases.delete_lead import delete_lead
from zebros_pipeline.use_cases.delete_opportunity import delete_opportunity
from zebros_pipeline.use_cases.delete_product import delete_product
from zebros_pipeline.use_cases.prepare_writes import prepare_opportunities
from zebros_pipeline.use_cases.restore_lead import restore_lead
from zebros_pipeline.use_cases.restore_opportunity import restore_opportunity
from zebros_pipeline.use_cases.restore_product import restore_product
from zebros_pipeline.use_cases.update_lead import update_lead
from zebros_pipeline.use_cases.update_opportunity import update_opportunity
from zebros_pipeline.use_cases.update_product import update_product

VERBS: Final[Mapping[str, RecordVerbs]] = {
    "lead": RecordVerbs(LeadDraft, create_lead, update_lead, delete_lead, restore_lead, together=True),
    "product": RecordVerbs(
        ProductDraft, create_product, update_product, delete_product, restore_product, together=True
    ),
    "opportunity": RecordVerbs(
        OpportunityDraft,
        create_opportunity,
        update_opportunity,
        delete_opportunity,
        restore_opportunity,
        prepare=prepare_opportunities,
        together=True,
    ),
}

EXPORTED: Final = frozenset(VERBS)
