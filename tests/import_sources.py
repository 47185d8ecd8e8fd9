"""Files of imports for tests: bytes as an uploaded object, workbooks as other programs write them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from typing import Any, BinaryIO

from zebros_jobs.adapters.import_files.opening import open_table
from zebros_jobs.domain.imports.source import DialectWish, Row, SourceFile, Table


class _Stingy(io.RawIOBase):
    """A stream that gives at most so many bytes a read, as a connection may."""

    def __init__(self, data: bytes, start: int, most: int) -> None:
        super().__init__()
        self._data = io.BytesIO(data)
        self._data.seek(start)
        self._most = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self._data.read(min(len(buffer), self._most))
        buffer[: len(data)] = data
        return len(data)


def source_of(content: bytes, *, most: int = 1 << 20, opened: list[int] | None = None) -> SourceFile:
    """Return a file of this content; `opened` gets the bytes from which it was opened."""

    def open_at(start: int) -> BinaryIO:
        if opened is not None:
            opened.append(start)
        return _Stingy(content, start, most)  # type: ignore[return-value]

    return SourceFile("table", len(content), open_at)


def table_of(content: bytes, *, most: int = 1 << 20, **wish: Any) -> Table:
    """Open a file as a table."""
    return open_table(source_of(content, most=most), DialectWish(**wish))


def rows_of(content: bytes, **wish: Any) -> list[Row]:
    """Return all rows of a file."""
    return list(table_of(content, **wish).rows())


def workbook(*sheets: tuple[str, Iterable[Sequence[Any]]]) -> bytes:
    """Return a workbook as openpyxl writes it, an independent reading of the standard."""
    import openpyxl

    book: Any = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def workbook_with_shared_texts(rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a workbook of one sheet whose cells share their texts, as Excel writes it."""
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("S")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, list(row))
    return out.getvalue()


def repacked(content: bytes, change: Callable[[str, bytes], bytes | None], **more: bytes) -> bytes:
    """Return a workbook whose parts are changed: None leaves one out; `more` are parts to add."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = change(info.filename, old.read(info))
            if data is not None:
                new.writestr(info.filename, data)
        for name, data in more.items():
            new.writestr(name, data)
    return out.getvalue()
