"""A sheet of an XLSX workbook as a table, in constant memory: parsed as it is unpacked, row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Final

from zebros_jobs.adapters.import_files.dialects import sniff_header
from zebros_jobs.adapters.import_files.workbook_numbers import NumberFormats
from zebros_jobs.adapters.import_files.workbook_package import (
    Package,
    fed,
    local_name,
    new_parser,
    parse_part,
    whole_number,
)
from zebros_jobs.adapters.import_files.workbook_strings import SharedStrings
from zebros_jobs.domain.imports.problems import RowProblem
from zebros_jobs.domain.imports.source import (
    BEGINNING,
    MAX_COLUMNS,
    MAX_ROW_BYTES,
    Cell,
    Dialect,
    DialectWish,
    ErrorText,
    FileProblemError,
    Position,
    Row,
    SourceFile,
    named_columns,
    wrong_width,
)

__all__ = ["WorkbookTable"]

_WORKBOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_MAX_COLUMN: Final = 16_384
_LETTERS: Final = re.compile(r"([A-Z]{1,3})[0-9]*")
_TOO_LONG: Final = RowProblem("row-too-long", f"the row is longer than {MAX_ROW_BYTES:,} bytes")


class WorkbookTable:
    """An open sheet: the first visible one, or the one that is named."""

    def __init__(self, source: SourceFile, wish: DialectWish) -> None:
        """Raises FileProblemError for a file that is no workbook, or has no such sheet."""
        self._package = Package(source)
        self.sheets: Sequence[str] = ()
        self._since_1904 = False
        self._part = self._find_sheet(wish.sheet)
        self._formats = NumberFormats(self._package, since_1904=self._since_1904)
        self._strings = SharedStrings(self._package, "xl/sharedStrings.xml")
        self.total_bytes = self._package.size(self._part)
        self.read_bytes = 0
        first = next(self._sheet_rows(0, None), None)
        if first is None:
            raise FileProblemError("empty-file", f"The sheet {self._sheet!r} is empty; choose another one.")
        at, cells, fault = first
        if fault is not None:
            raise FileProblemError("not-a-table", f"The first row cannot be read: {fault.message}.")
        header = sniff_header(cells) if wish.header is None else wish.header
        self.columns: Sequence[str] = named_columns(cells, header=header)
        self.dialect = Dialect(format="xlsx", header=header, sheet=self._sheet)
        self._begin = Position(at if header else at - 1, at + 1 if header else at, 0)

    def verify(self) -> None:
        """See `Table`."""
        self._package.verify(self._part)

    def rows(self, start: Position = BEGINNING) -> Iterator[Row]:
        """See `Table`."""
        begin = self._begin if start == BEGINNING else start
        width, number = len(self.columns), begin.number
        for at, cells, fault in self._sheet_rows(begin.offset, width):
            number += 1
            if len(cells) < width:
                cells += [None] * (width - len(cells))
            elif len(cells) > width and fault is None:
                fault = wrong_width(len(cells), width)
            yield Row(number, at, cells, Position(at, at + 1, number), fault)

    def close(self) -> None:
        """Give back the archive and the file of texts."""
        self._strings.close()
        self._package.close()

    def _find_sheet(self, wanted: str | None) -> str:
        """Return the part of the sheet to read, and note what the workbook says of itself."""
        found: list[tuple[str, str, bool]] = []
        targets: dict[str, str] = {}

        def workbook(tag: str, attributes: dict[str, str]) -> None:
            if tag == "sheet":
                visible = attributes.get("state", "visible") == "visible"
                found.append((attributes.get("name", ""), attributes.get("id", ""), visible))
            elif tag == "workbookPr":
                self._since_1904 = attributes.get("date1904") in {"1", "true"}

        def relation(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
                target = attributes.get("Target", "")
                targets[attributes.get("Id", "")] = (
                    target.lstrip("/") if target[:1] == "/" else f"xl/{target}"
                )

        parse_part(self._package, _WORKBOOK, workbook)
        parse_part(self._package, _RELATIONS, relation)
        sheets = [(name, targets[id], visible) for name, id, visible in found if id in targets]
        self.sheets = [name for name, _, _ in sheets]
        if wanted is not None:
            chosen = next((each for each in sheets if each[0] == wanted), None)
            if chosen is None:
                raise FileProblemError(
                    "unknown-sheet", f"The workbook has no such sheet; it has: {', '.join(self.sheets)}."
                )
        else:
            chosen = next((each for each in sheets if each[2]), None)
            if chosen is None:
                raise FileProblemError("empty-file", "The workbook has no sheet that can be seen.")
        self._sheet = chosen[0]
        if not self._package.has(chosen[1]):
            raise FileProblemError("damaged-workbook", "The workbook is damaged: a sheet is missing.")
        return chosen[1]

    def _sheet_rows(
        self, behind: int, width: int | None
    ) -> Iterator[tuple[int, list[Cell], RowProblem | None]]:
        """Give number, cells and fault of the rows behind one, without blank ones; without a width the first alone."""
        self.read_bytes = 0
        sheet = _SheetParser(self._formats, self._strings, behind, width)
        for chunk in chain(self._package.chunks(self._part), [b""]):
            fed(sheet.parser, chunk, not chunk)
            self.read_bytes += len(chunk)
            yield from sheet.taken()


class _SheetParser:
    """Turns the events of a sheet's XML into rows.

    A few bytes may name a cell of the last column there is, and a chunk of them thousands of such rows. So cells far
    beyond the table's width are not held, and of rows before it is known no more than the first.
    """

    def __init__(
        self, formats: NumberFormats, strings: SharedStrings, behind: int, width: int | None
    ) -> None:
        self._width = width
        self._formats = formats
        self._strings = strings
        self._behind = behind
        self._rows: list[tuple[int, list[Cell], RowProblem | None]] = []
        self._at = 0
        self._column = 0
        self._cells: list[Cell] = []
        self._fault: RowProblem | None = None
        self._length = 0
        self._skip = True
        self._is_over = False
        self._type = "n"
        self._style: str | None = None
        self._text: list[str] = []
        self._inside = False
        self._reading = False
        """Whether the text says how another one is pronounced."""
        self._names: dict[str, str] = {}
        self.parser: Any = new_parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def taken(self) -> list[tuple[int, list[Cell], RowProblem | None]]:
        """Return the rows that are complete, and forget them."""
        rows, self._rows = self._rows, []
        return rows

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = self._names.get(tag) or self._names.setdefault(tag, local_name(tag))
        if name == "c":
            if self._skip:
                return
            place = attributes.get("r")
            self._column = _column_of(place) if place is not None else self._column + 1
            self._type = attributes.get("t", "n")
            self._style = attributes.get("s")
            self._text = []
        elif name == "v" or name == "t":
            self._inside = not self._skip and not self._reading
        elif name == "rPh":
            self._reading = True
        elif name == "row":
            number = whole_number(attributes.get("r", ""))
            self._at = self._at + 1 if number is None else number
            self._skip = self._is_over or self._at <= self._behind
            self._column, self._cells, self._fault, self._length = -1, [], None, 0

    def _end(self, tag: str) -> None:
        name = self._names.get(tag) or self._names.setdefault(tag, local_name(tag))
        if name == "v" or name == "t":
            self._inside = False
        elif name == "rPh":
            self._reading = False
        elif name == "c":
            if self._text and not self._skip:
                self._take_cell("".join(self._text))
                self._text = []
        elif name == "row":
            if not self._skip and (self._fault is not None or any(map(_is_something, self._cells))):
                self._rows.append((self._at, self._cells, self._fault))
                self._is_over = self._width is None
            self._skip = True

    def _characters(self, text: str) -> None:
        if self._inside:
            self._length += len(text)
            if self._length > MAX_ROW_BYTES:
                self._fault = _TOO_LONG
            else:
                self._text.append(text)

    def _take_cell(self, text: str) -> None:
        value = self._value(text)
        if value is None or value == "":
            return
        cells, column, width = self._cells, self._column, self._width
        if width is not None and column >= width + MAX_COLUMNS:
            self._fault = wrong_width(column + 1, width)
            return
        if column < len(cells):
            cells[column] = value
            return
        cells.extend([None] * (column - len(cells)))
        cells.append(value)

    def _value(self, text: str) -> Cell:
        kind = self._type
        if kind == "s":
            number = whole_number(text)
            shared = None if number is None else self._strings.get(number)
            if shared is None:
                self._fault = RowProblem("damaged-cell", "a cell cannot be read")
            else:
                self._length += len(shared)
                if self._length > MAX_ROW_BYTES:
                    self._fault = _TOO_LONG
                    return shared[:100]
            return shared
        if kind == "n":
            try:
                return self._formats.value(text, self._style)
            except (ValueError, OverflowError):
                self._fault = RowProblem("damaged-cell", "a cell cannot be read", value=text)
                return text
        if kind == "b":
            return text.strip() in {"1", "true"}
        return ErrorText(text) if kind == "e" else text


def _is_something(cell: Cell) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def _column_of(place: str) -> int:
    """Return the number of the column that a place such as `AB12` is in, from 0 on."""
    letters = _LETTERS.match(place)
    column = 0
    for letter in letters[1] if letters else "":
        column = column * 26 + ord(letter) - 64
    if not 1 <= column <= _MAX_COLUMN:
        raise FileProblemError("damaged-workbook", "The workbook is damaged: a cell is nowhere.")
    return column - 1
