"""The texts that the cells of a workbook share, kept in a file: there may be millions, and memory is to be constant.

They are read as far as they are asked for, so that the first rows of a large workbook can be shown at once.
"""

from __future__ import annotations

import os
import tempfile
from array import array
from typing import Any, Final

from zebros_jobs.adapters.import_files.workbook_package import Package, fed, local_name, new_parser
from zebros_jobs.domain.imports.source import MAX_ROW_BYTES

__all__ = ["SharedStrings"]

_KEPT: Final = 4_096
_KEPT_LENGTH: Final = 200


class SharedStrings:
    """The shared texts by their numbers."""

    def __init__(self, package: Package, part: str) -> None:
        self._chunks = package.chunks(part) if package.has(part) else iter(())
        self._parser: Any = new_parser()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._file = tempfile.TemporaryFile(prefix="strings-")  # noqa: SIM115 - closed with the table
        self._ends = array("Q", [0])
        self._written = 0
        self._pending: list[bytes] = []
        self._kept: dict[int, str] = {}
        self._text: list[str] = []
        self._length = 0
        self._inside = False
        self._phonetic = False
        self._done = False

    def get(self, number: int) -> str | None:
        """Return a text; None for a number that there is not."""
        kept = self._kept.get(number)
        if kept is not None:
            return kept
        while number >= len(self._ends) - 1 and not self._done:
            self._read_on()
        if not 0 <= number < len(self._ends) - 1:
            return None
        start, end = self._ends[number], self._ends[number + 1]
        text = os.pread(self._file.fileno(), end - start, start).decode("utf-8", "surrogatepass")
        if len(text) <= _KEPT_LENGTH:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[number] = text
        return text

    def close(self) -> None:
        """Remove the file."""
        self._file.close()

    def _read_on(self) -> None:
        chunk = next(self._chunks, None)
        if chunk is None:
            self._done = True
        else:
            fed(self._parser, chunk, False)
        if self._pending:
            self._file.write(b"".join(self._pending))
            self._file.flush()
            self._pending.clear()

    def _start(self, tag: str, attributes: object) -> None:
        del attributes
        name = local_name(tag)
        if name == "si":
            self._text.clear()
            self._length = 0
        elif name == "rPh":
            self._phonetic = True
        elif name == "t":
            self._inside = not self._phonetic

    def _end(self, tag: str) -> None:
        name = local_name(tag)
        if name == "t":
            self._inside = False
        elif name == "rPh":
            self._phonetic = False
        elif name == "si":
            data = "".join(self._text).encode("utf-8", "surrogatepass")
            self._pending.append(data)
            self._written += len(data)
            self._ends.append(self._written)

    def _characters(self, text: str) -> None:
        # What is beyond is a row that is too long anyway.
        if self._inside and self._length <= MAX_ROW_BYTES:
            self._text.append(text)
            self._length += len(text)
