"""Delete a document with its content."""

from zebros_core.errors import VersionMismatchError
from zebros_customers.domain.document import Document
from zebros_customers.use_cases.get_document import get_document
from zebros_customers.use_cases.workspace import Workspace


def delete_document(
    workspace: Workspace, document_id: str, *, expected_version: int | None = None
) -> Document:
    """Delete a document; return its tombstone.

    The object is deleted after the record: an object without a record is swept by the bucket's lifecycle, a record
    without its object would be a broken promise.
    """
    document = get_document(workspace, document_id)
    workspace.ensure_allowed("document", document_id, document, "delete")
    if expected_version is not None and document.version != expected_version:
        raise VersionMismatchError(document.version)
    tombstone = workspace.documents.remove(document)
    if document.upload_id is not None:
        workspace.uploads.abort(document.object_key, document.upload_id)
    workspace.objects.delete(document.object_key)
    return tombstone
