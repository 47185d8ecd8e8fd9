"""What the API shows of each resource: the fields of the draft and those of the system that a client needs."""

from typing import Any

from pydantic import Field

from zebros_core.http.records import RecordBody, shown
from zebros_core.http.wire import Id, Instant, WireModel
from zebros_core.records.custom import FieldDefinition, FieldType
from zebros_core.values import Custom
from zebros_customers.domain.contact import Contact, ContactDetails
from zebros_customers.domain.custom_field import FieldEntity
from zebros_customers.domain.customer import Customer
from zebros_customers.domain.document import Document, DocumentKind, DocumentStatus
from zebros_customers.domain.merge import Merge, MergeStatus
from zebros_customers.domain.values import ContactInfo


class DocumentBody(RecordBody):
    """A document of a customer, without its content."""

    document_id: Id
    customer_id: Id
    kind: DocumentKind
    status: DocumentStatus
    file_name: str
    content_type: str
    size_bytes: int
    description: str | None
    tags: list[str]

    @classmethod
    def of(cls, document: Document) -> "DocumentBody":
        """Return the body of a document."""
        return cls.model_construct(**shown(cls, document))


class LinkedDocumentBody(DocumentBody):
    """A document with a link to its content, good for `expiresAt`; null while the upload is pending."""

    url: str | None
    expires_at: Instant | None

    @classmethod
    def linked(cls, document: Document, url: str | None, expires_at: Any) -> "LinkedDocumentBody":
        """Return the body of a document with its link."""
        return cls.model_construct(**shown(DocumentBody, document), url=url, expires_at=expires_at)


class CustomerBody(RecordBody):
    """A customer."""

    customer_id: Id
    company_name: str
    industry: str | None
    tier: str | None
    contact_info: ContactInfo
    owner_id: str
    team_id: str | None
    external_id: str | None
    tags: list[str]
    custom: Custom

    @classmethod
    def of(cls, customer: Customer) -> "CustomerBody":
        """Return the body of a customer."""
        return cls.model_construct(**shown(cls, customer))


class CustomerWithDocumentsBody(CustomerBody):
    """A customer, and with `include=documents` its newest documents with links."""

    documents: list[LinkedDocumentBody] = Field(default_factory=list)

    @classmethod
    def with_documents(
        cls, customer: Customer, documents: list[LinkedDocumentBody]
    ) -> "CustomerWithDocumentsBody":
        """Return the body of a customer and its documents."""
        return cls.model_construct(**shown(CustomerBody, customer), documents=documents)


class ContactBody(RecordBody):
    """A contact."""

    contact_id: Id
    customer_id: Id | None
    first_name: str | None
    last_name: str
    email: str | None
    phone: str | None
    position: str | None
    details: ContactDetails
    do_not_contact: bool
    last_contacted_at: Instant | None
    email_bounced_at: Instant | None
    owner_id: str
    team_id: str | None
    external_id: str | None
    tags: list[str]
    custom: Custom

    @classmethod
    def of(cls, contact: Contact) -> "ContactBody":
        """Return the body of a contact."""
        return cls.model_construct(**shown(cls, contact))


class FieldBody(WireModel):
    """The definition of a custom field."""

    field_id: Id
    entity: FieldEntity
    name: str
    type: FieldType
    label: str | None
    choices: list[str]
    version: int

    @classmethod
    def of(cls, definition: FieldDefinition) -> "FieldBody":
        """Return the body of a definition."""
        return cls(**definition.model_dump(exclude={"choices"}), choices=list(definition.choices))


class FieldsBody(WireModel):
    """A tenant's custom fields."""

    items: list[FieldBody]


class MergeBody(WireModel):
    """A merge of two customers; `moved` counts contacts and documents that have followed to the winner."""

    merge_id: Id
    winner_id: Id
    loser_id: Id
    status: MergeStatus
    moved: int
    started_at: Instant
    started_by: str
    finished_at: Instant | None

    @classmethod
    def of(cls, merge: Merge) -> "MergeBody":
        """Return the body of a merge."""
        return cls(**merge.model_dump())


class MergeRequest(WireModel):
    """Which customer is merged into the one in the path."""

    loser_id: Id
