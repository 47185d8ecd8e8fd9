"""Query strings: each parameter at most once, each known."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import pydantic
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from zebros_core.errors import BadRequestError, FieldError
from zebros_core.http.validation import query_errors

MAX_PARAMETERS = 50


class QueryModel(BaseModel):
    """Base of a route's query parameters: camelCase names, unknown ones refused."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        extra="forbid",
        frozen=True,
        defer_build=True,
    )


class NoQuery(QueryModel):
    """A route without query parameters."""


QM = TypeVar("QM", bound=QueryModel)


def parse_query(raw: str) -> dict[str, str]:
    """Return the parameters of a raw query string. Raises BadRequestError for bad UTF-8, repeats and bare
    names.
    """
    if not raw:
        return {}
    try:
        pairs = parse_qsl(
            raw, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MAX_PARAMETERS
        )
    except ValueError as error:
        message = "the query string is not name=value pairs in UTF-8"
        raise BadRequestError(message, fields=(FieldError("", "invalid_query", message),)) from error
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = sorted({name for name in names if names.count(name) > 1})
        raise BadRequestError(
            "a query parameter is given more than once",
            fields=tuple(FieldError(name, "repeated", "given more than once") for name in repeated),
        )
    return parameters


def validate_query(model: type[QM], parameters: dict[str, str]) -> QM:
    """Return ``parameters`` as ``model``. Raises BadRequestError naming each unknown or wrong parameter."""
    return _validated(model, parameters) if parameters else _defaults(model)


@cache
def _defaults(model: type[QM]) -> QM:
    """The query without any parameter. Models are immutable, so requests share it, and a cache hit builds none."""
    return _validated(model, {})


def _validated(model: type[QM], parameters: dict[str, str]) -> QM:
    values: dict[str, Any] = dict(parameters)
    try:
        return model.model_validate(values, by_alias=True, by_name=False)
    except pydantic.ValidationError as error:
        fields = tuple(
            FieldError(f.field, f.code, "unknown query parameter") if f.code == "extra_forbidden" else f
            for f in query_errors(error)
        )
        raise BadRequestError("the query string has wrong parameters", fields=fields) from error
