"""Custom fields: the definitions that a tenant adds to an entity, and the check of values against them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from zebros_core.errors import FieldError, ValidationError
from zebros_core.values import Label, ShortText, Value

__all__ = ["Choices", "FieldDefinition", "FieldName", "FieldType", "check_custom", "custom_changed"]


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


class FieldDefinition(Value):
    """A definition as it is kept; `choices` goes with the type `choice` and only with it."""

    field_id: str
    entity: str
    name: FieldName
    type: FieldType
    label: ShortText | None = None
    choices: Choices = ()
    version: int = 1


def custom_changed(values: Mapping[str, Any], former: Mapping[str, Any] | None) -> bool:
    """Tell whether any value is new or another one than in `former`: only then definitions have to be read."""
    kept = former or {}
    return any(name not in kept or kept[name] != value for name, value in values.items())


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
