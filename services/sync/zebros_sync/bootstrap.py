"""The composition root: settings to clients to repositories, once per container."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache, cached_property
from typing import Any

from zebros_core.auth.permissions import EVERYTHING, Rights
from zebros_core.bootstrap import ServiceContainer
from zebros_core.clock import Clock
from zebros_core.dynamodb.store import TenantStore
from zebros_core.records.history import HistoryRepository
from zebros_core.records.receipts import ReceiptRepository
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.sync_strategies import sync_strategies
from zebros_sync.adapters.exports import DoorExports
from zebros_sync.adapters.owner_schemas import OwnerSchemas, SchemaCache
from zebros_sync.adapters.owners import DoorOwners
from zebros_sync.repositories.change_log import DynamoDbChangeLog
from zebros_sync.repositories.devices import DeviceRepository
from zebros_sync.repositories.keys import LOG_TABLE
from zebros_sync.settings import Settings
from zebros_sync.use_cases.workspace import Workspace


class Container(ServiceContainer):
    """What the functions of this service share. Its parts are made when they are first asked for."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, dynamodb: Any = None) -> None:
        super().__init__(
            settings.core, service="sync", lookup_table=LOG_TABLE, clock=clock, dynamodb=dynamodb
        )
        self.settings = settings

    @cached_property
    def schemas(self) -> SchemaCache:
        """What the owners said of their records."""
        return SchemaCache(self.clock)

    def workspace(self, context: TenantContext) -> Workspace:
        """Return what a use case works with for this caller."""
        return self._workspace(context, self.request_store(context), self.permissions)

    def system_workspace(self, tenant_id: str, cause: str, job_id: str | None = None) -> Workspace:
        """Return what our own machinery works with for a tenant: it may do everything there."""
        context, store = self.system_access(tenant_id, cause)
        return self._workspace(replace(context, job_id=job_id), store, EVERYTHING)

    def exports(self, workspace: Workspace) -> DoorExports:
        """Return what the owners have of a tenant, for our own machinery's workspace there."""
        return DoorExports(
            lambda service: self.bulk_doors.system_door(service, workspace.context), workspace.schemas
        )

    def _workspace(self, context: TenantContext, store: TenantStore, rights: Rights) -> Workspace:
        # Fields of records are the same whoever asks.
        schemas = OwnerSchemas(
            self.schemas, lambda service: self.bulk_doors.system_door(service, replace(context, job_id=None))
        )
        door = self.bulk_doors.system_door if rights is EVERYTHING else self.bulk_doors.door
        return Workspace(
            context=context,
            rights=rights,
            clock=self.clock,
            receipts=ReceiptRepository(store, LOG_TABLE),
            history=HistoryRepository(store, LOG_TABLE),
            records={},
            definitions=lambda entity: (),
            log=DynamoDbChangeLog(store),
            devices=DeviceRepository(store),
            owners=DoorOwners(lambda service: door(service, context), schemas),
            schemas=schemas,
            strategies=lambda: sync_strategies(self.registry.get(context.tenant_id).settings),
            cursors=store.access.cursors,
        )


@cache
def container() -> Container:
    """Return the container of this process, built from the environment at the first call."""
    return Container(Settings.from_environ(os.environ))
