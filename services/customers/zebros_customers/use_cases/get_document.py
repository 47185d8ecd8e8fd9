"""Read documents and get links to their content."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from zebros_core.dynamodb.paging import Page
from zebros_core.errors import ConflictError
from zebros_customers.domain.document import Document, DocumentKind, DocumentStatus
from zebros_customers.use_cases.get_customer import get_customer
from zebros_customers.use_cases.workspace import Workspace

LINK_EXPIRES_SECONDS = 900
INCLUDED_DOCUMENTS = 20
"""Documents shown inside their customer; the list has them all."""


@dataclass(frozen=True, slots=True)
class LinkedDocument:
    """A document with a link to its content; no link while its upload is pending."""

    document: Document
    url: str | None
    expires_at: datetime | None


def get_document(workspace: Workspace, document_id: str) -> Document:
    """Return a live document that the caller may see. Raises NotFoundError."""
    document = workspace.documents.get(document_id)
    workspace.ensure_readable("document", document_id, document)
    return document


def list_documents(
    workspace: Workspace, customer_id: str, *, kind: DocumentKind | None, limit: int, cursor: str | None
) -> Page[Document]:
    """Return a page of a customer's documents, newest first. Raises NotFoundError for a customer out of sight."""
    get_customer(workspace, customer_id)
    page = workspace.documents.page_by_customer(customer_id, kind=kind, limit=limit, cursor=cursor)
    return workspace.readable("document", page)


def link_document(workspace: Workspace, document: Document) -> LinkedDocument:
    """Return a document with a link that is good for 15 minutes."""
    if document.status is not DocumentStatus.AVAILABLE:
        return LinkedDocument(document, None, None)
    url = workspace.objects.presigned_get(
        document.object_key, filename=document.file_name, expires_seconds=LINK_EXPIRES_SECONDS
    )
    return LinkedDocument(document, url, workspace.now + timedelta(seconds=LINK_EXPIRES_SECONDS))


def download_document(workspace: Workspace, document_id: str) -> LinkedDocument:
    """Return a document with its link. Raises ConflictError while its upload is pending."""
    linked = link_document(workspace, get_document(workspace, document_id))
    if linked.url is None:
        raise ConflictError("the upload of this document is not complete; complete it first")
    return linked


def documents_of_customer(workspace: Workspace, customer_id: str) -> list[LinkedDocument]:
    """Return the newest documents of a customer that was read already, with links; at most 20."""
    page = workspace.documents.page_by_customer(customer_id, limit=INCLUDED_DOCUMENTS, cursor=None)
    return [link_document(workspace, document) for document in workspace.readable("document", page).items]
