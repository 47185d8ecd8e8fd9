"""XLSX in constant memory: rows go to a file of the temporary folder, and from there into the workbook."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from xlsxwriter import Workbook

from zebros_jobs.adapters.tables.texts import instant_text, json_text, list_text, number_text
from zebros_jobs.domain.formulas import guarded
from zebros_jobs.domain.tables import Cell, Column, ColumnKind

__all__ = ["MAX_CELL", "MAX_ROWS", "Sheet", "SheetBook", "sheet_name"]

MAX_ROWS: Final = 1_048_576
"""Rows of a sheet with its header; Excel opens no more."""
MAX_CELL: Final = 32_767
"""Characters of a cell; Excel opens no more."""
_MAX_COLUMNS: Final = 16_384
_EXACT_DIGITS: Final = 15
"""Significant digits that a spreadsheet keeps; a number with more is written as text."""
_FIRST_DAY: Final = date(1900, 3, 1)
"""Excel counts a 29 February 1900 that there was not: days before this one are written as text."""
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_CUT: Final = " […]"

_NUMBER_FORMATS: Final[Mapping[ColumnKind, str]] = {
    ColumnKind.MONEY: "#,##0.00",
    ColumnKind.PERCENT: "0.0%",
    ColumnKind.DATE: "yyyy-mm-dd",
    ColumnKind.INSTANT: "yyyy-mm-dd hh:mm:ss.000",
    ColumnKind.TEXT: "@",
}
_WIDTHS: Final[Mapping[ColumnKind, int]] = {
    ColumnKind.TEXT: 24,
    ColumnKind.INTEGER: 10,
    ColumnKind.NUMBER: 14,
    ColumnKind.MONEY: 16,
    ColumnKind.PERCENT: 10,
    ColumnKind.DATE: 12,
    ColumnKind.INSTANT: 24,
    ColumnKind.BOOLEAN: 9,
    ColumnKind.LIST: 24,
    ColumnKind.JSON: 40,
}


class SheetBook:
    """A workbook of tables, written row by row to a file or a stream; `close`, or the end of a `with`, makes it.

    Instants stand in UTC, without their zone: Excel knows none; one without a zone stands as it is. Where a sheet is
    full, its table goes on in the next one, with the header again. `truncated` counts cells whose text was cut to
    Excel's limit.
    """

    def __init__(self, out: BinaryIO | str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="workbook-")
        self._book: Any = Workbook(
            out,
            {
                "constant_memory": True,
                "tmpdir": self._folder.name,
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
                "use_zip64": True,
            },
        )
        # The same rows give the same file.
        self._book.set_properties({"created": datetime(2000, 1, 1)})
        self._formats: dict[str, Any] = {}
        self._names: set[str] = set()
        self._closed = False
        self.truncated = 0

    def sheet(self, title: str, columns: Sequence[Column], *, max_rows: int = MAX_ROWS) -> Sheet:
        """Begin a table of its own. Rows of the table before can no longer be written. Raises ValueError for more
        columns than a sheet has.
        """
        if len(columns) > _MAX_COLUMNS:
            raise ValueError(f"a sheet has at most {_MAX_COLUMNS} columns")
        return Sheet(self, title, columns, max_rows)

    def add(self, title: str) -> Any:
        """Add a sheet of the library under a name that is still free."""
        name = sheet_name(title, taken=self._names)
        self._names.add(name.casefold())
        return self._book.add_worksheet(name)

    def chart(self, options: Mapping[str, Any]) -> Any:
        """Return a new chart of the library, to be inserted into a sheet or combined with another one."""
        return self._book.add_chart(dict(options))

    def format(self, number_format: str = "", *, header: bool = False) -> Any:
        """Return a format of cells, made once."""
        key = f"{header}:{number_format}"
        if key not in self._formats:
            properties: dict[str, Any] = {"num_format": number_format} if number_format else {}
            if header:
                properties |= {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}
            self._formats[key] = self._book.add_format(properties)
        return self._formats[key]

    def close(self) -> None:
        """Make the workbook."""
        if self._closed:
            return
        self._closed = True
        try:
            self._book.close()
        finally:
            self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._discard()

    def _discard(self) -> None:
        """Make nothing of it."""
        self._closed = True
        # The library warns of a workbook that was not closed.
        self._book.fileclosed = True
        self._folder.cleanup()


class Sheet:
    """A table of a workbook; made by `SheetBook.sheet`."""

    def __init__(self, book: SheetBook, title: str, columns: Sequence[Column], max_rows: int) -> None:
        self._book = book
        self._title = title
        self._columns = columns
        self._max_rows = max_rows
        self._formats = [
            book.format(_NUMBER_FORMATS[column.kind]) if column.kind in _NUMBER_FORMATS else None
            for column in columns
        ]
        self._day = book.format(_NUMBER_FORMATS[ColumnKind.DATE])
        self._instant = book.format(_NUMBER_FORMATS[ColumnKind.INSTANT])
        self._sheet: Any = None
        self._next = 0
        self.rows = 0
        """Rows written, without headers."""
        self._begin()

    def _begin(self) -> None:
        self._sheet = self._book.add(self._title)
        for number, column in enumerate(self._columns):
            self._sheet.set_column(number, number, column.width or _WIDTHS[column.kind])
        header = self._book.format(header=True)
        for number, column in enumerate(self._columns):
            self._sheet.write_string(0, number, self._text(guarded(column.header)), header)
        self._sheet.freeze_panes(1, 0)
        self._next = 1

    def row(self, cells: Sequence[Cell]) -> None:
        """Write the next row. Raises ValueError for another number of cells."""
        if len(cells) != len(self._columns):
            raise ValueError(f"a row has {len(self._columns)} cells, not {len(cells)}")
        if self._next >= self._max_rows:
            self._begin()
        for number, cell in enumerate(cells):
            if cell is not None:
                self._write(number, cell)
        self._next += 1
        self.rows += 1

    def _write(self, number: int, cell: Any) -> None:
        sheet, row, form = self._sheet, self._next, self._formats[number]
        if isinstance(cell, str):
            sheet.write_string(row, number, self._text(guarded(cell)), form)
        elif isinstance(cell, bool):
            sheet.write_boolean(row, number, cell, form)
        elif isinstance(cell, int | float | Decimal):
            text = number_text(cell)
            if len(text.lstrip("-").replace(".", "").strip("0")) > _EXACT_DIGITS:
                sheet.write_string(row, number, text, form)
            else:
                sheet.write_number(row, number, float(cell), form)
        elif isinstance(cell, datetime):
            at = cell.astimezone(UTC).replace(tzinfo=None) if cell.tzinfo else cell
            if at.date() < _FIRST_DAY:
                sheet.write_string(row, number, instant_text(cell) if cell.tzinfo else cell.isoformat(), form)
            else:
                sheet.write_datetime(row, number, at, self._instant)
        elif isinstance(cell, date):
            if cell < _FIRST_DAY:
                sheet.write_string(row, number, cell.isoformat(), form)
            else:
                sheet.write_datetime(row, number, cell, self._day)
        else:
            text = json_text(cell) if isinstance(cell, Mapping) else list_text(cell)
            sheet.write_string(row, number, self._text(guarded(text)), form)

    def _text(self, text: str) -> str:
        # A half of a pair has no form in UTF-8.
        text = text.encode("utf-8", "replace").decode() if not text.isascii() else text
        if len(text) <= MAX_CELL:
            return text
        self._book.truncated += 1
        return text[: MAX_CELL - len(_CUT)] + _CUT


def sheet_name(title: str, *, taken: set[str] | frozenset[str] = frozenset()) -> str:
    """Return a name that Excel allows, and that none of `taken` (case-folded) is."""
    base = _FORBIDDEN.sub(" ", title).strip().strip("'").strip()[:31] or "Sheet"
    # Excel keeps this one for itself.
    name = f"{base} 1" if base.casefold() == "history" else base
    number = 1
    while name.casefold() in taken:
        number += 1
        suffix = f" {number}"
        name = base[: 31 - len(suffix)].rstrip() + suffix
    return name
