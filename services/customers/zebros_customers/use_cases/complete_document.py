"""Upload a document in parts, and complete its upload."""

from collections.abc import Sequence

from zebros_core.storage import UploadedPart
from zebros_customers.domain.document import Document, DocumentStatus
from zebros_customers.use_cases.get_document import get_document
from zebros_customers.use_cases.start_document import announced
from zebros_customers.use_cases.workspace import Workspace


def sign_parts(workspace: Workspace, document_id: str, numbers: Sequence[int]) -> list[tuple[int, str]]:
    """Return a URL for each of these parts, good for an hour. Raises ValidationError for a part that is none."""
    return workspace.files.sign_parts(announced(_writable(workspace, document_id)), numbers)


def list_parts(workspace: Workspace, document_id: str) -> Sequence[UploadedPart]:
    """Return the parts that have arrived, so that an interrupted upload goes on with the others."""
    return workspace.files.list_parts(announced(_writable(workspace, document_id)))


def complete_document(workspace: Workspace, document_id: str) -> Document:
    """Check an upload and make the document available; one that is available already is returned as it stands.

    Raises ConflictError when nothing or not everything has arrived, UploadMismatchError for another size or type.
    """
    document = _writable(workspace, document_id)
    if document.status is DocumentStatus.AVAILABLE:
        return document
    workspace.files.complete(announced(document))
    available = document.model_copy(update={"status": DocumentStatus.AVAILABLE, "upload_id": None})
    return workspace.documents.save(available, previous=document)


def _writable(workspace: Workspace, document_id: str) -> Document:
    document = get_document(workspace, document_id)
    workspace.ensure_allowed("document", document_id, document, "write")
    return document
