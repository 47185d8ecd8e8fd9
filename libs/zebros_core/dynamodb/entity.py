"""What every stored record has, whatever it is about.

Python attributes are snake_case; stored attributes and JSON are camelCase. Records are immutable: change one
with ``model_copy(update={...})`` and give both to ``Repository.save``, which checks the new one.
"""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from zebros_core.clock import to_instant
from zebros_core.values import JsonNumber

__all__ = [
    "BUSINESS",
    "PERSONAL",
    "SYSTEM",
    "SYSTEM_FIELDS",
    "UNSTAMPED",
    "Classification",
    "CustomValue",
    "Instant",
    "PersonalEntity",
    "StoredEntity",
    "classified_fields",
    "unclassified_fields",
]


class Classification(enum.Enum):
    """What kind of data a field holds. Privacy requests, retention and log redaction read this and nothing
    else.
    """

    BUSINESS = "business"
    PERSONAL = "personal"
    SYSTEM = "system"


BUSINESS: Final = Classification.BUSINESS
PERSONAL: Final = Classification.PERSONAL
SYSTEM: Final = Classification.SYSTEM

Instant = Annotated[AwareDatetime, AfterValidator(to_instant)]
"""An aware datetime, kept in UTC and whole milliseconds."""

CustomValue = bool | int | JsonNumber | str | list[str] | None
"""What a tenant-defined field may hold. Floats (JSON's numbers) become the Decimal that they are written as."""

UNSTAMPED: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The times of a record that was not written yet."""

SYSTEM_FIELDS: Final = frozenset(
    {
        "tenant_id",
        "version",
        "schema_version",
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
        "field_versions",
        "hlc",
        "deleted_at",
        "deleted_by",
        "create_fingerprint",
        "job_id",
    }
)
"""The fields that the repository writes and nobody else."""


class StoredEntity(BaseModel):
    """Base of stored records. What is in ``SYSTEM_FIELDS`` is stamped by the repository: leave it out when
    making one.
    """

    # Validators are built when a model is first used: a cold start pays for the records that its request
    # touches.
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore", defer_build=True
    )

    tenant_id: Annotated[str, SYSTEM] = ""
    version: Annotated[int, SYSTEM] = 1
    schema_version: Annotated[int, SYSTEM] = 1
    created_at: Annotated[Instant, SYSTEM] = UNSTAMPED
    created_by: Annotated[str, SYSTEM] = ""
    updated_at: Annotated[Instant, SYSTEM] = UNSTAMPED
    updated_by: Annotated[str, SYSTEM] = ""
    field_versions: Annotated[dict[str, int], SYSTEM] = {}
    hlc: Annotated[str, SYSTEM] = ""
    tags: Annotated[frozenset[str], BUSINESS] = frozenset()
    custom: Annotated[dict[str, CustomValue], BUSINESS] = {}
    external_id: Annotated[str | None, BUSINESS, Field(min_length=1, max_length=200)] = None
    deleted_at: Annotated[Instant | None, SYSTEM] = None
    deleted_by: Annotated[str | None, SYSTEM] = None
    create_fingerprint: Annotated[str | None, SYSTEM] = None
    job_id: Annotated[str | None, SYSTEM] = None

    @property
    def is_deleted(self) -> bool:
        """Whether this is a tombstone."""
        return self.deleted_at is not None


class PersonalEntity(StoredEntity):
    """Base of records that are each about one person: what a tenant adds to them is personal, too."""

    tags: Annotated[frozenset[str], PERSONAL] = frozenset()
    custom: Annotated[dict[str, CustomValue], PERSONAL] = {}
    external_id: Annotated[str | None, PERSONAL, Field(min_length=1, max_length=200)] = None


def classified_fields(model: type[BaseModel]) -> dict[str, Classification]:
    """Every classified field of a model with its class; fields of nested models are named ``outer.inner``."""
    found: dict[str, Classification] = {}
    for name, info in model.model_fields.items():
        for mark in info.metadata:
            if isinstance(mark, Classification):
                found[name] = mark
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            found |= {f"{name}.{inner}": mark for inner, mark in classified_fields(info.annotation).items()}
    return found


def unclassified_fields(model: type[BaseModel]) -> list[str]:
    """The fields that nobody classified: a test of each service fails when there are any."""
    return sorted(set(model.model_fields) - set(classified_fields(model)))
