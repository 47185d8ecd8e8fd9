"""The records of the API as typed objects.

Answers may carry members that this version does not know: they are kept (`model_extra`), never refused. A
record remembers how it was loaded, so that `update(record)` sends only what was changed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar, cast

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, PrivateAttr, field_serializer
from pydantic.alias_generators import to_camel

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
    "Page",
    "Record",
    "Upload",
    "merge_patch",
]

T = TypeVar("T")


class _Model(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        extra="allow",
        validate_assignment=True,
    )

    def to_json(self) -> dict[str, Any]:
        """The object as the API writes it: camelCase, instants as text."""
        return self.model_dump(mode="json", by_alias=True)


def _id_field(alias: str) -> Any:
    return Field(validation_alias=AliasChoices(alias, "id"), serialization_alias=alias)


class Address(_Model):
    """A postal address; `country` as the tenant writes it."""

    street: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None


class ContactInfo(_Model):
    """How to reach a company."""

    email: str | None = None
    phone: str | None = None
    website: str | None = None
    address: Address | None = None


class Record(_Model):
    """What every stored record has.

    `version` counts the record's writes and is what `If-Match` carries. `created_at`, `updated_at` and
    `deleted_at` are aware, in UTC.
    """

    writable: ClassVar[frozenset[str]] = frozenset()
    """The JSON names that a client may send."""

    id: str
    version: int = 0
    external_id: str | None = None
    owner_id: str | None = None
    team_id: str | None = None
    tags: set[str] = Field(default_factory=set[str])
    custom: dict[str, Any] = Field(default_factory=dict[str, Any])
    created_at: datetime | None = None
    created_by: str | None = None
    updated_at: datetime | None = None
    updated_by: str | None = None
    deleted_at: datetime | None = None
    _loaded: dict[str, Any] = PrivateAttr(default_factory=dict[str, Any])

    @field_serializer("tags")
    def _tags_in_order(self, tags: set[str]) -> list[str]:
        return sorted(tags)

    @classmethod
    def load(cls, body: Mapping[str, Any], *, version: int | None = None) -> Self:
        """A record from an answer; `version` is the ETag's, for bodies that do not repeat it."""
        known = dict(body)
        if version is not None:
            known.setdefault("version", version)
        record = cls.model_validate(known)
        record._loaded = record.writable_json()
        return record

    def writable_json(self) -> dict[str, Any]:
        """The members that a client may send, as they stand."""
        return {name: value for name, value in self.to_json().items() if name in self.writable}

    def changes(self) -> dict[str, Any]:
        """What was changed since the record was loaded, as a JSON merge patch (RFC 7396)."""
        return merge_patch(self._loaded, self.writable_json())


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

    id: str = _id_field("customerId")
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

    id: str = _id_field("contactId")
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

    id: str = _id_field("documentId")
    customer_id: str | None = None
    file_name: str
    content_type: str = "application/octet-stream"
    size_bytes: int = 0
    kind: str = "document"
    status: str | None = None
    url: str | None = None


class FieldDefinition(_Model):
    """A field that the tenant added to an entity."""

    id: str = _id_field("fieldId")
    entity: str
    name: str
    type: str
    label: str | None = None
    choices: list[str] | None = None


class FieldChange(_Model):
    """A field's value before and after."""

    before: Any = None
    after: Any = None


class HistoryEntry(_Model):
    """What one version of a record changed, when (`at`, aware UTC) and by whom."""

    version: int = 0
    operation: str = ""
    at: datetime | None = None
    actor: str | None = None
    changes: dict[str, FieldChange] = Field(default_factory=dict[str, FieldChange])


class Merge(_Model):
    """The state of a merge of two customers; it goes on in the background when there is much to move."""

    id: str = _id_field("mergeId")
    status: str = ""
    moved: int | None = None


class Upload(_Model):
    """How to bring the bytes of a new document: one POST of a form, or parts."""

    method: Literal["POST", "multipart"]
    url: str | None = None
    fields: dict[str, str] | None = None
    part_size_bytes: int | None = None


class BatchOutcome(_Model):
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


class Page(BaseModel, Generic[T]):
    """One page of a list; `next_cursor` is None on the last."""

    items: list[T]
    next_cursor: str | None = None


def merge_patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON merge patch (RFC 7396) that turns `before` into `after`."""
    patch: dict[str, Any] = {name: None for name in before if name not in after}
    for name, value in after.items():
        old = before.get(name)
        if name in before and old == value:
            continue
        if isinstance(old, dict) and isinstance(value, dict):
            patch[name] = merge_patch(cast("dict[str, Any]", old), cast("dict[str, Any]", value))
        else:
            patch[name] = value
    return patch


Customer.model_rebuild()
