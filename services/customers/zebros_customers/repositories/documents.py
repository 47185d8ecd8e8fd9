"""Documents: the access patterns of the table."""

from zebros_core.dynamodb.repository import Page
from zebros_core.records.exported import ExportedRepository
from zebros_core.records.unique import RequestKey
from zebros_customers.domain.document import Document
from zebros_customers.repositories.keys import DOCUMENTS


class DocumentRepository(ExportedRepository[Document]):
    """One tenant's documents, without their content."""

    schema = DOCUMENTS

    def new_id(self, repeat: RequestKey | None) -> str:
        """Return an id for a new document: always the same one for the same key."""
        return self.store.new_id() if repeat is None else self.store.derived_id("createDocument", repeat.key)

    def page_by_customer(
        self, customer_id: str, *, limit: int, cursor: str | None, kind: str | None = None
    ) -> Page[Document]:
        """Return a page of a customer's documents, newest first."""
        return self._page(
            "customer",
            customer_id,
            limit=limit,
            cursor=cursor,
            query_name="documents-by-customer",
            filters={"kind": kind} if kind else {},
            descending=True,
        )
