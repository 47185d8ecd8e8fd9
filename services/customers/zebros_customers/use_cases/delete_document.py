"""Delete a document with its content."""

from zebros_core.errors import VersionMismatchError
from zebros_customers.domain.document import Document
from zebros_customers.use_cases.get_document import get_document
from zebros_customers.use_cases.workspace import Workspace


def delete_document(
    workspace: Workspace, document_id: str, *, expected_version: int | None = None
) -> Document:
    """Delete a document; return its tombstone.

    The content is deleted after the entry: an entry without its content would be a broken promise. Should the function
    be stopped between the two, the event of the tombstone deletes the content (see `follow_up`).
    """
    document = get_document(workspace, document_id)
    workspace.ensure_allowed("document", document_id, document, "delete")
    if expected_version is not None and document.version != expected_version:
        raise VersionMismatchError(document.version)
    tombstone = workspace.documents.remove(document)
    delete_content(workspace, document)
    return tombstone


def delete_content(workspace: Workspace, document: Document) -> None:
    """Delete what was uploaded of a document, or give up its upload. May be repeated."""
    if document.upload_id is not None:
        workspace.uploads.abort(document.object_key, document.upload_id)
    workspace.objects.delete(document.object_key)
