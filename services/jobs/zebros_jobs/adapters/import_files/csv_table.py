"""CSV as people have it: any of the usual encodings and delimiters, quoted line ends, rows that are broken.

Rows are streamed. A broken row is handed out with its fault and reading goes on; only a quote that is never closed ends
the reading, since nobody can tell where the next row begins.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final, Literal, cast

from zebros_jobs.adapters.import_files.csv_lines import CsvLines, lines_of
from zebros_jobs.adapters.import_files.dialects import (
    sniff_delimiter,
    sniff_header,
    sniff_newline,
    sniff_quote,
)
from zebros_jobs.adapters.import_files.encodings import (
    SAMPLE_BYTES,
    Encoding,
    encoding_named,
    sniff_encoding,
)
from zebros_jobs.domain.imports.problems import RowProblem
from zebros_jobs.domain.imports.source import (
    BEGINNING,
    MAX_ROW_BYTES,
    Dialect,
    DialectWish,
    FileProblemError,
    Position,
    Row,
    SourceFile,
    named_columns,
    wrong_width,
)

__all__ = ["CsvTable"]

_EMPTY: Final = "The file is empty; its first line is to name the columns."


class CsvTable:
    """An open CSV file."""

    sheets: Sequence[str] = ()

    def __init__(self, source: SourceFile, wish: DialectWish) -> None:
        """Raises FileProblemError for a file that is no table, ObjectChangedError and NotFoundError of its source."""
        self._source = source
        with source.open_at(0) as raw:
            sample = _first(raw)
        self._encoding = encoding_named(wish.encoding, sample) if wish.encoding else sniff_encoding(sample)
        text = sample[self._encoding.mark_bytes :].decode(self._encoding.codec, "replace")
        if not text.strip("\r\n\t ;,|\x00"):
            raise FileProblemError("empty-file", _EMPTY)
        quote = wish.quote or sniff_quote(text)
        delimiter = wish.delimiter or sniff_delimiter(text, quote)
        _check_characters(delimiter, quote, self._encoding)
        first = self._first_row(delimiter, quote)
        header = sniff_header(first.cells) if wish.header is None else wish.header
        self.columns: Sequence[str] = named_columns(first.cells, header=header)
        self.dialect = Dialect(
            format="csv",
            encoding=self._encoding.name,
            bom=self._encoding.mark_bytes > 0,
            delimiter=delimiter,
            quote=quote,
            newline=cast(Literal["\r\n", "\n", "\r"], sniff_newline(text)),
            header=header,
        )
        self.total_bytes = source.size_bytes
        start = Position(self._encoding.mark_bytes, 1, 0)
        self._begin = Position(first.end.offset, first.end.line, 0) if header else start
        self.read_bytes = self._begin.offset

    def rows(self, start: Position = BEGINNING) -> Iterator[Row]:
        """See `Table`."""
        begin = self._begin if start == BEGINNING else start
        self.read_bytes = begin.offset
        width = len(self.columns)
        for row in self._parsed(begin, self.dialect.delimiter, self.dialect.quote):
            self.read_bytes = row.end.offset
            if row.fault is None and len(row.cells) != width:
                row.fault = wrong_width(len(row.cells), width)
            yield row

    def verify(self) -> None:
        """Every row tells itself whether it is damaged."""

    def close(self) -> None:
        """There is nothing to give back: each iteration of the rows has a stream of its own."""

    def _first_row(self, delimiter: str, quote: str) -> Row:
        start = Position(self._encoding.mark_bytes, 1, 0)
        first = next(self._parsed(start, delimiter, quote), None)
        if first is None:
            raise FileProblemError("empty-file", _EMPTY)
        if first.fault is not None:
            raise FileProblemError("not-a-table", f"The first line cannot be read: {first.fault.message}.")
        return first

    def _parsed(self, start: Position, delimiter: str, quote: str) -> Iterator[Row]:
        # The limit on fields is global and low; ours is on rows.
        csv.field_size_limit(2 * MAX_ROW_BYTES)
        with self._source.open_at(start.offset) as raw:
            lines = lines_of(raw, self._encoding, quote, offset=start.offset, line=start.line)
            reader = csv.reader(lines, delimiter=delimiter, quotechar=quote, strict=True)
            number = start.number
            while True:
                lines.begin_row()
                fault: RowProblem | None = None
                cells: list[str] = []
                try:
                    cells = next(reader)
                except StopIteration:
                    if not lines.too_long:
                        return
                except csv.Error as error:
                    if not lines.too_long:
                        if lines.at_end and "unexpected end of data" in str(error):
                            raise _never_closed(lines.row_line) from error
                        fault = _broken_quoting(lines, error)
                        cells = _leniently(lines.row_text(), delimiter, quote)
                except UnicodeDecodeError as error:
                    raise FileProblemError(
                        "not-a-table", f"Line {lines.row_line}: the file ends in the middle of a character."
                    ) from error
                if lines.too_long:
                    if lines.open_quote:
                        raise _never_closed(lines.row_line)
                    cells = _leniently(lines.excerpt, delimiter, quote)
                    fault = RowProblem("row-too-long", f"the row is longer than {MAX_ROW_BYTES:,} bytes")
                elif fault is None:
                    if not any(cells) or not any(cell.strip() for cell in cells):
                        continue
                    if lines.at_fault:
                        fault = RowProblem("row-encoding", f"the row is not in {self._encoding.name}")
                    elif any("\0" in cell for cell in cells):
                        fault = RowProblem("row-nul", "the row has NUL characters")
                number += 1
                yield Row(number, lines.row_line, cells, Position(lines.offset, lines.line, number), fault)


def _first(raw: BinaryIO) -> bytes:
    """Read as much as is looked at; one read may give less."""
    sample = b""
    while len(sample) < SAMPLE_BYTES and (more := raw.read(SAMPLE_BYTES - len(sample))):
        sample += more
    return sample


def _check_characters(delimiter: str, quote: str, encoding: Encoding) -> None:
    """Raise FileProblemError for a delimiter and a quote by which no row can be read."""
    if delimiter == quote or {delimiter, quote} & {"\r", "\n", "\0"}:
        raise FileProblemError(
            "unusable-dialect",
            "Delimiter and quote have to be two characters, neither of them an end of line.",
        )
    try:
        f"{delimiter}{quote}".encode(encoding.codec)
    except UnicodeEncodeError as error:
        raise FileProblemError(
            "unusable-dialect", f"{encoding.name}, which the file is in, lacks the delimiter or the quote."
        ) from error


def _never_closed(line: int) -> FileProblemError:
    return FileProblemError(
        "quote-never-closed",
        f"Line {line}: a quote is opened and never closed; nothing from there on was read.",
    )


def _broken_quoting(lines: CsvLines[Any], error: csv.Error) -> RowProblem:
    last = lines.line - 1
    extent = f"; lines {lines.row_line} to {last} were read as one" if last > lines.row_line else ""
    return RowProblem("row-quoting", "the quoting is broken", hint=f"{error}{extent}")


def _leniently(text: str, delimiter: str, quote: str) -> list[str]:
    """Return a broken row's cells as well as they can be told, for the file of rejected rows."""
    text = text.rstrip("\r\n")
    try:
        return next(csv.reader([text], delimiter=delimiter, quotechar=quote), [text])
    except csv.Error:
        return [text]
