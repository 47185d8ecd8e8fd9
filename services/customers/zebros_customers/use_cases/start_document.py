"""Announce a document and get what is needed to upload it."""

from dataclasses import dataclass

from zebros_core.errors import ConflictError
from zebros_core.records.unique import RequestKey
from zebros_core.storage import MULTIPART_FROM_BYTES, PresignedPost
from zebros_customers.domain.document import Document, DocumentDraft, DocumentStatus, object_path
from zebros_customers.use_cases.create_contact import customer_of
from zebros_customers.use_cases.workspace import Workspace

UPLOAD_EXPIRES_SECONDS = 900


@dataclass(frozen=True, slots=True)
class StartedDocument:
    """A pending document, and either the form that uploads it in one request or the size of its parts."""

    document: Document
    form: PresignedPost | None
    part_size_bytes: int | None


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
    in_parts = draft.size_bytes > MULTIPART_FROM_BYTES
    upload_id = workspace.uploads.start(key, content_type=draft.content_type) if in_parts else None
    created = workspace.documents.create(
        Document(
            document_id=document_id,
            object_key=key,
            owner_id=customer.owner_id,
            team_id=customer.team_id,
            upload_id=upload_id,
            **{name: getattr(draft, name) for name in DocumentDraft.model_fields},
        ),
        idempotency=repeat.fingerprint if repeat else None,
    )
    if created.replayed and upload_id is not None:
        # The first request's upload is the one that counts; parts of this one would be paid for and never used.
        workspace.uploads.abort(key, upload_id)
    return upload_of(workspace, created.entity)


def upload_of(workspace: Workspace, document: Document) -> StartedDocument:
    """Return what is needed to upload a pending document.

    Raises ConflictError for one that is not pending: what was checked and may have been read is not replaced.
    """
    if document.is_deleted or document.status is not DocumentStatus.PENDING:
        raise ConflictError(
            "the upload of this document has ended; announce a new document for another content"
        )
    if document.upload_id is not None:
        return StartedDocument(document, None, workspace.uploads.plan(document.size_bytes).part_bytes)
    form = workspace.objects.presigned_post(
        document.object_key,
        content_type=document.content_type,
        min_bytes=document.size_bytes,
        max_bytes=document.size_bytes,
        expires_seconds=UPLOAD_EXPIRES_SECONDS,
    )
    return StartedDocument(document, form, None)
