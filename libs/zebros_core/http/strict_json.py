"""A JSON parser that accepts what RFC 8259 calls interoperable (I-JSON, RFC 7493) and nothing else.

``json.loads`` takes NaN, silently keeps the last of two equal names, and turns deep nesting into a
RecursionError. Each of those is refused here by a :class:`~zebros_core.errors.BadRequestError` that says
where.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NoReturn, cast

from zebros_core.errors import BadRequestError, FieldError

MAX_DEPTH = 32
"""Deepest nesting of objects and arrays."""
MAX_FRACTION_DIGITS = 15
"""Significant digits of a number with a fraction or an exponent: what a double carries exactly."""
MAX_MAGNITUDE = 100
"""Largest absolute decimal exponent."""
MAX_INTEGER = 2**63 - 1

# One token that matters for nesting: a whole string (skipped) or a bracket.
_NESTING = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(raw: bytes) -> Any:
    """Return the value of ``raw``, numbers as ``int`` or ``Decimal``.

    Raises BadRequestError for invalid UTF-8, malformed JSON, a name given twice, NaN or infinities, numbers
    out of range, nesting deeper than :data:`MAX_DEPTH`, and strings with half a surrogate pair.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise malformed("", "invalid_utf8", f"the body is not UTF-8 at byte {error.start}") from error
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        raise malformed("", "too_deep", f"the body nests deeper than {MAX_DEPTH} levels")
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise malformed("", "invalid_json", f"the body is not JSON: {error.msg} at {where}") from error
    if _SURROGATE_ESCAPE.search(text):
        _refuse_lone_surrogates(value)
    return value


def malformed(field: str, code: str, message: str) -> BadRequestError:
    """Return the error of an unreadable body; ``field`` is a JSON pointer, empty for the whole body."""
    return BadRequestError(message, fields=(FieldError(field, code, message),))


def pointer(path: Iterator[object] | tuple[object, ...]) -> str:
    """Return ``path`` as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _depth(text: str) -> int:
    deepest = depth = 0
    for match in _NESTING.finditer(text):
        mark = match.group()
        if mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "]}":
            depth -= 1
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise malformed(pointer((name,)), "duplicate_name", f"the member {name!r:.80} is given twice")
            seen.add(name)
    return members


def _integer(digits: str) -> int:
    # The length is checked first: converting a megabyte of digits is quadratic.
    if len(digits) > 20 or not -MAX_INTEGER <= (value := int(digits)) <= MAX_INTEGER:
        raise malformed("", "number_out_of_range", f"the number {digits[:24]} is out of range")
    return value


def _fraction(digits: str) -> Decimal:
    if len(digits) <= 64:
        value = Decimal(digits)
        _, significant, exponent = value.as_tuple()
        if (
            isinstance(exponent, int)
            and len("".join(map(str, significant)).strip("0")) <= MAX_FRACTION_DIGITS
            and (value.is_zero() or abs(value.adjusted()) <= MAX_MAGNITUDE)
            and abs(exponent) <= MAX_MAGNITUDE
        ):
            return value
    raise malformed(
        "", "number_out_of_range", f"the number {digits[:24]} has too many digits or is out of range"
    )


def _constant(name: str) -> NoReturn:
    raise malformed("", "invalid_number", f"{name} is not a JSON number")


def _refuse_lone_surrogates(value: Any) -> None:
    pending: list[tuple[tuple[object, ...], Any]] = [((), value)]
    while pending:
        path, item = pending.pop()
        if isinstance(item, str):
            if not _encodable(item):
                raise malformed(pointer(path), "lone_surrogate", "a string has half a surrogate pair")
        elif isinstance(item, dict):
            for name, member in cast("dict[str, Any]", item).items():
                if not _encodable(name):
                    raise malformed(
                        pointer(path), "lone_surrogate", "a member's name has half a surrogate pair"
                    )
                pending.append(((*path, name), member))
        elif isinstance(item, list):
            members = cast("list[Any]", item)
            pending.extend(((*path, index), member) for index, member in enumerate(members))


def _encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_fraction, parse_constant=_constant
)
