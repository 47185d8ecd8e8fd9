"""What columns of a file are, as it is said on the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from zebros.models import ImportPreview

__all__ = ["ColumnsOptions", "mapping_of"]


@dataclass(frozen=True, slots=True)
class ColumnsOptions:
    """Fields by column, translations by column, defaults by field, and fields that every row must have."""

    pairs: Mapping[str, str] = field(default_factory=dict[str, str])
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    defaults: Mapping[str, str] = field(default_factory=dict[str, str])
    required: Sequence[str] = ()

    @classmethod
    def read(
        cls,
        mapping: Sequence[str] | None,
        external_id_column: str | None,
        values: Sequence[str] | None,
        defaults: Sequence[str] | None,
        required: Sequence[str] | None,
    ) -> ColumnsOptions:
        """Read the options. Raises typer.BadParameter for what is not of their form."""
        pairs = _pairs(mapping)
        if external_id_column is not None:
            pairs[external_id_column] = "externalId"
        return cls(pairs, _translations(values), _assigned(defaults, "--default"), tuple(required or ()))

    @property
    def says_anything(self) -> bool:
        """Whether anything was said at all; else the service finds out by itself."""
        return bool(self.pairs or self.translations or self.defaults or self.required)


def mapping_of(columns: ColumnsOptions, preview: Callable[[], ImportPreview]) -> list[dict[str, Any]] | None:
    """Return the mapping that the API takes; None to have it found out.

    Without `--map`, what was said otherwise is laid over what the service makes of the columns' names.
    """
    if not columns.says_anything:
        return None
    if columns.pairs:
        entries: list[dict[str, Any]] = [
            {"column": column, "field": target} for column, target in columns.pairs.items()
        ]
    else:
        entries = [dict(each) for each in preview().mapping]
    for column, meanings in columns.translations.items():
        entry = next((each for each in entries if each.get("column") == column), None)
        if entry is None:
            raise typer.BadParameter(f"column {column!r} is mapped to no field", param_hint="--value")
        entry["translations"] = dict(meanings)
    by_field = {each["field"]: each for each in entries}
    for name, value in columns.defaults.items():
        if name in by_field:
            by_field[name]["default"] = value
        else:
            entries.append({"field": name, "default": value})
    for name in columns.required:
        if name not in by_field:
            raise typer.BadParameter(f"no column is mapped to {name!r}", param_hint="--require")
        by_field[name]["required"] = True
    return entries


def _pairs(options: Sequence[str] | None) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in (piece for option in options or () for piece in option.split(",")):
        # A column's name may contain an equals sign; a field's cannot.
        column, equals, target = part.rpartition("=")
        if not equals or not column.strip() or not target.strip():
            raise typer.BadParameter(
                f"{part!r} is not COLUMN=FIELD, as in account=companyName", param_hint="--map"
            )
        if column.strip() in pairs:
            raise typer.BadParameter(f"column {column.strip()!r} is mapped twice", param_hint="--map")
        pairs[column.strip()] = target.strip()
    return pairs


def _assigned(options: Sequence[str] | None, option: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for part in options or ():
        name, equals, value = part.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise typer.BadParameter(f"{part!r} is not FIELD=VALUE, as in currency=USD", param_hint=option)
        given[name.strip()] = value.strip()
    return given


def _translations(options: Sequence[str] | None) -> dict[str, dict[str, str]]:
    meanings: dict[str, dict[str, str]] = {}
    for part in options or ():
        column, colon, rest = part.partition(":")
        text, equals, other = rest.partition("=")
        if not (colon and equals and column.strip() and text.strip()):
            raise typer.BadParameter(
                f"{part!r} is not COLUMN:TEXT=OTHER, as in 'product:GTXPro=GTX Pro'", param_hint="--value"
            )
        meanings.setdefault(column.strip(), {})[text.strip()] = other.strip()
    return meanings
