"""An e-mail to a contact: what a caller says of it, and what is kept of it until it has gone."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from zebros_activities.domain.activity import RelatedType
from zebros_activities.domain.email_template import EmailContent, Html, Subject, TemplateValues, Text
from zebros_core.values import RecordId, Value

__all__ = ["MAX_ATTACHMENTS", "MAX_ATTACHMENT_BYTES", "AttachmentRef", "EmailDraft", "KeptEmail"]

MAX_ATTACHMENTS: Final = 10
MAX_ATTACHMENT_BYTES: Final = 7 * 1024 * 1024
"""Of all attachments together: as they are sent they grow by a third, and receivers refuse more than 10 MB."""


def _each_once(ids: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(ids)) != len(ids):
        raise PydanticCustomError("repeated", "each attachment once")
    return ids


class EmailDraft(Value):
    """What a caller says of an e-mail: a template with its values, or what it says, in the language of templates."""

    contact_id: RecordId
    template_id: RecordId | None = None
    values: TemplateValues = Field(default_factory=dict)
    subject: Subject | None = None
    text: Text | None = None
    html: Html | None = None
    related_type: RelatedType | None = None
    related_id: RecordId | None = None
    attachments: Annotated[
        tuple[RecordId, ...], Field(max_length=MAX_ATTACHMENTS), AfterValidator(_each_once)
    ] = ()


class AttachmentRef(Value):
    """A document that goes with a mail."""

    document_id: str
    object_key: str
    file_name: str
    content_type: str
    size_bytes: int


class KeptEmail(Value):
    """A mail as it is to be sent: rendered, addressed, signed by its sender."""

    contact_id: str
    to: str
    content: EmailContent
    sender_name: str = ""
    sender_email: str = ""
    attachments: tuple[AttachmentRef, ...] = ()
