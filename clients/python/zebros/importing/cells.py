"""The text of a cell as a value of the API. Each raises ValueError saying what was expected."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from zebros.importing.entities import Kind
from zebros.models import FieldDefinition

__all__ = ["convert", "convert_custom"]

_TRUE = frozenset({"true", "yes", "y", "1"})
_FALSE = frozenset({"false", "no", "n", "0"})
_AMOUNT = re.compile(r"-?\d+(\.\d+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MAX_DIGITS = 15


def convert(kind: Kind, value: str) -> Any:
    """The value of a cell that names no record."""
    return _CONVERTERS.get(kind, str)(value)


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


def _amount(value: str) -> int | float:
    if not _AMOUNT.fullmatch(value):
        raise ValueError(f"{value!r} is not an amount like 1234.50")
    whole, _, decimals = value.lstrip("-").partition(".")
    if len(whole.lstrip("0") + decimals.rstrip("0")) > _MAX_DIGITS:
        raise ValueError(f"{value!r} has more than {_MAX_DIGITS} digits")
    return float(value) if decimals.strip("0") else int(value.partition(".")[0])


def _integer(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a whole number") from None


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


def _tags(value: str) -> list[str]:
    return [tag.strip() for tag in value.replace(",", ";").split(";") if tag.strip()]


_CONVERTERS: Mapping[Kind, Callable[[str], Any]] = {
    Kind.TAGS: _tags,
    Kind.BOOLEAN: _boolean,
    Kind.INTEGER: _integer,
    Kind.AMOUNT: _amount,
    Kind.DATE: _day,
}
