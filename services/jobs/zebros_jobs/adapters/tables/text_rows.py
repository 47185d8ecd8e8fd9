"""CSV and JSON lines: formats whose rows can be written in parts and the parts put one behind the other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from zebros_jobs.adapters.tables.texts import cell_text, json_text
from zebros_jobs.domain.tables import Cell, Column, CsvStyle, FileFormat, Lines

__all__ = ["CsvLines", "JsonLines", "lines_of"]

_BOM: Final = b"\xef\xbb\xbf"
_QUOTED: Final = re.compile(r'[",;\t|\r\n]|\A\s|\s\Z')
"""Also what other programs take for a delimiter: a text must not fall into cells of its own there."""


class CsvLines:
    """CSV as RFC 4180 says, in UTF-8. Guards texts that look like formulas (`zebros_jobs.domain.formulas`)."""

    def __init__(self, columns: Sequence[Column], style: CsvStyle | None = None) -> None:
        self._columns = columns
        self._style = style or CsvStyle()

    def head(self) -> bytes:
        """Return the byte order mark, if the style wants it, and the row of headers."""
        return (_BOM if self._style.bom else b"") + self.row([column.header for column in self._columns])

    def row(self, cells: Sequence[Cell]) -> bytes:
        """Return a row. Raises ValueError for another number of cells."""
        if len(cells) != len(self._columns):
            raise ValueError(f"a row has {len(self._columns)} cells, not {len(cells)}")
        line = self._style.delimiter.join([_quoted(cell_text(cell)) for cell in cells])
        # A row of one empty cell would be an empty line, which readers leave out.
        return ((line or '""') + "\r\n").encode("utf-8", "replace")


def _quoted(text: str) -> str:
    if not _QUOTED.search(text):
        return text
    return '"' + text.replace('"', '""') + '"'


class JsonLines:
    """An object a line (NDJSON, UTF-8); empty cells are left out, and decimals are exact.

    A dot in the name of a column leads into an object: `address.city`. Nothing is guarded: no spreadsheet opens such
    a file.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self._paths = [column.name.split(".") for column in columns]

    def head(self) -> bytes:
        """Return nothing: each line says what its values are."""
        return b""

    def row(self, cells: Sequence[Cell]) -> bytes:
        """Return a row. Raises ValueError for another number of cells."""
        whole: dict[str, Any] = {}
        for path, cell in zip(self._paths, cells, strict=True):
            if cell is not None:
                at = whole
                for step in path[:-1]:
                    at = at.setdefault(step, {})
                at[path[-1]] = cell
        return (json_text(whole) + "\n").encode("utf-8", "replace")


def lines_of(file_format: FileFormat, columns: Sequence[Column], style: CsvStyle | None = None) -> Lines:
    """Return what writes rows in a format. Raises ValueError for XLSX, which is not made of lines."""
    if file_format is FileFormat.CSV:
        return CsvLines(columns, style)
    if file_format is FileFormat.JSONL:
        return JsonLines(columns)
    raise ValueError(f"{file_format} is not made of lines")
