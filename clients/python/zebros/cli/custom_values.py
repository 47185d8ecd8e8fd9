"""The text of an option as a value of the type that the tenant defined for a custom field."""

from __future__ import annotations

import re
from datetime import date

from zebros.models import FieldDefinition

__all__ = ["convert_custom"]

_TRUE = frozenset({"true", "yes", "y", "1"})
_FALSE = frozenset({"false", "no", "n", "0"})
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def convert_custom(definition: FieldDefinition, value: str) -> str | int | float | bool:
    """The text of a cell as the custom field's type."""
    try:
        match definition.type:
            case "number":
                return _number(value)
            case "boolean":
                return _boolean(value)
            case "date":
                return _day(value)
            case "choice" if definition.choices and value not in definition.choices:
                raise ValueError(f"{value!r} is not one of {', '.join(definition.choices)}")
            case _:
                return value
    except ValueError as error:
        raise ValueError(f"custom.{definition.name}: {error}") from None


def _number(value: str) -> int | float:
    try:
        return int(value)
    except ValueError:
        pass
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a number") from None
    if number - number != 0:
        raise ValueError(f"{value!r} is not a finite number")
    return number


def _boolean(value: str) -> bool:
    if value.lower() not in _TRUE | _FALSE:
        raise ValueError(f"{value!r} is not true or false")
    return value.lower() in _TRUE


def _day(value: str) -> str:
    try:
        if _DATE.fullmatch(value):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        raise ValueError(f"{value!r} is not a day of the calendar") from None
    raise ValueError(f"{value!r} is not a date like 2026-11-20")
