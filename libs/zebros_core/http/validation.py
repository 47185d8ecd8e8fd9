"""From parsed JSON or query strings to models; pydantic's errors become field errors of ours."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, TypeVar

import pydantic
from pydantic import BaseModel

from zebros_core.errors import FieldError, ValidationError
from zebros_core.http.strict_json import pointer

M = TypeVar("M", bound=BaseModel)
MAX_REPORTED = 50
"""Wrong fields that an error names; an answer has a bounded size, whatever was sent."""


def validate_body(model: type[M], raw: bytes) -> M:
    """Return ``raw`` as ``model``: strict types, wire names only. ``raw`` has passed ``parse_json``.

    Raises ValidationError with a JSON pointer for each wrong field.
    """
    try:
        return model.model_validate_json(raw, strict=True, by_alias=True, by_name=False)
    except pydantic.ValidationError as error:
        raise body_error(error) from error


def validate_document(model: type[M], document: Any) -> M:
    """Return a parsed JSON ``document`` as ``model``; otherwise as :func:`validate_body`."""
    return validate_body(model, json.dumps(document, default=_number, ensure_ascii=False).encode())


def body_error(error: pydantic.ValidationError) -> ValidationError:
    """Return the errors of a body as one ValidationError; at most 50 fields are named."""
    fields = tuple(
        FieldError(pointer(detail["loc"]), detail["type"], _message(detail))
        for detail in error.errors(include_url=False, include_input=False)[:MAX_REPORTED]
    )
    return ValidationError("the body breaks the rules of this resource", fields=fields)


def query_errors(error: pydantic.ValidationError) -> tuple[FieldError, ...]:
    """Return the errors of a query string, each under its parameter's name."""
    return tuple(
        FieldError(str(detail["loc"][0]) if detail["loc"] else "", detail["type"], _message(detail))
        for detail in error.errors(include_url=False, include_input=False)[:MAX_REPORTED]
    )


def _message(detail: Any) -> str:
    if detail["type"] == "extra_forbidden":
        return "unknown field"
    return str(detail["msg"]).removeprefix("Value error, ")


def _number(value: object) -> float:
    # The strict parser bounds fractions to 15 significant digits, which a double gives back unchanged.
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} is not a JSON value")
