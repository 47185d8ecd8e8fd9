"""A first mapping for a file: by what its columns are called, and by what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from zebros_core.names import words
from zebros_core.records.custom import FieldDefinition
from zebros_jobs.domain.imports.cells import cell_text
from zebros_jobs.domain.imports.entities import ImportedEntity
from zebros_jobs.domain.imports.mapping import canonical
from zebros_jobs.domain.imports.source import LINE_COLUMN, REASON_COLUMN, Cell

__all__ = ["Suggestion", "suggest"]

_OWN: Final = frozenset({LINE_COLUMN, REASON_COLUMN})
_MOST: Final = 0.8
"""The share of a column's values that have to look like something for the column to be taken for it."""
_SHAPES: Final[Mapping[str, re.Pattern[str]]] = {
    "email": re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+"),
    "website": re.compile(r"(https?://|www\.)\S+", re.IGNORECASE),
    "phone": re.compile(r"(\+|00|\()[\d ()./-]{6,30}"),
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The field that a column is thought to hold, and why: its name is the field's, means it, or its values look so."""

    field: str
    because: Literal["name", "synonym", "values"]


def suggest(
    entity: ImportedEntity,
    columns: Sequence[str],
    samples: Sequence[Sequence[Cell]],
    definitions: Iterable[FieldDefinition] = (),
) -> list[Suggestion | None]:
    """Return a suggestion for each column, each field once. `samples` are the first rows."""
    found: list[Suggestion | None] = [None] * len(columns)
    taken: set[str] = set()

    def take(index: int, field: str | None, because: Literal["name", "synonym", "values"]) -> None:
        if field is not None and field not in taken and found[index] is None:
            found[index] = Suggestion(field, because)
            taken.add(field)

    called = [_called(name) for name in columns]
    fields = {_called(name): name for name in entity.fields} | {
        _called(field.path[-1]): name for name, field in entity.fields.items()
    }
    custom = {
        _called(each): f"custom.{definition.name}"
        for definition in definitions
        for each in (definition.name, definition.label or definition.name)
    }
    open_columns = [index for index, name in enumerate(columns) if name not in _OWN]
    for index in open_columns:
        # Exports call their columns by the API's own names, as in `contactInfo.address.city` and `ownerId`.
        own = canonical(columns[index])
        by_name = own if own in entity.fields else fields.get(called[index])
        take(index, by_name or custom.get(_called(own.removeprefix("custom."))), "name")
    # Earlier synonyms of a field say it more clearly than later ones, whichever column comes first.
    meanings = [
        (place, called_so, name)
        for name, field in entity.fields.items()
        for place, called_so in enumerate(map(_called, field.synonyms))
    ]
    for _, meaning, name in sorted(meanings, key=lambda each: each[0]):
        for index in open_columns:
            if called[index] == meaning:
                take(index, name, "synonym")
    for index in open_columns:
        take(index, _by_values(entity, [row[index] for row in samples if index < len(row)]), "values")
    return found


def _by_values(entity: ImportedEntity, cells: Sequence[Cell]) -> str | None:
    texts = [text for cell in cells if (text := cell_text(cell))]
    if not texts:
        return None
    for field, shape in _SHAPES.items():
        if field in entity.fields and sum(bool(shape.fullmatch(text)) for text in texts) >= _MOST * len(
            texts
        ):
            return field
    return None


def _called(name: str) -> str:
    # `companyName`, `company_name` and `Company name` are the same.
    return "".join(words(name))
