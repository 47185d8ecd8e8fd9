"""What all models share: the API's names, records that remember how they were loaded, pages.

Answers may carry members that this version does not know: they are kept (`model_extra`), never refused. A
record remembers how it was loaded, so that `update(record)` sends only what was changed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar, cast

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PrivateAttr,
    field_serializer,
)
from pydantic.alias_generators import to_camel

__all__ = ["Amount", "Model", "Page", "Record", "Versioned", "id_field", "json_number", "merge_patch"]

T = TypeVar("T")


def json_number(value: Decimal) -> int | float:
    """A decimal as JSON's number. The API's amounts have at most 15 digits, which a double holds exactly."""
    return int(value) if value == value.to_integral_value() else float(value)


Amount = Annotated[Decimal, PlainSerializer(json_number, return_type=int | float, when_used="json")]
"""A decimal of at most 15 significant digits, such as an amount of money or a rate."""


class Model(BaseModel):
    """An object of the API. Members that are not known here are kept."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        extra="allow",
        validate_assignment=True,
    )

    def to_json(self) -> dict[str, Any]:
        """The object as the API writes it: camelCase, instants as text."""
        return self.model_dump(mode="json", by_alias=True)


def id_field(alias: str) -> Any:
    """The id of a record, which the API calls `customerId`, `userId` and so on."""
    return Field(validation_alias=AliasChoices(alias, "id"), serialization_alias=alias)


class Versioned(Model):
    """What is stored under a version.

    `version` counts the writes and is what `If-Match` carries. `created_at` and `updated_at` are aware, in UTC.
    """

    writable: ClassVar[frozenset[str]] = frozenset()
    """The JSON names that a client may send."""

    id: str
    version: int = 0
    created_at: datetime | None = None
    created_by: str | None = None
    updated_at: datetime | None = None
    updated_by: str | None = None
    _loaded: dict[str, Any] = PrivateAttr(default_factory=dict[str, Any])

    @classmethod
    def load(cls, body: Mapping[str, Any], *, version: int | None = None) -> Self:
        """A record from an answer; `version` is the ETag's, for bodies that do not repeat it."""
        known = dict(body)
        if version is not None:
            known.setdefault("version", version)
        record = cls.model_validate(known)
        record._loaded = record.writable_json()
        return record

    def writable_json(self) -> dict[str, Any]:
        """The members that a client may send, as they stand."""
        return {name: value for name, value in self.to_json().items() if name in self.writable}

    def changes(self) -> dict[str, Any]:
        """What was changed since the record was loaded, as a JSON merge patch (RFC 7396)."""
        return merge_patch(self._loaded, self.writable_json())


class Record(Versioned):
    """What every record of the CRM has. `deleted_at` is aware, in UTC."""

    external_id: str | None = None
    owner_id: str | None = None
    team_id: str | None = None
    tags: set[str] = Field(default_factory=set[str])
    custom: dict[str, Any] = Field(default_factory=dict[str, Any])
    deleted_at: datetime | None = None

    @field_serializer("tags")
    def _tags_in_order(self, tags: set[str]) -> list[str]:
        return sorted(tags)


class Page(BaseModel, Generic[T]):
    """One page of a list; `next_cursor` is None on the last."""

    items: list[T]
    next_cursor: str | None = None


def merge_patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON merge patch (RFC 7396) that turns `before` into `after`."""
    patch: dict[str, Any] = {name: None for name in before if name not in after}
    for name, value in after.items():
        old = before.get(name)
        if name in before and old == value:
            continue
        if isinstance(old, dict) and isinstance(value, dict):
            patch[name] = merge_patch(cast("dict[str, Any]", old), cast("dict[str, Any]", value))
        else:
            patch[name] = value
    return patch
