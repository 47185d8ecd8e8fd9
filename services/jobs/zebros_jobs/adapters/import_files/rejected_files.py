"""Rejected rows as CSV in the dialect and encoding of the file that they came from, or as a workbook."""

from __future__ import annotations

import csv
import io
import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, BinaryIO, Final, cast

from zebros_jobs.adapters.import_files.encodings import Encoding, encoding_named
from zebros_jobs.domain.formulas import guarded, unguarded
from zebros_jobs.domain.imports.rejected import WritableFile
from zebros_jobs.domain.imports.source import Cell, Dialect
from zebros_jobs.domain.tables import Column, FileFormat

__all__ = ["RejectedFiles"]

_MARKS: Final = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
_BLOCK_CHARS: Final = 64 * 1024
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")
_SHEET_TITLE: Final = "Rejected rows"


class RejectedFiles:
    """See `RejectedWriters`."""

    def content_type(self, dialect: Dialect) -> str:
        """See `RejectedWriters`."""
        if dialect.format == "xlsx":
            return FileFormat.XLSX.content_type
        return f"text/csv; charset={dialect.encoding}"

    def write(self, out: WritableFile, dialect: Dialect, rows: Iterable[Sequence[Cell]]) -> None:
        """See `RejectedWriters`."""
        if dialect.format == "xlsx":
            _write_workbook(out, rows)
        else:
            _write_csv(out, dialect, rows)


def _write_csv(out: WritableFile, dialect: Dialect, rows: Iterable[Sequence[Cell]]) -> None:
    encoding = encoding_named(dialect.encoding, b"")
    out.write(_MARKS.get(encoding.name, b"") if dialect.bom else b"")
    block = io.StringIO(newline="")
    writer: Any = csv.writer(
        block, delimiter=dialect.delimiter, quotechar=dialect.quote, lineterminator=dialect.newline
    )
    for row in rows:
        writer.writerow([_text(cell) for cell in row])
        if block.tell() >= _BLOCK_CHARS:
            out.write(_encoded(block.getvalue(), encoding))
            block.seek(0)
            block.truncate()
    out.write(_encoded(block.getvalue(), encoding))


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        return guarded(unguarded(cell), keep_numbers=True)
    return "" if cell is None else str(cell)


def _encoded(text: str, encoding: Encoding) -> bytes:
    try:
        return text.encode(encoding.codec, encoding.errors)
    except UnicodeEncodeError:
        # A reason may have letters that the file's encoding lacks; what came from the file has none.
        return b"".join(
            line.encode(encoding.codec, encoding.errors)
            if _fits(line, encoding)
            else line.encode(encoding.codec, "replace")
            for line in text.splitlines(keepends=True)
        )


def _fits(text: str, encoding: Encoding) -> bool:
    try:
        text.encode(encoding.codec, encoding.errors)
    except UnicodeEncodeError:
        return False
    return True


def _write_workbook(out: WritableFile, rows: Iterable[Sequence[Cell]]) -> None:
    from zebros_jobs.adapters.tables.workbook import SheetBook

    # A workbook's directory is at its end and its parts are written out of order: it is made in a file.
    with tempfile.TemporaryFile(prefix="rejected-") as file:
        numbered = iter(rows)
        header = next(numbered)
        with SheetBook(cast(BinaryIO, file)) as book:
            sheet = book.sheet(_SHEET_TITLE, [Column(str(name)) for name in header])
            for row in numbered:
                cells = [_typed(cell) for cell in row[: len(header)]]
                if len(row) > len(header):
                    # A sheet's columns are fixed when it is begun.
                    more = " | ".join("" if cell is None else str(cell) for cell in row[len(header) :])
                    cells[-1] = f"{cells[-1]} (more cells: {more})"
                sheet.row(cells)
        file.seek(0)
        shutil.copyfileobj(file, cast(BinaryIO, out))


def _typed(cell: Cell) -> Any:
    """Return a cell as it was in the workbook: days and moments were read as text."""
    if not isinstance(cell, str):
        return cell
    try:
        if _DAY.fullmatch(cell):
            return date.fromisoformat(cell)
        if _MOMENT.fullmatch(cell):
            return datetime.fromisoformat(cell)
    except ValueError:
        pass
    return unguarded(cell)
