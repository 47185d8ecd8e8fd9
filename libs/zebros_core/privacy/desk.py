"""What the privacy use cases of a service work with, for one tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from zebros_core.bootstrap import ServiceContainer
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.schema import EntitySchema
from zebros_core.dynamodb.store import TenantStore
from zebros_core.privacy.copies import CopiesErasure
from zebros_core.privacy.history import HistoryErasure
from zebros_core.privacy.marks import ErasureMarks
from zebros_core.privacy.run import ErasureRun
from zebros_core.privacy.trash import TrashIndex
from zebros_core.storage import ObjectStore
from zebros_core.storage.versions import ObjectVersions

__all__ = ["PrivacyDesk", "open_desk"]

W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class PrivacyDesk(Generic[W]):
    """One tenant's desk. `objects` are its objects in the documents bucket, `documents` the same with all their
    versions; `copies` gives what erases copies of the service's records in the failures bucket.
    """

    workspace: W
    lookup_table: str
    lookup: LookupTable
    marks: ErasureMarks
    trash: TrashIndex
    history: HistoryErasure
    objects: ObjectStore
    documents: ObjectVersions
    copies: Callable[[ErasureRun], CopiesErasure]


def open_desk(
    have: ServiceContainer,
    workspace: W,
    store: TenantStore,
    *,
    lookup_table: str,
    schemas: Iterable[EntitySchema[Any]],
) -> PrivacyDesk[W]:
    """Return the desk of the tenant whose workspace and store these are, made for the cause of erasures."""
    tables = {schema.table: schema.entity for schema in schemas}
    return PrivacyDesk(
        workspace=workspace,
        lookup_table=lookup_table,
        lookup=LookupTable(store, lookup_table),
        marks=ErasureMarks(store, lookup_table),
        trash=TrashIndex(store, lookup_table),
        history=HistoryErasure(store, lookup_table),
        objects=ObjectStore(have.s3, have.core.documents_bucket, store.tenant_id),
        documents=ObjectVersions(have.s3, have.core.documents_bucket, store.tenant_id),
        copies=lambda run: CopiesErasure(
            run,
            have.s3,
            have.core.failures_bucket,
            store.tenant_id,
            table_prefix=have.core.table_prefix,
            tables=tables,
        ),
    )
