"""Python values to DynamoDB attribute values and back, without loss.

===========================  ====================  ==========================================================
Python                       DynamoDB              back as
===========================  ====================  ==========================================================
str                          S                     str
bool                         BOOL                  bool
int, Decimal                 N                     int when integral, else Decimal: equal in value
bytes                        B                     bytes
None                         NULL                  None
set, frozenset               SS, NS or BS          set of the same kind; empty and mixed sets are refused
list, tuple                  L                     list
Mapping with text keys       M                     dict
datetime (aware)             S                     str: ``2026-01-31T12:00:00.000Z``, fixed width, sorts by
time date                         S                     str: ``2026-01-31``
===========================  ====================  ==========================================================

Refused with ``UnstorableValueError``, which names the attribute: NaN and infinities, numbers of more than 38
significant digits or outside 1E-130 … 9.9E+125 (DynamoDB's limits), empty sets, naive datetimes. With
``UnstorableTypeError``: floats (they are not decimal), mixed sets and any other type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, cast

from zebros_core.clock import to_instant

__all__ = [
    "AttributeValue",
    "Item",
    "UnstorableTypeError",
    "UnstorableValueError",
    "decode",
    "decode_value",
    "encode",
    "encode_value",
    "instant_text",
]

AttributeValue = dict[str, Any]
"""One value as DynamoDB's JSON has it: ``{"S": "text"}``."""
Item = dict[str, Any]
"""One item as plain Python values by attribute name."""

_MAX_DIGITS: Final = 38
_MAX_INT: Final = 10**_MAX_DIGITS


def instant_text(value: datetime) -> str:
    """An aware datetime as fixed-width UTC text in milliseconds, which sorts by time."""
    value = to_instant(value)
    return f"{value.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def _decimal_text(value: Decimal) -> str:
    if not value.is_finite():
        raise UnstorableValueError("a number must be finite")
    if not value:
        return "0"
    _, digits, exponent = value.as_tuple()
    significant = len("".join(map(str, digits)).rstrip("0"))
    if significant > _MAX_DIGITS:
        raise UnstorableValueError(f"a number has at most {_MAX_DIGITS} significant digits")
    if not -130 <= value.adjusted() <= 125:
        raise UnstorableValueError("a number's magnitude is from 1E-130 to 9.9E+125")
    if len(digits) > _MAX_DIGITS:
        # Trailing zeros beyond the limit: the same number, written shorter.
        cut = len(digits) - significant
        value = Decimal((value.as_tuple().sign, digits[:significant], cast(int, exponent) + cut))
    return str(value)


def _int_text(value: int) -> str:
    return str(value) if -_MAX_INT < value < _MAX_INT else _decimal_text(Decimal(value))


def _encode_set(values: Iterable[Any]) -> AttributeValue:
    members = list(values)
    if not members:
        raise UnstorableValueError("a set must not be empty: leave the attribute out")
    kinds: set[type] = {member.__class__ for member in members}
    if kinds == {str}:
        return {"SS": sorted(members)}
    if kinds <= {int, Decimal}:
        return {"NS": sorted({_int_text(m) if m.__class__ is int else _decimal_text(m) for m in members})}
    if kinds == {bytes}:
        return {"BS": sorted(members)}
    names = ", ".join(sorted(kind.__name__ for kind in kinds))
    raise UnstorableTypeError(f"a set holds only text, only numbers or only bytes, not {names}")


def _encode_list(values: Iterable[Any]) -> AttributeValue:
    encoded: list[AttributeValue] = []
    for index, value in enumerate(values):
        encode_one = _ENCODERS.get(value.__class__)
        if encode_one is None:
            encoded.append(_located(_encode_other, value, str(index)))
        else:
            encoded.append(_located(encode_one, value, str(index)))
    return {"L": encoded}


def _encode_map(values: Mapping[Any, Any]) -> AttributeValue:
    return {"M": encode(values)}


def _located(function: Callable[[Any], AttributeValue], value: Any, name: str) -> AttributeValue:
    """Calls the function; what it refuses is refused with the attribute's path in front."""
    try:
        return function(value)
    except UnstorableTypeError as error:
        raise UnstorableTypeError(error.reason, (name, *error.path)) from None
    except UnstorableValueError as error:
        raise UnstorableValueError(error.reason, (name, *error.path)) from None
    except ValueError as error:
        raise UnstorableValueError(str(error), (name,)) from None


