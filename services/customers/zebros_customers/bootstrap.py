"""The composition root: settings to clients to repositories, once per container."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from zebros_core.auth.permissions import EVERYTHING, Rights
from zebros_core.bootstrap import ServiceContainer
from zebros_core.clock import Clock
from zebros_core.dynamodb.store import TenantStore
from zebros_core.records.history import HistoryRepository
from zebros_core.records.receipts import ReceiptRepository
from zebros_core.storage import MultipartUploads, ObjectStore
from zebros_core.tenancy import TenantContext
from zebros_customers.repositories.contacts import ContactRepository
from zebros_customers.repositories.customers import CustomerRepository
from zebros_customers.repositories.documents import DocumentRepository
from zebros_customers.repositories.fields import FieldRepository
from zebros_customers.repositories.keys import LOOKUP_TABLE
from zebros_customers.repositories.merges import MergeRepository
from zebros_customers.repositories.name_index import NameIndex
from zebros_customers.settings import LAYERS, LISTS_OF, Settings
from zebros_customers.use_cases.workspace import Workspace


class Container(ServiceContainer):
    """What the functions of this service share. Its parts are made when they are first asked for."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, dynamodb: Any = None) -> None:
        super().__init__(
            settings.core,
            service="customers",
            lookup_table=LOOKUP_TABLE,
            layers=LAYERS,
            lists_of=LISTS_OF,
            clock=clock,
            dynamodb=dynamodb,
        )
        self.settings = settings

    def workspace(self, context: TenantContext) -> Workspace:
        """Return what a use case works with for this caller."""
        return self._workspace(context, self.request_store(context), self.permissions)

    def system_workspace(self, tenant_id: str, cause: str, job_id: str | None = None) -> Workspace:
        """Return what our own machinery works with for a tenant, or for its job: it may do everything there."""
        context, store = self.system_access(tenant_id, cause, job_id)
        return self._workspace(context, store, EVERYTHING)

    def _workspace(self, context: TenantContext, store: TenantStore, rights: Rights) -> Workspace:
        customers, contacts, documents = (
            CustomerRepository(store),
            ContactRepository(store),
            DocumentRepository(store),
        )
        fields = FieldRepository(store)
        return Workspace(
            context=context,
            rights=rights,
            clock=self.clock,
            receipts=ReceiptRepository(store, LOOKUP_TABLE),
            history=HistoryRepository(store, LOOKUP_TABLE),
            records={"customer": customers, "contact": contacts, "document": documents},
            definitions=fields.of_entity,
            customers=customers,
            contacts=contacts,
            documents=documents,
            fields=fields,
            merges=MergeRepository(store),
            names=NameIndex(store),
            objects=ObjectStore(self.s3, self.core.documents_bucket, context.tenant_id),
            uploads=MultipartUploads(self.s3, self.core.documents_bucket, context.tenant_id),
        )


@cache
def container() -> Container:
    """Return the container of this process, built from the environment at the first call."""
    return Container(Settings.from_environ(os.environ))
