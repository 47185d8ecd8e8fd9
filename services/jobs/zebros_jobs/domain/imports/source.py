"""The file of an import, as a table: how it is written, its rows, and what may be wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, BinaryIO, Final, Literal, Protocol

from pydantic import Field, StringConstraints

from zebros_core.errors import FieldError
from zebros_core.values import Value
from zebros_jobs.domain.errors import JobInputError
from zebros_jobs.domain.formulas import unguarded
from zebros_jobs.domain.imports.problems import RowProblem

__all__ = [
    "BEGINNING",
    "LINE_COLUMN",
    "MAX_COLUMNS",
    "MAX_ROW_BYTES",
    "REASON_COLUMN",
    "Cell",
    "Dialect",
    "DialectWish",
    "ErrorText",
    "FileProblemError",
    "OpenTable",
    "Position",
    "Row",
    "SourceFile",
    "Table",
    "named_columns",
    "wrong_width",
]

MAX_COLUMNS: Final = 500
MAX_ROW_BYTES: Final = 1024 * 1024
"""A longer row is refused, and the rest of it skipped without being held."""

LINE_COLUMN: Final = "import_line"
REASON_COLUMN: Final = "import_reason"
"""The columns that a file of rejected rows has more. They are known when it is imported again, and skipped."""

_MAX_COLUMN_NAME: Final = 100

Cell = str | int | float | bool | None
"""A cell as the file has it: always text in CSV; in a workbook also numbers and booleans. Dates of a workbook come as
ISO 8601 text, since that is what they are read from everywhere else."""


class ErrorText(str):
    """The cell of a workbook in which a formula has failed, as in `#N/A`: no value, whatever it reads like."""


class FileProblemError(JobInputError):
    """The file cannot be read as a table; `reason` is stable, the detail says what to do."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail, fields=(FieldError("/file", reason, detail),))
        self.reason = reason


class Dialect(Value):
    """How a file is written. What a caller leaves out is found out from the file's first 64 KB.

    `header` says whether the first row names the columns; else they are called A, B, C. `sheet` is that of a workbook.
    """

    format: Literal["csv", "xlsx"] = "csv"
    encoding: Annotated[str, StringConstraints(max_length=40)] = "utf-8"
    bom: bool = False
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    quote: Annotated[str, StringConstraints(min_length=1, max_length=1)] = '"'
    newline: Literal["\r\n", "\n", "\r"] = "\n"
    header: bool = True
    sheet: Annotated[str | None, Field(max_length=100)] = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where reading goes on: behind row `number`.

    `offset` is a byte of a CSV file, and the number of a row of a sheet; `line` the line that comes next.
    """

    offset: int
    line: int
    number: int

    def dump(self) -> list[int]:
        """Return it as JSON for a checkpoint."""
        return [self.offset, self.line, self.number]

    @classmethod
    def load(cls, values: Sequence[int]) -> Position:
        """Return the position that `dump` gave."""
        offset, line, number = values
        return cls(offset, line, number)


BEGINNING: Final = Position(-1, 0, 0)
"""The first row of data, wherever it is."""


@dataclass(slots=True)
class Row:
    """A row of data. `number` counts them from 1, `line` is where it begins in the file.

    `fault` says why it cannot be used; its cells are then as good as they can be told. `end` is where reading goes on
    behind it.
    """

    number: int
    line: int
    cells: Sequence[Cell]
    end: Position
    fault: RowProblem | None = None


@dataclass(frozen=True, slots=True)
class SourceFile:
    """An object that holds a file: its bytes from any place on, always of the same content.

    `open` raises NotFoundError when it is gone and ObjectChangedError when it was replaced, also in the middle.
    """

    name: str
    size_bytes: int
    open_at: OpenAt


class OpenAt(Protocol):
    """Opens a file from a byte on."""

    def __call__(self, start: int) -> BinaryIO: ...


class Table(Protocol):
    """An open file. Iterating `rows` raises FileProblemError where nothing behind can be read any more."""

    dialect: Dialect
    columns: Sequence[str]
    sheets: Sequence[str]
    """The names of a workbook's sheets; none of a CSV file."""
    total_bytes: int
    """How much there is to read, in the unit of `read_bytes`."""

    @property
    def read_bytes(self) -> int:
        """How much was read by now."""
        ...

    def rows(self, start: Position = BEGINNING) -> Iterator[Row]:
        """Give the rows behind a position, without blank ones."""
        ...

    def verify(self) -> None:
        """Raise FileProblemError for a file that is damaged further on, where that can be told without its rows."""
        ...

    def close(self) -> None:
        """Give back what the table holds."""
        ...


class OpenTable(Protocol):
    """Opens a file as a table. Raises FileProblemError for what is none, or has more columns than are taken."""

    def __call__(self, source: SourceFile, wish: DialectWish) -> Table: ...


class DialectWish(Value):
    """What a caller says about how a file is written, instead of having it found out."""

    encoding: Annotated[str | None, Field(max_length=40, description="As in `windows-1252`.")] = None
    delimiter: Annotated[
        str | None, Field(min_length=1, max_length=1, description="One character, as in `;`.")
    ] = None
    quote: Annotated[str | None, Field(min_length=1, max_length=1)] = None
    header: Annotated[bool | None, Field(description="Whether the first row names the columns.")] = None
    sheet: Annotated[str | None, Field(max_length=100, description="The sheet of a workbook.")] = None

    @classmethod
    def of(cls, dialect: Dialect) -> DialectWish:
        """Return the wish for exactly this dialect."""
        return cls(
            encoding=dialect.encoding,
            delimiter=dialect.delimiter,
            quote=dialect.quote,
            header=dialect.header,
            sheet=dialect.sheet,
        )


def named_columns(first: Sequence[Cell], *, header: bool) -> list[str]:
    """Return a name for each column, each once: those of the header, or letters where there is none.

    A second column of the same name is called `name (2)`, one without a name by its letter. Raises FileProblemError
    for more columns than are taken.
    """
    if len(first) > MAX_COLUMNS:
        raise FileProblemError(
            "too-many-columns",
            f"The file has {len(first):,} columns; at most {MAX_COLUMNS} are read. Leave out those that are not"
            " imported.",
        )
    taken: set[str] = set()
    names: list[str] = []
    for number, cell in enumerate(first):
        text = (
            " ".join(unguarded(str(cell)).split())[:_MAX_COLUMN_NAME] if header and cell is not None else ""
        )
        wanted = name = text or _letters(number)
        again = 2
        while name.casefold() in taken:
            name = f"{wanted} ({again})"
            again += 1
        taken.add(name.casefold())
        names.append(name)
    return names


def wrong_width(found: int, expected: int) -> RowProblem:
    """Return the fault of a row that has other columns than the file."""
    return RowProblem(
        "row-width",
        "the row has more or fewer columns than the file",
        hint=f"{found:,}, and the file {expected:,}",
    )


def _letters(number: int) -> str:
    """Return what a spreadsheet calls a column: A to Z, AA, AB …"""
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
