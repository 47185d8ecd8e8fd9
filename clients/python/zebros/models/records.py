"""Customers, contacts, documents and what belongs to them, as typed objects."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal, cast

from pydantic import Field

from zebros.models.base import Model, Record, id_field

__all__ = [
    "Address",
    "BatchOutcome",
    "Contact",
    "ContactInfo",
    "Customer",
    "Document",
    "FieldChange",
    "FieldDefinition",
    "HistoryEntry",
    "Merge",
    "Upload",
]


class Address(Model):
    """A postal address; `country` as the tenant writes it."""

    street: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None


class ContactInfo(Model):
    """How to reach a company."""

    email: str | None = None
    phone: str | None = None
    website: str | None = None
    address: Address | None = None


class Customer(Record):
    """A company that the tenant sells to."""

    writable: ClassVar[frozenset[str]] = frozenset(
        {
            "companyName",
            "industry",
            "tier",
            "contactInfo",
            "ownerId",
            "teamId",
            "externalId",
            "tags",
            "custom",
        }
    )

    id: str = id_field("customerId")
    company_name: str
    industry: str | None = None
    tier: str | None = None
    contact_info: ContactInfo = Field(default_factory=ContactInfo)
    documents: list[Document] | None = None
    """Only with `include_documents=True`."""


class Contact(Record):
    """A person, mostly at a customer."""

    writable: ClassVar[frozenset[str]] = frozenset(
        {
            "customerId",
            "firstName",
            "lastName",
            "email",
            "phone",
            "position",
            "details",
            "doNotContact",
            "ownerId",
            "teamId",
            "externalId",
            "tags",
            "custom",
        }
    )

    id: str = id_field("contactId")
    customer_id: str | None = None
    first_name: str | None = None
    last_name: str
    email: str | None = None
    phone: str | None = None
    position: str | None = None
    details: dict[str, Any] = Field(default_factory=dict[str, Any])
    do_not_contact: bool = False

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part)


class Document(Record):
    """A file kept for a customer. Its bytes are in object storage, reached by signed URLs."""

    id: str = id_field("documentId")
    customer_id: str | None = None
    file_name: str
    content_type: str = "application/octet-stream"
    size_bytes: int = 0
    kind: str = "document"
    status: str | None = None
    url: str | None = None


class FieldDefinition(Model):
    """A field that the tenant added to an entity."""

    id: str = id_field("fieldId")
    entity: str
    name: str
    type: str
    label: str | None = None
    choices: list[str] | None = None


class FieldChange(Model):
    """A field's value before and after."""

    before: Any = None
    after: Any = None


class HistoryEntry(Model):
    """What one version of a record changed, when (`at`, aware UTC) and by whom."""

    version: int = 0
    operation: str = ""
    at: datetime | None = None
    actor: str | None = None
    changes: dict[str, FieldChange] = Field(default_factory=dict[str, FieldChange])


class Merge(Model):
    """The state of a merge of two customers; it goes on in the background when there is much to move."""

    id: str = id_field("mergeId")
    status: str = ""
    moved: int | None = None


class Upload(Model):
    """How to bring the bytes of a new document: one POST of a form, or parts."""

    method: Literal["POST", "multipart"]
    url: str | None = None
    fields: dict[str, str] | None = None
    part_size_bytes: int | None = None


class BatchOutcome(Model):
    """What became of one operation of a batch. `index` counts over the whole list that was given."""

    index: int
    outcome: str
    """created, updated, unchanged, deleted, conflict or rejected."""
    id: str | None = None
    version: int | None = None
    problem: dict[str, Any] | None = None

    @property
    def ok(self) -> bool:
        return self.outcome not in {"conflict", "rejected"}

    @property
    def reason(self) -> str:
        """Why it was refused, with the fields at fault; empty for a success."""
        if self.ok:
            return ""
        problem = self.problem or {}
        errors = cast("list[Any]", problem.get("errors") or [])
        fields = "; ".join(
            f"{each.get('field', '')}: {each.get('message', '')}"
            for each in (cast("dict[str, Any]", error) for error in errors if isinstance(error, dict))
        )
        records = cast("list[Any]", problem.get("records") or [])
        named = ", ".join(
            f"{each.get('entity')} {each.get('id')} has the same {each.get('match')}"
            for each in (cast("dict[str, Any]", record) for record in records if isinstance(record, dict))
        )
        fields = "; ".join(part for part in (fields, named) if part)
        text = str(problem.get("detail") or problem.get("title") or self.outcome)
        return f"{text} ({fields})" if fields else text


Customer.model_rebuild()
