"""CSV as people have it: a byte order mark, semicolons, quoted newlines, rows that are broken.

Rows are streamed. A broken row is handed out with its fault and reading goes on; only a quote that is never
closed ends the reading, since nobody can tell where the next row starts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from zebros.errors import ImportFileError

__all__ = ["MAX_ROW_CHARS", "CsvFile", "ImportFileError", "Row"]

MAX_ROW_CHARS = 900_000
"""A longer row could not be sent: the API takes bodies up to 1 MB."""
DELIMITERS = ",;\t|"
_SAMPLE_BYTES = 64 * 1024
_SKIP_CHARS = 1 << 20
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `line` is where it starts (1 is the header); `fault` says what is wrong with its form."""

    line: int
    cells: list[str]
    fault: str | None = None
    end: int = 0
    """How many characters of the file were read when the row was complete."""


class CsvFile:
    """An open CSV file. `header` is read at once, rows as they are iterated.

    Raises ImportFileError for a file without a header.
    """

    def __init__(self, raw: BinaryIO, *, delimiter: str | None = None) -> None:
        buffered = io.BufferedReader(_Raw(raw), buffer_size=_SAMPLE_BYTES)
        sample = buffered.peek(_SAMPLE_BYTES)
        # surrogateescape keeps the bytes of rows that are not UTF-8: those are refused one by one and can be
        # written out again as they were.
        utf16 = sample.startswith(_UTF16_MARKS)
        encoding = "utf-16" if utf16 else "utf-8-sig"
        text = io.TextIOWrapper(
            buffered, encoding=encoding, errors="strict" if utf16 else "surrogateescape", newline=""
        )
        self._lines = _Lines(text)
        first = self._lines.first()
        if not first.strip():
            raise ImportFileError("the file is empty; its first line must name the columns")
        self.delimiter = delimiter or sniff_delimiter(first)
        self._lines.push_back(first)
        self._reader = csv.reader(self._lines, delimiter=self.delimiter, strict=True)
        header = next(iter(self._parsed()), None)
        if header is None or header.fault is not None:
            fault = header.fault if header else "no columns"
            raise ImportFileError(f"the first line cannot be read: {fault}")
        self.header = [name.strip() for name in header.cells]

    def rows(self) -> Iterator[Row]:
        """The rows below the header, without blank lines. Raises ImportFileError at a quote never closed."""
        width = len(self.header)
        for row in self._parsed():
            if row.fault is None and len(row.cells) != width:
                fault = f"the row has {len(row.cells)} columns, the header has {width}"
                row = Row(row.line, row.cells, fault, row.end)
            yield row

    def _parsed(self) -> Iterator[Row]:
        while True:
            self._lines.start_row()
            cells: list[str] = []
            fault: str | None = None
            # The limit on fields is global and low (128 KiB); it is lifted only while a row is parsed.
            former = csv.field_size_limit(MAX_ROW_CHARS * 2)
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                if self._lines.at_end and self._lines.open_quote(error):
                    raise self._lines.never_closed() from error
                fault = f"the quoting is broken ({error})"
            except UnicodeError as error:
                raise ImportFileError(
                    f"line {self._lines.row_line}: cannot be decoded; save the file as UTF-8"
                ) from error
            finally:
                csv.field_size_limit(former)
            if self._lines.cut:
                limit = f"the row is longer than {MAX_ROW_CHARS:,} characters"
                yield Row(self._lines.row_line, [cell[:200] for cell in cells], limit, self._lines.read_chars)
            elif fault is not None:
                yield Row(self._lines.row_line, self._leniently(), fault, self._lines.read_chars)
            elif any(cell.strip() for cell in cells):
                yield Row(self._lines.row_line, cells, _undecodable(cells), self._lines.read_chars)

    def _leniently(self) -> list[str]:
        """The broken row's cells as well as they can be told, for the file of rejected rows."""
        text = self._lines.row_text().rstrip("\r\n")
        return next(csv.reader([text], delimiter=self.delimiter), [text])


def sniff_delimiter(header: str) -> str:
    """The delimiter that the header uses most outside of quotes; a comma when it uses none."""
    outside = "".join(header.split('"')[::2])
    counts = {delimiter: outside.count(delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: counts[delimiter])
    return best if counts[best] else ","


def _undecodable(cells: list[str]) -> str | None:
    broken = any("\udc80" <= char <= "\udcff" for cell in cells for char in cell)
    return "the row is not UTF-8; save the file as UTF-8" if broken else None


class _Raw(io.RawIOBase):
    """Bytes of a stream that may be a pipe, which cannot seek."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        data = self._raw.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Lines:
    """Feeds lines to the CSV reader and remembers which ones made the current row."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._pushed: str | None = None
        self._row: list[str] = []
        self._row_chars = 0
        self._count = 0
        self.row_line = 1
        self.read_chars = 0
        self.cut = False
        self.at_end = False

    def first(self) -> str:
        try:
            return self._text.readline(MAX_ROW_CHARS)
        except UnicodeError as error:
            raise ImportFileError("the file is not text; save it as CSV in UTF-8") from error

    def push_back(self, line: str) -> None:
        self._pushed = line

    def start_row(self) -> None:
        self._row, self._row_chars, self.cut = [], 0, False
        self.row_line = self._count + 1

    def row_text(self) -> str:
        return "".join(self._row)

    def open_quote(self, error: csv.Error) -> bool:
        return "unexpected end of data" in str(error)

    def never_closed(self) -> ImportFileError:
        return ImportFileError(
            f"line {self.row_line}: a quote is opened and never closed; nothing from there on was read"
        )

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._pushed if self._pushed is not None else self._text.readline(MAX_ROW_CHARS)
        self._pushed = None
        if not line:
            self.at_end = True
            raise StopIteration
        self._count += 1
        if len(line) >= MAX_ROW_CHARS and not line.endswith("\n"):
            self.cut = True
            self._skip_rest_of_line()
        self._row.append(line)
        self._row_chars += len(line)
        self.read_chars += len(line)
        if self._row_chars > 2 * MAX_ROW_CHARS:
            raise self.never_closed()
        return line

    def _skip_rest_of_line(self) -> None:
        while True:
            rest = self._text.readline(_SKIP_CHARS)
            if not rest or rest.endswith("\n"):
                return
