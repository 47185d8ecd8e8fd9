"""Tables of any length, as files are made of them: columns, and rows of typed cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import TracebackType
from typing import Annotated, Any, Final, Literal, Protocol, Self

from pydantic import Field

from zebros_core.values import Value

__all__ = ["Book", "Cell", "Column", "ColumnKind", "CsvStyle", "FileFormat", "Lines", "Rows", "TableFiles"]

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

    delimiter: Annotated[Literal[",", ";", "\t", "|"], Field(description="What stands between cells.")] = ","
    bom: Annotated[bool, Field(description="Begin with the mark by which Excel knows UTF-8.")] = False


class Lines(Protocol):
    """A format whose rows are bytes, so that a file can be written in parts, one behind the other."""

    def head(self) -> bytes:
        """Return what the file begins with."""
        ...

    def row(self, cells: Sequence[Cell]) -> bytes:
        """Return a row, in the order of the columns. Raises ValueError for another number of cells."""
        ...


class Rows(Protocol):
    """A table of a workbook."""

    def row(self, cells: Sequence[Cell]) -> None:
        """Write the next row. Raises ValueError for another number of cells."""
        ...


class Book(Protocol):
    """A workbook that is made at the end of a `with` block, unless by an error."""

    truncated: int
    """How many texts were cut to what a cell holds."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def sheet(self, title: str, columns: Sequence[Column]) -> Rows:
        """Begin a table of its own; those before are finished."""
        ...


class TableFiles(Protocol):
    """Makes files of tables, in constant memory."""

    def lines(
        self, file_format: FileFormat, columns: Sequence[Column], style: CsvStyle | None = None
    ) -> Lines:
        """Return what writes the rows of CSV or JSON lines. Raises ValueError for another format."""
        ...

    def book(self, path: str) -> Book:
        """Return a workbook that is written to a file."""
        ...
