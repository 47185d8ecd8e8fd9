"""Custom fields: what a tenant adds to customers and contacts, and the check of values against the definitions."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from zebros_core.errors import FieldError, ValidationError
from zebros_core.values import Label, ShortText, Value

MAX_FIELDS_PER_ENTITY = 50


class FieldEntity(StrEnum):
    """The entities that take custom fields."""

    CUSTOMER = "customer"
    CONTACT = "contact"


class FieldType(StrEnum):
    """The types of a custom field; dates are calendar dates without a zone."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    CHOICE = "choice"


def _each_once(choices: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(choices)) != len(choices):
        raise PydanticCustomError("choices", "each choice once")
    return choices


FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9]{0,39}$")]

Choices = Annotated[tuple[Label, ...], Field(max_length=50), AfterValidator(_each_once)]


class FieldDraft(Value):
    """What a caller says to define a field; `choices` goes with the type `choice` and only with it."""

    entity: FieldEntity
    name: FieldName
    type: FieldType
    label: ShortText | None = None
    choices: Choices = ()

    @model_validator(mode="after")
    def _choices_go_with_choice(self) -> Self:
        if (self.type is FieldType.CHOICE) != bool(self.choices):
            raise PydanticCustomError("choices", "a field of type choice has choices, and no other field has")
        return self


class FieldRevision(Value):
    """What may change on a definition. Its type may not: values of it are already kept."""

    label: ShortText | None = None
    choices: Choices | None = None


class FieldDefinition(FieldDraft):
    """A definition as it is kept."""

    field_id: str
    version: int = 1


def check_custom(
    values: Mapping[str, Any],
    definitions: Iterable[FieldDefinition],
    *,
    former: Mapping[str, Any] | None = None,
) -> None:
    """Check custom values against a tenant's definitions.

    A value that is unchanged from `former` passes even where its definition has gone or changed since, so that
    an old record can still be saved. Raises ValidationError naming each wrong field.
    """
    by_name = {definition.name: definition for definition in definitions}
    kept = former or {}
    problems = [
        FieldError(field=f"/custom/{name}", code=code, message=message)
        for name, value in values.items()
        if not (name in kept and kept[name] == value)
        for code, message in _faults(value, by_name.get(name))
    ]
    if problems:
        raise ValidationError("custom values do not match their definitions", fields=tuple(problems))


def _faults(value: Any, definition: FieldDefinition | None) -> Iterable[tuple[str, str]]:
    if definition is None:
        yield "unknown_field", "no such custom field; define it at /v1/fields"
    elif value is not None and not _matches(value, definition):
        expected = f"one of {', '.join(definition.choices)}" if definition.choices else f"a {definition.type}"
        yield "wrong_type", f"expected {expected}"


def _matches(value: Any, definition: FieldDefinition) -> bool:
    match definition.type:
        case FieldType.TEXT:
            return isinstance(value, str)
        case FieldType.NUMBER:
            return isinstance(value, int | Decimal) and not isinstance(value, bool)
        case FieldType.BOOLEAN:
            return isinstance(value, bool)
        case FieldType.DATE:
            return isinstance(value, str) and _is_date(value)
        case FieldType.CHOICE:
            return value in definition.choices


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
