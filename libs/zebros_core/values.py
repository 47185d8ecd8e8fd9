"""Value types that entities of several services share: bounded text, labels, e-mail addresses, tags, custom values."""

import json
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError, PydanticSerializationUnexpectedValue

from zebros_core.ids import ID_LENGTH, is_id

MAX_TAGS = 20
MAX_CUSTOM_BYTES = 300
"""Bytes of a record's custom values as compact JSON in UTF-8, which keep the item under one kilobyte."""

_EMAIL = re.compile(r"[^\s@,;<>()\[\]\\\"]{1,64}@[^\s@,;<>()\[\]\\\"#]{1,190}\.[^\s@.,;<>()\[\]\\\"#]{2,63}")


def _printable(text: str) -> str:
    # Most texts have nothing but letters and spaces, which is told much faster.
    if not text.isprintable() and any(unicodedata.category(char) in {"Cc", "Cs"} for char in text):
        raise PydanticCustomError("control_character", "control characters are not allowed")
    return unicodedata.normalize("NFC", text)


def _label(text: str) -> str:
    if "#" in text:
        raise PydanticCustomError("reserved_character", "'#' is not allowed here")
    return _printable(text)


def normalised_email(address: str) -> str:
    """Return the form in which two e-mail addresses are the same.

    Case is folded in the whole address: RFC 5321 leaves the local part to the receiving host, and no host
    in use distinguishes it.
    """
    return unicodedata.normalize("NFC", address.strip()).casefold()


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise PydanticCustomError("email", "not an e-mail address such as name@example.com")
    return normalised_email(_label(text))


def _tags(tags: frozenset[str]) -> frozenset[str]:
    if len(tags) > MAX_TAGS:
        raise PydanticCustomError("too_many_tags", "at most 20 tags")
    return tags


def custom_size_bytes(values: Mapping[str, Any]) -> int:
    """Return the size of custom values as compact JSON in UTF-8."""
    return len(json.dumps(values, ensure_ascii=False, separators=(",", ":"), default=str).encode())


def _custom(values: dict[str, Any]) -> dict[str, Any]:
    size = custom_size_bytes(values)
    if size > MAX_CUSTOM_BYTES:
        raise PydanticCustomError(
            "custom_too_large", "custom values take {size} bytes as JSON; at most 300", {"size": size}
        )
    return values


def _number(value: Any) -> Any:
    # A decimal would be read from a string, too, and a field of texts could not be told from one of numbers.
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise PydanticCustomError("number", "not a number")
    return Decimal(str(value))


def _as_json_number(value: Decimal) -> float:
    # A union tries its members in turn: without the check, the text "12.5" would become a number.
    if not isinstance(value, Decimal):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise PydanticSerializationUnexpectedValue("not a decimal")
    return float(value)


def _text(maximum: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=maximum)


Name = Annotated[str, _text(200), AfterValidator(_printable)]
ShortText = Annotated[str, _text(80), AfterValidator(_printable)]
Label = Annotated[str, _text(60), AfterValidator(_label)]
"""A value that records are filtered by: up to 60 characters, none of them '#'."""


def _id(text: str) -> str:
    if not is_id(text):
        raise PydanticCustomError("invalid_id", "not an id: 26 characters as this API gives them")
    return text


RecordId = Annotated[str, StringConstraints(min_length=ID_LENGTH, max_length=ID_LENGTH), AfterValidator(_id)]
ExternalId = Annotated[str, _text(128), AfterValidator(_label)]


def normalised_external_id(text: str) -> str:
    """Return the form in which an external id is kept and looked up: composed (NFC), without spaces around it."""
    return unicodedata.normalize("NFC", text.strip())


PrincipalId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}$")]
Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254), AfterValidator(_email)]
"""An e-mail address, kept in the one form in which addresses are compared."""

Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9 ()./x-]{3,32}$")]

Tags = Annotated[
    frozenset[Annotated[str, _text(40), AfterValidator(_label)]],
    AfterValidator(_tags),
    Field(max_length=MAX_TAGS),
]
JsonNumber = Annotated[Decimal, PlainSerializer(_as_json_number, when_used="json")]
"""A decimal that is a number in JSON: as a text it would come back as one."""

Number = Annotated[JsonNumber, BeforeValidator(_number), Field(max_digits=15, allow_inf_nan=False)]
"""A decimal of at most 15 significant digits, which a JSON number carries without loss."""

CustomValue = bool | Number | Annotated[str, _text(200), AfterValidator(_printable)] | None
Custom = Annotated[
    dict[Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9]{0,39}$")], CustomValue],
    AfterValidator(_custom),
]


class Value(BaseModel):
    """Base of the value objects and drafts: immutable, camelCase on the wire, unknown fields refused."""

    # Validators are built when a model is first used, and defaults without any: a cold start pays for what its
    # request touches.
    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, defer_build=True
    )
