"""From the columns of a file to the fields of a record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from zebros_core.errors import FieldError, ValidationError
from zebros_core.records.custom import FieldDefinition
from zebros_jobs.domain.imports.cells import CellStyle, Convert, Kind, cell_text
from zebros_jobs.domain.imports.entities import ImportedEntity, ImportField, Reference
from zebros_jobs.domain.imports.options import ColumnMapping, ImportOptions, MatchRule
from zebros_jobs.domain.imports.problems import RowProblem, RowProblemError
from zebros_jobs.domain.imports.source import Cell, ErrorText

__all__ = ["Draft", "MappingError", "RowMapping", "canonical"]

_ALIASES: Final = {"ownerId": "owner", "teamId": "team", "customerId": "customer", "contactId": "contact"}


class MappingError(ValidationError):
    """The mapping does not fit the file or the entity; each fault names the entry."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the file, the field that it goes to, and how its cells are read."""

    index: int | None
    """None where the file has no such column, and the default is all there is."""
    target: str
    path: tuple[str, ...]
    kind: Kind
    convert: Convert
    default: str
    required: bool
    translations: Mapping[str, str]


@dataclass(slots=True)
class Draft:
    """A row on its way to a record: its values, and the texts that name other records, by target."""

    data: dict[str, Any]
    named: list[tuple[str, Kind, str]] = field(default_factory=list[tuple[str, Kind, str]])


@dataclass(frozen=True, slots=True)
class RowMapping:
    """Which column of a row goes to which field. Made by `of`."""

    entity: ImportedEntity
    options: ImportOptions
    columns: tuple[_Column, ...]
    rules: tuple[MatchRule, ...]

    @classmethod
    def of(
        cls,
        entity: ImportedEntity,
        columns: Sequence[str],
        mapping: Iterable[ColumnMapping],
        options: ImportOptions,
        style: CellStyle,
        definitions: Iterable[FieldDefinition] = (),
    ) -> RowMapping:
        """Check a mapping against the columns that a file has, and make it ready.

        Raises MappingError naming every entry that is wrong, and what there is instead.
        """
        by_name = {each.name: each for each in definitions}
        faults: list[FieldError] = []
        made: list[_Column] = []
        taken: set[tuple[str, ...]] = set()
        for number, entry in enumerate(mapping):
            try:
                column = _column(entity, columns, entry, style, by_name)
                if column.path in taken:
                    raise _EntryError("field", "field_twice", f"two entries go to {column.target}")
            except _EntryError as error:
                faults.append(FieldError(f"/mapping/{number}/{error.member}", error.code, str(error)))
                continue
            taken.add(column.path)
            made.append(column)
        mapped = {column.target for column in made}
        if not faults:
            faults += _missing(entity, mapped, options)
        if faults:
            raise MappingError(faults[0].message, fields=faults)
        return cls(entity, options, tuple(made), _rules(entity, mapped, options))

    @property
    def references(self) -> frozenset[Kind]:
        """The kinds of records that cells name."""
        return frozenset(column.kind for column in self.columns if column.kind.is_reference)

    @property
    def targets(self) -> frozenset[str]:
        """The fields that are mapped."""
        return frozenset(column.target for column in self.columns)

    def draft(self, cells: Sequence[Cell]) -> Draft:
        """Return the row's values, without those of empty cells. Raises RowProblemError for what cannot be read."""
        data: dict[str, Any] = {}
        draft = Draft(data)
        for column in self.columns:
            cell: Cell = None if column.index is None else cells[column.index]
            if cell.__class__ is ErrorText:
                raise RowProblemError(
                    RowProblem("cell-error", "the formula of the cell has failed", column.target, str(cell))
                )
            if column.translations:
                cell = column.translations.get(cell_text(cell), cell)
            if cell is None or (isinstance(cell, str) and not cell.strip()):
                if not column.default:
                    if column.required:
                        raise RowProblemError(RowProblem("missing-value", "the cell is empty", column.target))
                    continue
                cell = column.default
            if column.kind.is_reference:
                draft.named.append((column.target, column.kind, cell_text(cell)))
                continue
            try:
                value = column.convert(cell)
            except ValueError as error:
                raise RowProblemError(
                    RowProblem("wrong-value", str(error), column.target, cell_text(cell))
                ) from None
            path = column.path
            if len(path) == 1:
                data[path[0]] = value
            else:
                inner = data
                for step in path[:-1]:
                    inner = inner.setdefault(step, {})
                inner[path[-1]] = value
        return draft

    def complete(self, draft: Draft, found: Mapping[str, Reference]) -> dict[str, Any]:
        """Return the record that a row makes, with what it names; `found` are those that there are, by target.

        Raises RowProblemError for one that lacks what every new record has to have.
        """
        data = draft.data
        for target, reference in found.items():
            data[self.entity.fields[target].path[-1]] = reference.id
        if self.entity.complete is not None:
            self.entity.complete(data, found, self.options)
        if data.get(self.entity.required[0]) is None and "id" not in data:
            raise RowProblemError(
                RowProblem("missing-value", self.entity.missing, field=self.entity.required[0])
            )
        return data


