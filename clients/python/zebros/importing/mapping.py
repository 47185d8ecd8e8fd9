"""From the columns of a file to the fields of a record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Protocol

from zebros.errors import ZebrosError
from zebros.importing.cells import convert, convert_custom
from zebros.importing.entities import ImportedEntity, ImportField, Kind, Reference
from zebros.models import FieldDefinition

__all__ = ["ColumnMapping", "MappingError", "References"]


class MappingError(ZebrosError):
    """The mapping does not fit the file or the API; it is the caller's to change."""


class References(Protocol):
    """Finds the records that cells name. Raises ValueError saying why there is none."""

    def resolve(self, kind: Kind, text: str) -> Reference: ...


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the file, the field that it goes to, and what its values are translated to."""

    index: int | None
    """None where the file has no such column, and the default is all there is."""
    target: str
    into: ImportField
    default: str = ""
    translations: Mapping[str, str] = field(default_factory=dict[str, str])

    def text(self, cells: Sequence[str]) -> str:
        value = "" if self.index is None else cells[self.index].strip()
        return self.translations.get(value, value) or self.default


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which column of a row goes to which field. Made by `for_header`."""

    entity: ImportedEntity
    columns: tuple[_Column, ...]
    external_id_index: int | None
    definitions: Mapping[str, FieldDefinition]

    @classmethod
    def for_header(
        cls,
        entity: ImportedEntity,
        header: Sequence[str],
        pairs: Mapping[str, str],
        *,
        external_id_column: str | None = None,
        defaults: Mapping[str, str] | None = None,
        translations: Mapping[str, Mapping[str, str]] | None = None,
        definitions: Iterable[FieldDefinition] = (),
    ) -> ColumnMapping:
        """Check `pairs` (column to field) against the file's header; without pairs, columns named as fields.

        `defaults` (field to value) stand in for empty cells and columns that are not there; `translations`
        (column to values) say what a cell's text means. Raises MappingError naming what is wrong and what there
        is.
        """
        by_name = {definition.name: definition for definition in definitions}
        chosen = dict(pairs) or {name: target for name in header if (target := _like(entity, name))}
        if external_id_column is not None:
            chosen[external_id_column] = "externalId"
        rest = {_canonical(target): value for target, value in (defaults or {}).items()}
        if "externalId" in rest:
            raise MappingError("an external id tells records apart: it cannot be the same for all")
        meanings = {_index_of(name, header): each for name, each in (translations or {}).items()}
        columns: list[_Column] = []
        external_id_index: int | None = None
        for column, named in chosen.items():
            index, target = _index_of(column, header), _canonical(named)
            if target == "externalId":
                external_id_index = index
                continue
            into = _field_of(entity, target, by_name)
            columns.append(_Column(index, target, into, rest.pop(target, ""), meanings.pop(index, {})))
        columns += [
            _Column(None, target, _field_of(entity, target, by_name), text) for target, text in rest.items()
        ]
        mapping = cls(entity, tuple(columns), external_id_index, by_name)
        mapping._check(header, [header[index] for index in meanings])
        return mapping

    def _check(self, header: Sequence[str], unused: Sequence[str]) -> None:
        entity, example = self.entity, self.entity.required
        paths = [column.into.path for column in self.columns]
        for column in self.columns:
            if paths.count(column.into.path) > 1:
                raise MappingError(f"two columns are mapped to {column.target}")
        first, all_columns = header[0] or "COLUMN", ", ".join(header)
        if entity.must_be_mapped and entity.fields[example].path not in paths:
            raise MappingError(
                f"no column is mapped to {example}; say which one it is, as in --map {first}={example}"
                f" (columns: {all_columns})"
            )
        if entity.identify is None and self.external_id_index is None:
            raise MappingError(
                f"nothing tells {entity.plural} apart when the file is imported again; say which column does,"
                f" as in --map {first}=externalId (columns: {all_columns})"
            )
        if unused:
            raise MappingError(f"values of column {unused[0]!r} are translated, and it is mapped to no field")

    @property
    def references(self) -> frozenset[Kind]:
        """The kinds of records that cells name."""
        return frozenset(each.into.kind for each in self.columns if each.into.kind.is_reference)

    def data(self, cells: Sequence[str], references: References | None = None) -> dict[str, Any]:
        """The row as JSON without its empty cells. Raises ValueError saying which value is wrong, and how."""
        body: dict[str, Any] = {}
        found: dict[str, Reference] = {}
        for column in self.columns:
            value = column.text(cells)
            if not value:
                continue
            inner = body
            *parents, last = column.into.path
            for step in parents:
                inner = inner.setdefault(step, {})
            if column.into.kind.is_reference:
                if references is None:
                    raise ValueError(f"{column.target}: nothing to look {value!r} up in")
                found[column.target] = self._named(column, value, references)
                inner[last] = found[column.target].id
            else:
                inner[last] = self._converted(column, value)
        if self.entity.complete is not None:
            self.entity.complete(body, found)
        return body

    def external_id(self, cells: Sequence[str]) -> str | None:
        """The row's own external id; None without a column for it. Raises ValueError when empty."""
        if self.external_id_index is None:
            return None
        value = cells[self.external_id_index].strip()
        if not value:
            raise ValueError("the external id is empty")
        return value

    def _converted(self, column: _Column, value: str) -> Any:
        if column.into.path[0] == "custom":
            return convert_custom(self.definitions[column.into.path[1]], value)
        try:
            return convert(column.into.kind, value)
        except ValueError as error:
            raise ValueError(f"{column.target}: {error}") from None

    def _named(self, column: _Column, value: str, references: References) -> Reference:
        try:
            return references.resolve(column.into.kind, value)
        except ValueError as error:
            raise ValueError(f"{column.target}: {error}") from None


def _index_of(column: str, header: Sequence[str]) -> int:
    found = [index for index, name in enumerate(header) if name.casefold() == column.strip().casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        raise MappingError(f"the file has {len(found)} columns called {column!r}")
    close = get_close_matches(column, header, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    raise MappingError(f"the file has no column {column!r}{hint} (columns: {', '.join(header)})")


def _canonical(target: str) -> str:
    """The API's own long names (contactInfo.email) are accepted beside the short ones."""
    return target if target.startswith("custom.") else target.rpartition(".")[2]


def _field_of(entity: ImportedEntity, target: str, definitions: Mapping[str, FieldDefinition]) -> ImportField:
    if entity.custom and target.startswith("custom."):
        custom = target.removeprefix("custom.")
        if custom not in definitions:
            known = ", ".join(sorted(definitions)) or "none yet"
            raise MappingError(
                f"there is no custom field {custom!r} of {entity.plural} (there are: {known}); define it with"
                f" `zebros fields create {entity.name} {custom or 'NAME'} --type text`"
            )
        return ImportField(("custom", custom))
    if target in entity.fields:
        return entity.fields[target]
    close = get_close_matches(target, entity.fields, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise MappingError(
        f"{entity.plural} have no field {target!r}{hint} (fields: {', '.join(entity.targets)})"
    )


def _like(entity: ImportedEntity, column: str) -> str | None:
    wanted = column.replace("_", "").replace(" ", "").casefold()
    return next((name for name in entity.fields if name.casefold() == wanted), None)
