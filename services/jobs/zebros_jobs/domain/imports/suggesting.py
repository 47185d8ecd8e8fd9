"""A first mapping for a file: by what its columns are called, and by what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from zebros_core.ids import is_id
from zebros_core.names import words
from zebros_core.records.custom import FieldDefinition
from zebros_jobs.domain.export_entities import ENTITIES as EXPORTED
from zebros_jobs.domain.export_entities import ExportedEntity
from zebros_jobs.domain.imports.cells import cell_text
from zebros_jobs.domain.imports.entities import ImportedEntity
from zebros_jobs.domain.imports.mapping import canonical
from zebros_jobs.domain.imports.source import LINE_COLUMN, REASON_COLUMN, Cell

__all__ = ["Suggestion", "suggest"]

_OWN: Final = frozenset({LINE_COLUMN, REASON_COLUMN})
_OURS: Final = frozenset({"id", "version"})
"""Fields for which a column is taken only if it is seen to be from an export of ours."""
_STAMPS: Final = frozenset({"createdAt", "updatedAt", "version"})
_DERIVED: Final[Mapping[str, str]] = {"customerId": "relatedId"}
"""Columns that say nothing where there is another: the customer of what an activity is about follows from that."""
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
    *,
    by_id: bool = False,
) -> list[Suggestion | None]:
    """Return a suggestion for each column, each field once. `samples` are the first rows.

    None is for a column that is left out, such as those of an export that nobody can set. With `by_id`, rows are known
    to be recognised by our ids.
    """
    found: list[Suggestion | None] = [None] * len(columns)
    taken: set[str] = set()

    def take(index: int, field: str | None, because: Literal["name", "synonym", "values"]) -> None:
        if field is not None and field not in taken and found[index] is None:
            found[index] = Suggestion(field, because)
            taken.add(field)

    called = [_called(name) for name in columns]
    fields = {_called(name): name for name in entity.fields if name not in _OURS} | {
        _called(field.path[-1]): name for name, field in entity.fields.items() if name not in _OURS
    }
    paths = {".".join(field.path): name for name, field in entity.fields.items() if name not in _OURS}
    custom = {
        _called(each): f"custom.{definition.name}"
        for definition in definitions
        for each in (definition.name, definition.label or definition.name)
    }
    open_columns = [
        index
        for index, name in enumerate(columns)
        if name not in _OWN and not (entity.name == "activity" and _DERIVED.get(name, "") in columns)
    ]
    id_column = _id_column(entity, columns, samples, by_id=by_id)
    if id_column is not None:
        take(id_column, "id", "name")
        if "version" in columns and "version" in entity.fields:
            take(columns.index("version"), "version", "name")
    for index in open_columns:
        # Exports call their columns by the API's own names, as in `contactInfo.address.city` and `ownerId`.
        name = columns[index]
        own = canonical(name) if "." not in name else ""
        by_name = paths.get(name) or (
            own if own in entity.fields and own not in _OURS else fields.get(called[index])
        )
        take(index, by_name or custom.get(_called(name.removeprefix("custom."))), "name")
    exported = _exported_names(entity)
    open_columns = [index for index in open_columns if columns[index] not in exported]
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
        take(index, _by_values(entity, _texts(samples, index)), "values")
    return found


def _id_column(
    entity: ImportedEntity, columns: Sequence[str], samples: Sequence[Sequence[Cell]], *, by_id: bool
) -> int | None:
    """Return which column has our ids: others' files have ids of their own, which are called the same."""
    for name in (entity.id_field, _called(entity.id_field), "id"):
        for index, column in enumerate(columns):
            if column != name and _called(column) != name:
                continue
            texts = _texts(samples, index)
            own = all(is_id(text.upper()) for text in texts) and (bool(texts) or column == entity.id_field)
            if by_id or own or (column == entity.id_field and not _STAMPS.isdisjoint(columns)):
                return index
    return None


def _exported_names(entity: ImportedEntity) -> frozenset[str]:
    """Return what exports call columns that mean nothing else: with a capital inside, or a dot."""
    exported = EXPORTED[ExportedEntity(entity.name)]
    names = {*exported.fields, *exported.names}
    return frozenset(name for name in names if name != name.lower())


def _texts(samples: Sequence[Sequence[Cell]], index: int) -> list[str]:
    return [text for row in samples if index < len(row) and (text := cell_text(row[index]))]


def _by_values(entity: ImportedEntity, texts: Sequence[str]) -> str | None:
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
