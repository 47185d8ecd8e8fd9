"""Announce a document and get what is needed to upload it."""

from dataclasses import dataclass

from zebros_core.errors import ConflictError
from zebros_core.records.unique import RequestKey
from zebros_core.storage import AnnouncedObject, UploadTicket
from zebros_customers.domain.document import Document, DocumentDraft, DocumentStatus, object_path
from zebros_customers.use_cases.create_contact import customer_of
from zebros_customers.use_cases.workspace import Workspace


@dataclass(frozen=True, slots=True)
class StartedDocument:
    """A pending document, and what its upload needs."""

    document: Document
    ticket: UploadTicket


def start_document(
    workspace: Workspace, draft: DocumentDraft, *, repeat: RequestKey | None = None
) -> StartedDocument:
    """Create a pending document of a customer and open its upload.

    Up to 100 MiB one signed form takes exactly the announced type and size; a larger file goes in parts. Raises
    ValidationError for a customer that the caller may not see, ConflictError for a repetition after the upload ended.
    """
    customer = customer_of(workspace, draft.customer_id)
    assert customer is not None  # noqa: S101 - a draft of a document always names its customer
    workspace.ensure_assignable("document", customer.owner_id, customer.team_id)
    document_id = workspace.documents.new_id(repeat)
    key = workspace.objects.key(*object_path(customer.customer_id, document_id, draft.kind))
    announced = workspace.files.begin(key, content_type=draft.content_type, size_bytes=draft.size_bytes)
    created = workspace.documents.create(
        Document(
            document_id=document_id,
            object_key=key,
            owner_id=customer.owner_id,
            team_id=customer.team_id,
            upload_id=announced.upload_id,
            **{name: getattr(draft, name) for name in DocumentDraft.model_fields},
        ),
        idempotency=repeat.fingerprint if repeat else None,
    )
    if created.replayed:
        # The first request's upload is the one that counts; parts of this one would be paid for and never used.
        workspace.files.give_up(announced)
    return upload_of(workspace, created.entity)


def upload_of(workspace: Workspace, document: Document) -> StartedDocument:
    """Return what is needed to upload a pending document.

    Raises ConflictError for one that is not pending: what was checked and may have been read is not replaced.
    """
    if document.is_deleted or document.status is not DocumentStatus.PENDING:
        raise ConflictError(
            "the upload of this document has ended; announce a new document for another content"
        )
    return StartedDocument(document, workspace.files.ticket(announced(document)))


def announced(document: Document) -> AnnouncedObject:
    """Return the object that a document is to have."""
    return AnnouncedObject(
        document.object_key, document.content_type, document.size_bytes, document.upload_id
    )