class _EntryError(Exception):
    def __init__(self, member: str, code: str, message: str) -> None:
        super().__init__(message)
        self.member = member
        self.code = code


def _column(
    entity: ImportedEntity,
    columns: Sequence[str],
    entry: ColumnMapping,
    style: CellStyle,
    definitions: Mapping[str, FieldDefinition],
) -> _Column:
    index = None if entry.column is None else _index_of(entry.column, columns)
    if index is None and not entry.default:
        raise _EntryError("column", "missing", "name a column, or give a default for all rows")
    target = canonical(entry.field)
    if index is None and target in {"externalId", "id", "version"}:
        raise _EntryError(
            "field", "not_for_all", "an id tells records apart: neither it nor a version is the same for all"
        )
    into, convert = _field_of(entity, target, style, definitions)
    return _Column(
        index,
        target,
        into.path,
        into.kind,
        convert,
        entry.default or "",
        entry.required,
        entry.translations,
    )


def _index_of(column: str, columns: Sequence[str]) -> int:
    wanted = " ".join(column.split()).casefold()
    found = [index for index, name in enumerate(columns) if name.casefold() == wanted]
    if found:
        return found[0]
    close = get_close_matches(column, columns, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    shown = ", ".join(columns[:30]) + (", …" if len(columns) > 30 else "")
    raise _EntryError(
        "column", "unknown_column", f"the file has no column {column!r}{hint} (columns: {shown})"
    )


def canonical(target: str) -> str:
    """Return a target by its short name; the API's own long ones (`contactInfo.email`, `ownerId`) are understood."""
    if target.startswith("custom."):
        return target
    short = target.rpartition(".")[2]
    return _ALIASES.get(short, short)


def _field_of(
    entity: ImportedEntity, target: str, style: CellStyle, definitions: Mapping[str, FieldDefinition]
) -> tuple[ImportField, Convert]:
    if entity.custom and target.startswith("custom."):
        name = target.removeprefix("custom.")
        if name not in definitions:
            known = ", ".join(sorted(definitions)) or "none yet"
            raise _EntryError(
                "field",
                "unknown_field",
                f"there is no custom field {name!r} of {entity.plural} (there are: {known}); define it at /v1/fields",
            )
        return ImportField(("custom", name)), style.custom(definitions[name])
    into = entity.fields.get(target)
    if into is not None:
        return into, style.conversion(into.kind, into.choices)
    close = get_close_matches(target, entity.fields, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise _EntryError(
        "field",
        "unknown_field",
        f"{entity.plural} have no field {target!r}{hint} (fields: {', '.join(entity.targets)})",
    )


def _missing(entity: ImportedEntity, mapped: set[str], options: ImportOptions) -> list[FieldError]:
    """Return what a mapping lacks as a whole."""
    faults: list[FieldError] = []
    made_up = entity.name == "user" and options.email_domain is not None
    if not mapped.intersection({*entity.required, "id"}) and not made_up:
        wanted = " or ".join(entity.required)
        faults.append(FieldError("/mapping", "missing_field", f"no column is mapped to {wanted}"))
    if options.match_by is not None:
        unknown = [rule.value for rule in options.match_by if rule not in entity.rules]
        if unknown:
            known = ", ".join(rule.value for rule in entity.rules)
            message = f"{entity.plural} are not recognised by {unknown[0]}; by: {known}"
            faults.append(FieldError("/options/matchBy", "unknown_rule", message))
        if MatchRule.ID in options.match_by and "id" not in mapped:
            message = f"no column is mapped to id; exports call it {entity.id_field}"
            faults.append(FieldError("/options/matchBy", "missing_field", message))
    elif not _rules(entity, mapped, options):
        faults.append(
            FieldError(
                "/mapping",
                "not_recognised",
                f"nothing tells {entity.plural} apart when the file is imported again: map a column to externalId, or"
                " say with an empty matchBy that each row makes a new record",
            )
        )
    return faults


def _rules(entity: ImportedEntity, mapped: set[str], options: ImportOptions) -> tuple[MatchRule, ...]:
    if "id" in mapped:
        by_text = (MatchRule.EXTERNAL_ID,) if "externalId" in mapped else ()
        others = (*by_text, *entity.usual) if options.match_by is None else options.match_by
        return tuple(dict.fromkeys((MatchRule.ID, *others)))
    if options.match_by is not None:
        return options.match_by
    if MatchRule.EXTERNAL_ID in entity.rules and "externalId" in mapped:
        return (MatchRule.EXTERNAL_ID,)
    return entity.usual
