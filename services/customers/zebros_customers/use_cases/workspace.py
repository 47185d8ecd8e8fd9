"""What a use case works with: one caller's rights and the repositories of that caller's tenant."""

from __future__ import annotations

from dataclasses import dataclass

from zebros_core.records.workspace import RecordWorkspace
from zebros_core.storage import AnnouncedUploads, MultipartUploads, ObjectStore
from zebros_customers.repositories.contacts import ContactRepository
from zebros_customers.repositories.customers import CustomerRepository
from zebros_customers.repositories.documents import DocumentRepository
from zebros_customers.repositories.fields import FieldRepository
from zebros_customers.repositories.merges import MergeRepository
from zebros_customers.repositories.name_index import NameIndex


@dataclass(frozen=True, slots=True)
class Workspace(RecordWorkspace):
    """One caller's access to one tenant. Made for each request by the composition root."""

    customers: CustomerRepository
    contacts: ContactRepository
    documents: DocumentRepository
    fields: FieldRepository
    merges: MergeRepository
    names: NameIndex
    objects: ObjectStore
    uploads: MultipartUploads

    @property
    def files(self) -> AnnouncedUploads:
        """What people upload."""
        return AnnouncedUploads(self.objects, self.uploads)