class UnstorableValueError(ValueError):
    """A value of a storable type that DynamoDB cannot hold exactly. ``path`` leads to it: names and list
    positions.
    """

    def __init__(self, reason: str, path: tuple[str, ...] = ()) -> None:
        super().__init__(f"{'.'.join(path)}: {reason}" if path else reason)
        self.reason = reason
        self.path = path


class UnstorableTypeError(TypeError):
    """A value of a type that is never stored: a defect of the caller. ``path`` leads to it."""

    def __init__(self, reason: str, path: tuple[str, ...] = ()) -> None:
        super().__init__(f"{'.'.join(path)}: {reason}" if path else reason)
        self.reason = reason
        self.path = path


def _encode_other(value: Any) -> AttributeValue:
    """Subclasses, and everything that is refused."""
    if isinstance(value, Enum):
        return encode_value(value.value)
    if isinstance(value, str):
        return {"S": str(value)}
    for kind in (int, Decimal, bytes, datetime, date):
        if isinstance(value, kind):
            return _ENCODERS[kind](value)
    if isinstance(value, (set, frozenset)):
        return _encode_set(cast("set[Any]", value))
    if isinstance(value, (list, tuple)):
        return _encode_list(cast("list[Any]", value))
    if isinstance(value, Mapping):
        return _encode_map(cast("Mapping[Any, Any]", value))
    if isinstance(value, float):
        raise UnstorableTypeError("floats are not exact: use Decimal")
    raise UnstorableTypeError(f"a {type(value).__name__} cannot be stored")


_ENCODERS: Final[dict[type, Callable[[Any], AttributeValue]]] = {
    str: lambda value: {"S": value},
    bool: lambda value: {"BOOL": value},
    int: lambda value: {"N": _int_text(value)},
    Decimal: lambda value: {"N": _decimal_text(value)},
    bytes: lambda value: {"B": value},
    type(None): lambda value: {"NULL": True},
    datetime: lambda value: {"S": instant_text(value)},
    date: lambda value: {"S": value.isoformat()},
    set: _encode_set,
    frozenset: _encode_set,
    list: _encode_list,
    tuple: _encode_list,
    dict: _encode_map,
}


def encode_value(value: Any) -> AttributeValue:
    """One value as DynamoDB wants it."""
    return _ENCODERS.get(value.__class__, _encode_other)(value)


def encode(item: Mapping[str, Any]) -> dict[str, AttributeValue]:
    """A whole item; what cannot be stored is refused by name."""
    encoded: dict[str, AttributeValue] = {}
    for name, value in item.items():
        if name.__class__ is not str:
            raise UnstorableTypeError(f"an attribute's name is text, not {type(name).__name__}")
        if value.__class__ is str:
            encoded[name] = {"S": value}
        else:
            encoded[name] = _located(_ENCODERS.get(value.__class__, _encode_other), value, name)
    return encoded


def _number(text: str) -> int | Decimal:
    try:
        return int(text)
    except ValueError:
        value = Decimal(text)
        return int(value) if value == value.to_integral_value() else value


_DECODERS: Final[dict[str, Callable[[Any], Any]]] = {
    "S": lambda value: value,
    "N": _number,
    "BOOL": lambda value: value,
    "NULL": lambda value: None,
    "B": lambda value: value,
    "SS": lambda value: set(value),
    "NS": lambda value: {_number(member) for member in value},
    "BS": lambda value: set(value),
    "L": lambda value: [decode_value(member) for member in value],
    "M": lambda value: decode(value),
}


def decode_value(value: Mapping[str, Any]) -> Any:
    """One value as DynamoDB gives it; ``ValueError`` for a type that does not exist."""
    ((tag, content),) = value.items()
    try:
        return _DECODERS[tag](content)
    except KeyError:
        raise ValueError(f"not a DynamoDB type: {tag}") from None


def decode(item: Mapping[str, Mapping[str, Any]]) -> Item:
    """A whole item as plain Python values."""
    decoded: Item = {}
    for name, value in item.items():
        for tag, content in value.items():
            decoded[name] = content if tag == "S" else _DECODERS[tag](content)
    return decoded
