"""What a use case works with: one caller's rights and the repositories of that caller's tenant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from zebros_core.records.workspace import RecordWorkspace
from zebros_pipeline.domain.ports import RecordDoor, References
from zebros_pipeline.repositories.conversions import ConversionRepository
from zebros_pipeline.repositories.customer_states import CustomerStateRepository
from zebros_pipeline.repositories.leads import LeadRepository
from zebros_pipeline.repositories.opportunities import OpportunityRepository
from zebros_pipeline.repositories.product_cache import ProductsById
from zebros_pipeline.repositories.products import ProductRepository
from zebros_pipeline.repositories.settings import CurrencyRepository, StageRepository
from zebros_pipeline.repositories.stage_entries import StageEntryRepository
from zebros_pipeline.repositories.totals import TotalsRepository


@dataclass(frozen=True, slots=True)
class Workspace(RecordWorkspace):
    """One caller's access to one tenant. Made for each request by the composition root.

    `customers` is the customers service's door with the caller's rights, `upkeep` the same door with those of our own
    machinery, for taking back what a broken conversion has made. `stage_count` says how many opportunities the totals
    know in a stage.
    """

    leads: LeadRepository
    products: ProductRepository
    products_by_id: ProductsById
    opportunities: OpportunityRepository
    stage_entries: StageEntryRepository
    conversions: ConversionRepository
    customer_states: CustomerStateRepository
    stages: StageRepository
    currencies: CurrencyRepository
    references: References
    customers: RecordDoor
    upkeep: RecordDoor
    totals: TotalsRepository
    stage_count: Callable[[str], int]
    time_zone: str

    def today(self) -> date:
        """Return the present day where the tenant is."""
        return self.now.astimezone(ZoneInfo(self.time_zone)).date()
