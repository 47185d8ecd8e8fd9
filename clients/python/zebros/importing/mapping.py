"""From the columns of a file to the fields of a customer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from zebros.errors import ZebrosError
from zebros.models import FieldDefinition

__all__ = ["TARGETS", "ColumnMapping", "MappingError", "convert_custom"]

_PATHS: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in ("companyName", "industry", "tier", "ownerId", "teamId", "tags")},
    "externalId": ("externalId",),
    **{name: ("contactInfo", name) for name in ("email", "phone", "website")},
    **{
        name: ("contactInfo", "address", name)
        for name in ("street", "city", "region", "postalCode", "country")
    },
}
# The API's own long names are accepted beside the short ones.
_ALIASES = {".".join(path): name for name, path in _PATHS.items() if len(path) > 1}
TARGETS = (*_PATHS, "custom.<name>")
_TRUE = frozenset({"true", "yes", "y", "1"})
_FALSE = frozenset({"false", "no", "n", "0"})


class MappingError(ZebrosError):
    """The mapping does not fit the file or the API; it is the caller's to change."""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which column of a row goes to which field. Made by `for_header`."""

    columns: tuple[tuple[int, tuple[str, ...]], ...]
    external_id_index: int | None
    definitions: Mapping[str, FieldDefinition]

    @classmethod
    def for_header(
        cls,
        header: Sequence[str],
        pairs: Mapping[str, str],
        *,
        external_id_column: str | None = None,
        definitions: Iterable[FieldDefinition] = (),
    ) -> ColumnMapping:
        """Check `pairs` (column to field) against the file's header; without pairs, columns named as fields.

        Raises MappingError naming what is wrong and what there is.
        """
        chosen = dict(pairs) or {name: target for name in header if (target := _target_like(name))}
        if external_id_column is not None:
            chosen[external_id_column] = "externalId"
        by_name = {definition.name: definition for definition in definitions}
        columns: list[tuple[int, tuple[str, ...]]] = []
        external_id_index: int | None = None
        for column, target in chosen.items():
            index, path = _index_of(column, header), _path_of(target, by_name)
            if path == ("externalId",):
                external_id_index = index
            else:
                columns.append((index, path))
        targets = [path for _, path in columns]
        for path in targets:
            if targets.count(path) > 1:
                raise MappingError(f"two columns are mapped to {'.'.join(path)}")
        if ("companyName",) not in targets:
            raise MappingError(
                "no column is mapped to companyName; say which one it is, as in"
                f" --map {header[0] or 'COLUMN'}=companyName (columns: {', '.join(header)})"
            )
        return cls(tuple(columns), external_id_index, by_name)

    def data(self, cells: Sequence[str]) -> dict[str, Any]:
        """The row as JSON without its empty cells. Raises ValueError for a value of a wrong type."""
        body: dict[str, Any] = {}
        for index, path in self.columns:
            value = cells[index].strip()
            if not value:
                continue
            inner = body
            for step in path[:-1]:
                inner = inner.setdefault(step, {})
            inner[path[-1]] = self._converted(path, value)
        return body

    def external_id(self, cells: Sequence[str]) -> str | None:
        """The row's own external id; None without a column for it. Raises ValueError when empty."""
        if self.external_id_index is None:
            return None
        value = cells[self.external_id_index].strip()
        if not value:
            raise ValueError("the external id is empty")
        return value

    def _converted(self, path: tuple[str, ...], value: str) -> Any:
        if path == ("tags",):
            return [tag.strip() for tag in value.replace(",", ";").split(";") if tag.strip()]
        if path[0] == "custom":
            return convert_custom(self.definitions[path[1]], value)
        return value


def convert_custom(definition: FieldDefinition, value: str) -> str | int | float | bool:
    """The text of a cell as the custom field's type. Raises ValueError saying what was expected."""
    name = definition.name
    match definition.type:
        case "number":
            return _number(name, value)
        case "boolean":
            if value.lower() in _TRUE | _FALSE:
                return value.lower() in _TRUE
            raise ValueError(f"custom.{name}: {value!r} is not true or false")
        case "date":
            try:
                return date.fromisoformat(value).isoformat()
            except ValueError:
                raise ValueError(f"custom.{name}: {value!r} is not a date like 2026-11-20") from None
        case "choice" if definition.choices and value not in definition.choices:
            raise ValueError(f"custom.{name}: {value!r} is not one of {', '.join(definition.choices)}")
        case _:
            return value


def _number(name: str, value: str) -> int | float:
    try:
        return int(value)
    except ValueError:
        pass
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"custom.{name}: {value!r} is not a number") from None
    if number - number != 0:
        raise ValueError(f"custom.{name}: {value!r} is not a finite number")
    return number


def _index_of(column: str, header: Sequence[str]) -> int:
    found = [index for index, name in enumerate(header) if name.casefold() == column.strip().casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        raise MappingError(f"the file has {len(found)} columns called {column!r}")
    close = get_close_matches(column, header, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    raise MappingError(f"the file has no column {column!r}{hint} (columns: {', '.join(header)})")


def _path_of(target: str, definitions: Mapping[str, FieldDefinition]) -> tuple[str, ...]:
    name = _ALIASES.get(target, target)
    if name.startswith("custom."):
        custom = name.removeprefix("custom.")
        if custom not in definitions:
            known = ", ".join(sorted(definitions)) or "none yet"
            raise MappingError(
                f"there is no custom field {custom!r} of customers (there are: {known}); define it with"
                f" `zebros fields create customer {custom or 'NAME'} --type text`"
            )
        return ("custom", custom)
    if name in _PATHS:
        return _PATHS[name]
    close = get_close_matches(target, _PATHS, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise MappingError(f"customers have no field {target!r}{hint} (fields: {', '.join(TARGETS)})")


def _target_like(column: str) -> str | None:
    wanted = column.replace("_", "").replace(" ", "").casefold()
    return next((name for name in _PATHS if name.casefold() == wanted), None)
