"""The document: a file kept for a customer, or an attachment of an e-mail."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from zebros_core.dynamodb.entity import BUSINESS, PERSONAL, SYSTEM, StoredEntity
from zebros_core.file_names import FileName
from zebros_core.values import RecordId, ShortText, Tags, Value

MEBIBYTE = 1024 * 1024
MAX_DOCUMENT_BYTES = 5 * 1024 * MEBIBYTE


class DocumentKind(StrEnum):
    """Where a document belongs: a customer's own documents, or the attachments of its e-mails."""

    DOCUMENT = "document"
    ATTACHMENT = "attachment"


class DocumentStatus(StrEnum):
    """`pending` until the upload was checked, then `available`."""

    PENDING = "pending"
    AVAILABLE = "available"


ContentType = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}$")
]


class DocumentDraft(Value):
    """What a caller says of a file before uploading it."""

    customer_id: RecordId
    file_name: FileName
    content_type: ContentType
    size_bytes: Annotated[int, Field(ge=1, le=MAX_DOCUMENT_BYTES)]
    kind: DocumentKind = DocumentKind.DOCUMENT
    description: ShortText | None = None
    tags: Tags = frozenset()


class Document(StoredEntity):
    """A document as it is kept; owner and team are its customer's."""

    document_id: Annotated[str, SYSTEM]
    customer_id: Annotated[str, BUSINESS]
    kind: Annotated[DocumentKind, BUSINESS] = DocumentKind.DOCUMENT
    status: Annotated[DocumentStatus, SYSTEM] = DocumentStatus.PENDING
    file_name: Annotated[str, PERSONAL]
    content_type: Annotated[str, BUSINESS]
    size_bytes: Annotated[int, BUSINESS]
    description: Annotated[str | None, PERSONAL] = None
    object_key: Annotated[str, SYSTEM]
    upload_id: Annotated[str | None, SYSTEM] = None
    owner_id: Annotated[str, BUSINESS]
    team_id: Annotated[str | None, BUSINESS] = None

    def unique_values(self) -> dict[str, str]:
        """Return nothing: two documents may be alike."""
        return {}

    def index_attributes(self) -> Mapping[str, str]:
        """Return the attributes that only indexes need."""
        return {"customerKey": self.customer_id}


def object_path(customer_id: str, document_id: str, kind: DocumentKind) -> tuple[str, ...]:
    """Return the parts of the key of a document's object, below its tenant's prefix.

    The file's name is not part of it: names are personal data, and keys are logged.
    """
    return "customers", customer_id, f"{kind}s", document_id
