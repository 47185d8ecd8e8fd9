"""An export as it was asked for: which records, which of their fields, in which format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final

from pydantic import Field

from zebros_core.errors import FieldError, ValidationError
from zebros_core.records.custom import FieldType
from zebros_core.values import Value
from zebros_jobs.domain.export_entities import ENTITIES, Exported, ExportedEntity, NameField
from zebros_jobs.domain.export_filters import FilterValue, checked_filters
from zebros_jobs.domain.tables import Column, ColumnKind, CsvStyle, FileFormat

__all__ = ["MAX_FIELDS", "CustomColumn", "ExportColumns", "ExportParameters", "chosen_columns"]

MAX_FIELDS: Final = 200
_CUSTOM: Final = "custom."


class ExportParameters(Value):
    """What was asked for. Without fields it is the usual ones and every custom one."""

    entity: ExportedEntity
    format: FileFormat = FileFormat.CSV
    filters: dict[str, FilterValue] = Field(default_factory=dict)
    fields: Annotated[tuple[str, ...], Field(max_length=MAX_FIELDS)] = ()
    csv: CsvStyle = CsvStyle()

    @property
    def exported(self) -> Exported:
        """Return what is known of the kind of records."""
        return ENTITIES[self.entity]

    def check(self) -> None:
        """Check everything but the names of custom fields. Raises ValidationError naming each fault."""
        faults = [*checked_filters(self.exported, self.filters), *_field_faults(self.exported, self.fields)]
        if faults:
            raise ValidationError("The export cannot be made like this.", fields=faults)


class CustomColumn(Value):
    """A custom field as it was defined when the export began."""

    name: str
    type: FieldType


class ExportColumns:
    """The columns of an export: what they are called, and what each takes from a record."""

    def __init__(self, columns: Iterable[tuple[Column, NameField | None]]) -> None:
        pairs = list(columns)
        self.columns = tuple(column for column, _ in pairs)
        self.names = tuple(name for _, name in pairs if name is not None)
        """The names beside ids that are wanted; a record has them under the column's name when it comes here."""
        self._paths = [tuple(column.name.split(".")) for column in self.columns]

    def wants(self, name: str) -> bool:
        """Tell whether a field is among the columns."""
        return any(column.name == name for column in self.columns)

    def cells(self, record: Mapping[str, Any]) -> list[Any]:
        """Return a record's cells as JSON values: dates and instants as texts."""
        return [_at(record, path) for path in self._paths]

    def typed(self, cells: Iterable[Any]) -> list[Any]:
        """Return cells with their dates and instants as such, for formats that know them."""
        return [
            _TYPED[column.kind](cell) if isinstance(cell, str) and column.kind in _TYPED else cell
            for column, cell in zip(self.columns, cells, strict=True)
        ]


def chosen_columns(parameters: ExportParameters, custom: Iterable[CustomColumn]) -> ExportColumns:
    """Return the columns of an export. Raises ValidationError for a custom field that is not defined."""
    exported = parameters.exported
    known: dict[str, tuple[Column, NameField | None]] = {
        name: (Column(name, field.kind), None) for name, field in exported.fields.items()
    }
    known |= {name: (Column(name), field) for name, field in exported.names.items()}
    own = {
        f"{_CUSTOM}{each.name}": Column(f"{_CUSTOM}{each.name}", _CUSTOM_KINDS[each.type]) for each in custom
    }
    known |= {name: (column, None) for name, column in own.items()}
    usual = [name for name, field in exported.fields.items() if field.usual]
    names = parameters.fields or (*usual, *own)
    missing = [
        FieldError(f"/fields/{number}", "unknown_field", f"no custom field is called {name}")
        for number, name in enumerate(names)
        if name not in known
    ]
    if missing:
        raise ValidationError("The export names custom fields that are not defined.", fields=missing)
    return ExportColumns(known[name] for name in names)


def _field_faults(exported: Exported, names: Iterable[str]) -> Iterable[FieldError]:
    seen: set[str] = set()
    for number, name in enumerate(names):
        where = f"/fields/{number}"
        known = name in exported.fields or name in exported.names
        if not known and not (exported.custom and name.startswith(_CUSTOM)):
            some = ", ".join([*exported.fields, *exported.names])
            yield FieldError(where, "unknown_field", f"not one of {some}, custom.NAME"[:1000])
        if name in seen:
            yield FieldError(where, "repeated", "each field once")
        seen.add(name)


def _at(record: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = record
    for step in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return value  # pyright: ignore[reportUnknownVariableType]


def _typed_as(read: Any) -> Any:
    def typed(text: str) -> Any:
        try:
            return read(text)
        except ValueError:
            return text

    return typed


_TYPED: Final[Mapping[ColumnKind, Any]] = {
    ColumnKind.DATE: _typed_as(date.fromisoformat),
    ColumnKind.INSTANT: _typed_as(datetime.fromisoformat),
}
_CUSTOM_KINDS: Final[Mapping[FieldType, ColumnKind]] = {
    FieldType.TEXT: ColumnKind.TEXT,
    FieldType.NUMBER: ColumnKind.NUMBER,
    FieldType.BOOLEAN: ColumnKind.BOOLEAN,
    FieldType.DATE: ColumnKind.DATE,
    FieldType.CHOICE: ColumnKind.TEXT,
}
