"""One operation of the API, ready to be executed any number of times."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from urllib.parse import quote
from uuid import uuid4

from zebros._replies import Reply, etag_version
from zebros.models import Model, Page, Versioned, json_number

__all__ = [
    "Call",
    "instant_text",
    "listing",
    "new_idempotency_key",
    "path",
    "read_model",
    "read_nothing",
    "read_record",
    "to_api_names",
]

T = TypeVar("T")
M = TypeVar("M", bound=Model)
R = TypeVar("R", bound=Versioned)

_WORD_START = re.compile(r"_([a-z0-9])")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request and the reader of its answer.

    A POST gets its `Idempotency-Key` here, when the call is made and not when it is sent, so that every
    attempt carries the same key.
    """

    method: str
    path: str
    read: Callable[[Reply], T]
    query: Mapping[str, str | int] | None = None
    json: Any = None
    headers: Mapping[str, str] | None = None
    safe: bool = False
    """Whether the operation itself knows a repetition, by what its body says."""

    @property
    def repeatable(self) -> bool:
        """Whether a second attempt after a lost answer has the outcome of the first.

        A write under `If-Match` has not: its own first success would make the second one look like a lost
        race.
        """
        sent = self.headers or {}
        if self.method == "POST":
            return self.safe or "Idempotency-Key" in sent
        return "If-Match" not in sent


def new_idempotency_key() -> str:
    """A fresh key, unguessable and unique."""
    return uuid4().hex


def path(template: str, *segments: str) -> str:
    """Fill `{}` of the template with percent-encoded segments; a segment cannot leave its place."""
    for segment in segments:
        if segment in {"", ".", ".."}:
            raise ValueError(f"{segment!r} is not an id")
    return template.format(*(quote(segment, safe="") for segment in segments))


def query_of(**values: str | int | bool | None) -> dict[str, str | int]:
    """Query parameters without those that are None."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in values.items()
        if value is not None
    }


def post_headers(idempotency_key: str | None, **more: str) -> dict[str, str]:
    """The headers of a POST, with the caller's key or a new one."""
    return {"Idempotency-Key": idempotency_key or new_idempotency_key(), **more}


def to_api_names(values: Mapping[str, Any]) -> dict[str, Any]:
    """snake_case names to camelCase, nested models to JSON; names inside `custom` stay."""
    return {
        _WORD_START.sub(lambda found: found.group(1).upper(), name): value
        if name == "custom"
        else _to_api_value(value)
        for name, value in values.items()
    }


def _to_api_value(value: Any) -> Any:
    if hasattr(value, "to_json"):
        return {name: each for name, each in value.to_json().items() if each is not None}
    if isinstance(value, Mapping):
        return to_api_names({str(name): each for name, each in value.items()})  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, set | frozenset):
        return sorted(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list | tuple):
        return [_to_api_value(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, Decimal):
        return json_number(value)
    if isinstance(value, datetime):
        return instant_text(value)
    return value.isoformat() if isinstance(value, date) else value


def instant_text(value: datetime) -> str:
    """The instant as the API takes it. Raises ValueError for one without a time zone."""
    if value.tzinfo is None:
        raise ValueError("an instant needs a time zone, such as datetime(2026, 11, 1, tzinfo=UTC)")
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_record(kind: type[R]) -> Callable[[Reply], R]:
    """A reader of one record; the ETag gives the version where the body does not."""

    def read(reply: Reply) -> R:
        return kind.load(reply.json_object(), version=etag_version(reply.headers.get("etag")))

    return read


def read_model(kind: type[M]) -> Callable[[Reply], M]:
    """A reader of an object that has no version."""
    return lambda reply: kind.model_validate(reply.json_object())


def read_nothing(_: Reply) -> None:
    """The reader of an answer whose body says nothing."""


def listing(
    kind: type[R], path_: str, query: Mapping[str, str | int]
) -> Callable[[str | None], Call[Page[R]]]:
    """The calls of a list of records: given a cursor (None for the start), the call for that page."""
    return pages_of(kind.load, path_, query)


def pages_of(
    load: Callable[[dict[str, Any]], T], path_: str, query: Mapping[str, str | int]
) -> Callable[[str | None], Call[Page[T]]]:
    """As `listing`, for items of any type."""

    def read(reply: Reply) -> Page[T]:
        # Built without validation: the items are validated already, and a type variable has no validator.
        return Page[T].model_construct(
            items=[load(item) for item in reply.items("items")],
            next_cursor=reply.json_object().get("nextCursor"),
        )

    def call(cursor: str | None) -> Call[Page[T]]:
        return Call("GET", path_, read, query={**query, "cursor": cursor} if cursor else query)

    return call
