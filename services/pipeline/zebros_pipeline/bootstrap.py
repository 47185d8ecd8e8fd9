"""The composition root: settings to clients to repositories, once per container."""

from __future__ import annotations

import os
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo

from zebros_core.auth.permissions import EVERYTHING, Rights
from zebros_core.bootstrap import ServiceContainer
from zebros_core.bulk.client import BulkDoorClient
from zebros_core.bulk.references import DoorReferences
from zebros_core.clock import Clock
from zebros_core.dynamodb.store import TenantStore
from zebros_core.ids import new_id
from zebros_core.records.definitions import FieldDefinitions
from zebros_core.records.history import HistoryRepository
from zebros_core.records.receipts import ReceiptRepository
from zebros_core.tenancy import SYSTEM_ACTOR, TenantContext
from zebros_pipeline.adapters.record_sources import DoorRecords, OwnRecords
from zebros_pipeline.domain.conversion import Actor
from zebros_pipeline.repositories.conversions import ConversionRepository
from zebros_pipeline.repositories.customer_states import CustomerStateRepository
from zebros_pipeline.repositories.keys import LOOKUP_TABLE
from zebros_pipeline.repositories.leads import LeadRepository
from zebros_pipeline.repositories.opportunities import OpportunityRepository
from zebros_pipeline.repositories.product_cache import ProductsById
from zebros_pipeline.repositories.products import ProductRepository
from zebros_pipeline.repositories.settings import CurrencyRepository, StageRepository
from zebros_pipeline.repositories.stage_entries import StageEntryRepository
from zebros_pipeline.repositories.totals import TotalsRepository
from zebros_pipeline.settings import LAYERS, LISTS_OF, Settings
from zebros_pipeline.use_cases.get_pipeline_value import count_in_stage
from zebros_pipeline.use_cases.recount_totals import Recount
from zebros_pipeline.use_cases.workspace import Workspace

_ACTIVITIES = "activities"
_CUSTOMERS = "customers"
"""The service that keeps customers, contacts and the definitions of custom fields."""
_KEEPERS = {"customer": _CUSTOMERS, "contact": _CUSTOMERS}
"""The services that keep what records here name."""


class Container(ServiceContainer):
    """What the functions of this service share. Its parts are made when they are first asked for."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, dynamodb: Any = None) -> None:
        super().__init__(
            settings.core,
            service="pipeline",
            lookup_table=LOOKUP_TABLE,
            layers=LAYERS,
            lists_of=LISTS_OF,
            clock=clock,
            dynamodb=dynamodb,
        )
        self.settings = settings

    def workspace(self, context: TenantContext) -> Workspace:
        """Return what a use case works with for this caller."""
        door = self.bulk_doors.door(_CUSTOMERS, context)
        return self._workspace(context, self.request_store(context), self.permissions, door)

    def system_workspace(self, tenant_id: str, cause: str, job_id: str | None = None) -> Workspace:
        """Return what our own machinery works with for a tenant, or for its job: it may do everything there."""
        context, store = self.system_access(tenant_id, cause, job_id)
        return self._workspace(context, store, EVERYTHING, self.bulk_doors.system_door(_CUSTOMERS, context))

    def acting_workspace(self, tenant_id: str, actor: Actor) -> Workspace:
        """Return what our own machinery works with that finishes what somebody began: with their rights, no others."""
        tenant = self.registry.get(tenant_id)
        context = TenantContext(
            tenant_id,
            actor.user_id,
            roles=frozenset(actor.roles),
            scopes=frozenset(actor.scopes),
            isolation=tenant.isolation,
            team_id=actor.team_id,
            index_shards=tenant.index_shards,
        )
        door = self.bulk_doors.door(_CUSTOMERS, context)
        return self._workspace(context, self.access.bind(context), self.permissions, door)

    def recount(self, workspace: Workspace) -> Recount:
        """Return what counts all of a tenant's records anew, whatever the caller may see of them."""
        doors, context = self.bulk_doors, workspace.context
        return Recount(
            workspace.totals,
            [
                OwnRecords(workspace, "opportunity"),
                DoorRecords(doors.system_door(_CUSTOMERS, context), "customer"),
                DoorRecords(doors.system_door(_ACTIVITIES, context), "activity"),
            ],
            ZoneInfo(workspace.time_zone),
            self.clock.now,
            lambda: new_id(self.clock),
        )

    @cached_property
    def definitions(self) -> FieldDefinitions:
        """The custom fields of tenants, which the customers service keeps."""
        return FieldDefinitions(self.bulk_doors, self.clock, keeper=_CUSTOMERS)

    def _workspace(
        self, context: TenantContext, store: TenantStore, rights: Rights, door: BulkDoorClient
    ) -> Workspace:
        settings = self.registry.get(context.tenant_id).settings
        leads, products, opportunities = (
            LeadRepository(store),
            ProductRepository(store),
            OpportunityRepository(store),
        )
        totals = TotalsRepository(store, LOOKUP_TABLE)
        machinery = TenantContext(
            context.tenant_id,
            f"{SYSTEM_ACTOR}conversion",
            isolation=context.isolation,
            index_shards=context.index_shards,
        )
        return Workspace(
            context=context,
            rights=rights,
            clock=self.clock,
            receipts=ReceiptRepository(store, LOOKUP_TABLE),
            history=HistoryRepository(store, LOOKUP_TABLE),
            records={"lead": leads, "product": products, "opportunity": opportunities},
            definitions=self.definitions.of_caller(context),
            leads=leads,
            products=products,
            products_by_id=ProductsById(products),
            opportunities=opportunities,
            stage_entries=StageEntryRepository(store),
            conversions=ConversionRepository(store),
            customer_states=CustomerStateRepository(store),
            stages=StageRepository(store),
            currencies=CurrencyRepository(store, registered=str(settings.get("currency", "EUR"))),
            references=DoorReferences(lambda _: door, _KEEPERS),
            customers=door,
            upkeep=self.bulk_doors.system_door(_CUSTOMERS, machinery),
            totals=totals,
            stage_count=lambda key: count_in_stage(totals, key),
            time_zone=str(settings.get("timeZone", "UTC")),
        )


@cache
def container() -> Container:
    """Return the container of this process, built from the environment at the first call."""
    return Container(Settings.from_environ(os.environ))
