"""Custom fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from zebros.calls import fields as calls
from zebros.calls.call import pages_of, query_of
from zebros.listing import Listing
from zebros.models import FieldDefinition
from zebros.resources.executor import Executor

__all__ = ["FieldType", "Fields"]

FieldType = Literal["text", "number", "boolean", "date", "choice"]


def _load(body: dict[str, Any]) -> FieldDefinition:
    return FieldDefinition.model_validate(body)


class Fields:
    """`client.fields`: what the tenant added to its records."""

    def __init__(self, client: Executor) -> None:
        self._client = client

    def list(self, *, entity: str | None = None) -> Listing[FieldDefinition]:
        """The definitions, of one entity or of all."""
        return Listing(pages_of(_load, "/v1/fields", query_of(entity=entity)), self._client.execute)

    def create(
        self,
        *,
        entity: str,
        name: str,
        type: FieldType,
        label: str | None = None,
        choices: Sequence[str] | None = None,
        idempotency_key: str | None = None,
    ) -> FieldDefinition:
        """Define a field; `choices` goes with the type `choice` only."""
        return self._client.execute(
            calls.create(
                entity=entity,
                name=name,
                type=type,
                label=label,
                choices=choices,
                idempotency_key=idempotency_key,
            )
        )

    def delete(self, field_id: str) -> None:
        """Remove a definition. Values that records hold already stay."""
        self._client.execute(calls.delete(field_id))
