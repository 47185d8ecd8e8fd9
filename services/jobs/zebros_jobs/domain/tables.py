"""Tables of any length, as files are made of them: columns, and rows of typed cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from zebros_core.values import Value

__all__ = ["Cell", "Column", "ColumnKind", "CsvStyle", "FileFormat"]

Cell = str | int | float | Decimal | bool | date | datetime | Sequence[Any] | Mapping[str, Any] | None
"""A value of a table. Instants have a zone; None is an empty cell."""


class ColumnKind(StrEnum):
    """What the cells of a column hold, which says how wide it is and how a spreadsheet shows it."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"
    PERCENT = "percent"
    """A share: 0.25 is 25 %."""
    DATE = "date"
    INSTANT = "instant"
    BOOLEAN = "boolean"
    LIST = "list"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `name` is its key in JSON, `title` its header, the same unless given; `width` in characters."""

    name: str
    kind: ColumnKind = ColumnKind.TEXT
    title: str = ""
    width: int | None = None

    @property
    def header(self) -> str:
        """Return what stands above the column."""
        return self.title or self.name


class FileFormat(StrEnum):
    """The formats of tables."""

    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"

    @property
    def content_type(self) -> str:
        """Return the media type of a file in this format."""
        return _CONTENT_TYPES[self]


_CONTENT_TYPES: Final[Mapping[FileFormat, str]] = {
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileFormat.JSONL: "application/x-ndjson",
}


class CsvStyle(Value):
    """How a CSV file is written. `bom` is the mark by which Excel knows UTF-8."""

    delimiter: str = ","
    bom: bool = False
