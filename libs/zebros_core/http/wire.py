"""Base types of everything that crosses the wire as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from zebros_core.ids import is_id

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})")


class WireModel(BaseModel):
    """A request or response body: camelCase on the wire, unknown members refused, immutable.

    Requests are validated by alias only and strictly (a number in quotes is not a number); in Python a model
    is built by attribute names: ``WidgetView(widget_id=..., created_at=...)``.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        extra="forbid",
        frozen=True,
        # Built at first use: a function answers few of its operations in a container's first seconds.
        defer_build=True,
    )


def _read_instant(value: object) -> object:
    """Parse text, and only text of RFC 3339: pydantic alone would also take bare digits and other ISO forms."""
    if not isinstance(value, str):
        return value
    if not _INSTANT.fullmatch(value):
        raise ValueError("must be an instant with a zone, as in 2026-01-31T09:30:00Z")
    return datetime.fromisoformat(value)


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("must be within the years 1 to 9999 in UTC") from error


def _write_instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _ulid(value: str) -> str:
    if not is_id(value):
        raise ValueError("must be an id of 26 characters")
    return value


Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_read_instant),
    AfterValidator(_to_utc),
    PlainSerializer(_write_instant, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant: RFC 3339 with a zone on the wire, aware UTC in Python. A value without a zone is refused."""

Id = Annotated[
    str,
    AfterValidator(_ulid),
    Field(
        json_schema_extra={
            "pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{25}$",
            "examples": ["01JC8Z4T5V6W7X8Y9ZABCDEFGH"],
        }
    ),
]
"""The id of a record: a ULID."""

JsonScalar = str | bool | int | Decimal | None
"""A JSON scalar whose numbers stay exact."""


def dump_json(body: BaseModel) -> str:
    """Return ``body`` as compact JSON by wire names."""
    return body.__pydantic_serializer__.to_json(body, by_alias=True).decode()


def wire_document(body: BaseModel) -> dict[str, Any]:
    """Return ``body`` as plain JSON values by wire names."""
    return body.model_dump(mode="json", by_alias=True)


def dump_mapping(body: Mapping[str, Any]) -> str:
    """Return plain JSON values as compact JSON."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
