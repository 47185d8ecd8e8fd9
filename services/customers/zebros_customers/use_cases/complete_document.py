"""Upload a document in parts, and complete its upload."""

from collections.abc import Sequence

from zebros_core.errors import ConflictError, NotFoundError
from zebros_core.storage import UploadedPart, UploadMismatchError
from zebros_customers.domain.document import Document, DocumentStatus
from zebros_customers.use_cases.get_document import get_document
from zebros_customers.use_cases.workspace import Workspace


def sign_parts(workspace: Workspace, document_id: str, numbers: Sequence[int]) -> list[tuple[int, str]]:
    """Return a URL for each of these parts, good for an hour. Raises ValidationError for a part that is none."""
    document, upload_id = _in_parts(workspace, document_id)
    return [
        (
            number,
            workspace.uploads.sign_part(
                document.object_key, upload_id, number, size_bytes=document.size_bytes
            ),
        )
        for number in numbers
    ]


def list_parts(workspace: Workspace, document_id: str) -> Sequence[UploadedPart]:
    """Return the parts that have arrived, so that an interrupted upload goes on with the others."""
    document, upload_id = _in_parts(workspace, document_id)
    return workspace.uploads.list_parts(document.object_key, upload_id)


def complete_document(workspace: Workspace, document_id: str) -> Document:
    """Check an upload and make the document available; one that is available already is returned as it stands.

    Raises ConflictError when nothing or not everything has arrived, UploadMismatchError for another size or type.
    """
    document = get_document(workspace, document_id)
    workspace.ensure_allowed("document", document_id, document, "write")
    if document.status is DocumentStatus.AVAILABLE:
        return document
    if document.upload_id is not None:
        workspace.uploads.complete(document.object_key, document.upload_id, size_bytes=document.size_bytes)
    else:
        _check_object(workspace, document)
    available = document.model_copy(update={"status": DocumentStatus.AVAILABLE, "upload_id": None})
    return workspace.documents.save(available, previous=document)


def _check_object(workspace: Workspace, document: Document) -> None:
    try:
        info = workspace.objects.head(document.object_key)
    except NotFoundError as error:
        raise ConflictError("nothing was uploaded yet; send the file to the upload's URL first") from error
    if info.size_bytes != document.size_bytes:
        raise UploadMismatchError(document.size_bytes, info.size_bytes)


def _in_parts(workspace: Workspace, document_id: str) -> tuple[Document, str]:
    document = get_document(workspace, document_id)
    workspace.ensure_allowed("document", document_id, document, "write")
    if document.upload_id is None:
        raise ConflictError("this document is not being uploaded in parts")
    return document, document.upload_id
