"""E-mail templates of a tenant: what they say, which variables they may name, how large they may be."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from zebros_activities.domain.values import Instant
from zebros_core.errors import FieldError, ValidationError
from zebros_core.values import Name, Number, RecordId, Value

__all__ = [
    "MAX_HTML_BYTES",
    "MAX_LIST_ITEMS",
    "MAX_TEXT_BYTES",
    "VARIABLES",
    "EmailContent",
    "EmailTemplate",
    "KeptTemplate",
    "TemplateDraft",
    "TemplateValues",
    "moved_to",
    "name_guard",
    "single_line",
]

MAX_TEXT_BYTES: Final = 64 * 1024
MAX_HTML_BYTES: Final = 200 * 1024
MAX_SUBJECT_CHARACTERS: Final = 200
MAX_LIST_ITEMS: Final = 50

VARIABLES: Final[Mapping[str, frozenset[str]]] = {
    "contact": frozenset(
        {
            "firstName",
            "lastName",
            "fullName",
            "email",
            "phone",
            "mobile",
            "position",
            "department",
            "language",
        }
    ),
    "customer": frozenset(
        {"companyName", "industry", "tier", "website", "street", "city", "postalCode", "country"}
    ),
    "sender": frozenset({"name", "email"}),
}
"""What a template may name beside its own `values.*`."""

_LINE_BREAKS: Final = frozenset("\n\r\t")


def _is_control(char: str) -> bool:
    # Line and paragraph separators end a line for some readers of headers, too.
    return unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}


def single_line(text: str) -> str:
    """Return a text that may be a header. Raises PydanticCustomError for a line break or control character."""
    if any(_is_control(char) for char in text):
        raise PydanticCustomError("control_character", "a subject is one line without control characters")
    return text


def _multiline(text: str) -> str:
    if any(_is_control(char) and char not in _LINE_BREAKS for char in text):
        raise PydanticCustomError("control_character", "control characters are not allowed")
    return text


def _at_most(size: int) -> AfterValidator:
    def check(text: str) -> str:
        if len(text.encode("utf-8", "surrogatepass")) > size:
            raise PydanticCustomError("too_large", "at most {size} bytes in UTF-8", {"size": size})
        return text

    return AfterValidator(check)


Subject = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_SUBJECT_CHARACTERS),
    AfterValidator(single_line),
]
Text = Annotated[str, StringConstraints(min_length=1), _at_most(MAX_TEXT_BYTES), AfterValidator(_multiline)]
Html = Annotated[str, StringConstraints(min_length=1), _at_most(MAX_HTML_BYTES), AfterValidator(_multiline)]

ValueName = Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9]{0,39}$")]
_Scalar = (
    bool | Number | Annotated[str, StringConstraints(max_length=2000), AfterValidator(_multiline)] | None
)
_Row = Annotated[dict[ValueName, _Scalar], Field(max_length=20)]
TemplateValues = Annotated[
    dict[ValueName, _Scalar | Annotated[list[_Scalar | _Row], Field(max_length=MAX_LIST_ITEMS)]],
    Field(max_length=50),
]
"""What a template gets as `values.*`: texts, numbers, and lists of them or of rows of them."""


class EmailContent(Value):
    """An e-mail as it is written: subject of one line, plain text and perhaps HTML."""

    subject: Subject
    text: Text
    html: Html | None = None


class TemplateDraft(EmailContent):
    """What a caller says of a template. Its name is unique in the tenant."""

    name: Name


class EmailTemplate(Value):
    """A template as it is kept, without what it says; `object_id` names the object that holds that."""

    template_id: str
    name: str
    subject: str
    object_id: str
    version: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    create_fingerprint: str | None = None


class KeptTemplate(TemplateDraft):
    """A template as a backup holds it, with who made it when."""

    template_id: RecordId
    created_at: Instant
    created_by: Annotated[str, Field(min_length=1, max_length=256)]

    @property
    def content(self) -> EmailContent:
        """What it says."""
        return EmailContent(subject=self.subject, text=self.text, html=self.html)

    @property
    def template(self) -> EmailTemplate:
        """The template, new."""
        return EmailTemplate(
            template_id=self.template_id,
            name=self.name,
            subject=self.subject,
            object_id="",
            version=1,
            created_at=self.created_at,
            created_by=self.created_by,
            updated_at=self.created_at,
            updated_by=self.created_by,
        )


def name_guard(name: str) -> str:
    """Return the form in which two templates' names are the same."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def moved_to(error: ValidationError, field: str) -> ValidationError:
    """Return the same faults as those of another field of the request: a template's parts are not in its body."""
    faults = [
        FieldError(field, fault.code, f"{fault.field.removeprefix('/')}: {fault.message}")
        for fault in error.fields
    ]
    return ValidationError(error.detail, fields=faults)
