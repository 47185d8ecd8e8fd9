"""The lines of a text file one by one, each with its length in bytes, so that reading can go on at any row.

A row may have several lines, where a quoted cell holds an end of line. One that is longer than is taken is not held:
its quotes are counted until it ends.
"""

from __future__ import annotations

import codecs
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, Generic, TypeVar

from zebros_jobs.adapters.import_files.dialects import LINES
from zebros_jobs.adapters.import_files.encodings import Encoding
from zebros_jobs.domain.imports.source import MAX_ROW_BYTES

__all__ = ["CsvLines", "lines_of"]

_BLOCK_BYTES: Final = 256 * 1024
_LONE_HALF: Final = re.compile("[\ud800-\udfff]")
_EXCERPT: Final = 300
"""Characters that are kept of a row which is too long."""

T = TypeVar("T", bytes, str)


class CsvLines(ABC, Generic[T]):
    """An iterator of lines for a reader of rows. `begin_row` is called before each row.

    ``offset`` and ``line`` are where the next line begins. Of the present row are known: ``row_line`` where it began,
    ``at_fault`` whether bytes of it are no text, ``too_long`` whether it was longer than is taken and so was cut.
    """

    def __init__(self, raw: BinaryIO, encoding: Encoding, quote: T, *, offset: int, line: int) -> None:
        self._raw = raw
        self._encoding = encoding
        self._quote: T = quote
        self._parts: list[T] = []
        self._row_bytes = 0
        self._source: Iterator[tuple[T, int, bool]] = self._pieces()
        self.offset = offset
        self.line = line
        self.row_line = line
        self.at_fault = False
        self.too_long = False
        self.at_end = False
        self.excerpt = ""

    def begin_row(self) -> None:
        """Forget the row before."""
        self._parts.clear()
        self._row_bytes = 0
        self.row_line = self.line
        self.at_fault = self.too_long = False

    def row_text(self) -> str:
        """Return the lines of the present row as one text."""
        return "".join([self._text(part) for part in self._parts])

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            piece, length, whole = next(self._source)
        except StopIteration:
            self.at_end = True
            raise
        self.offset += length
        self._row_bytes += length
        if not whole or self._row_bytes > MAX_ROW_BYTES:
            self._cut(piece, whole)
            raise StopIteration
        self.line += 1
        self._parts.append(piece)
        return self._text(piece)

    def _cut(self, piece: T, whole: bool) -> None:
        """Go to the end of a row that is too long: an end of line outside of quotes."""
        self.too_long = True
        held: Any = self._parts
        first = self._parts[0] if held else piece
        self.excerpt = self._text(first[: 4 * _EXCERPT])[:_EXCERPT]
        quotes = sum(part.count(self._quote) for part in self._parts) + piece.count(self._quote)
        self.line += whole
        while not (whole and quotes % 2 == 0):
            try:
                piece, length, whole = next(self._source)
            except StopIteration:
                self.at_end = True
                break
            self.offset += length
            self.line += whole
            quotes += piece.count(self._quote)
        self.open_quote = quotes % 2 == 1

    open_quote = False
    """Whether a row that was cut ended inside of a quote, and so with the file."""

    @abstractmethod
    def _pieces(self) -> Iterator[tuple[T, int, bool]]:
        """Give each line with its bytes and True; of one that is too long pieces with False, all but the last."""

    @abstractmethod
    def _text(self, piece: T) -> str:
        """Return a line as text, and note what is none."""


class _NarrowLines(CsvLines[bytes]):
    """Lines of an encoding in which a line ends at the byte of its character."""

    def _pieces(self) -> Iterator[tuple[bytes, int, bool]]:
        pending = b""
        while block := self._raw.read(_BLOCK_BYTES):
            lines = (pending + block).splitlines(keepends=True)
            # Behind a carriage return, a line feed may follow in the next block.
            pending = b"" if lines[-1].endswith(b"\n") else lines.pop()
            for line in lines:
                yield line, len(line), True
            if len(pending) > MAX_ROW_BYTES:
                yield pending, len(pending), False
                pending = b""
        if pending:
            yield pending, len(pending), True

    def _text(self, piece: bytes) -> str:
        codec = self._encoding.codec
        try:
            return piece.decode(codec)
        except UnicodeDecodeError:
            self.at_fault = True
            return piece.decode(codec, "surrogateescape")


class _WideLines(CsvLines[str]):
    """Lines of UTF-16."""

    def _pieces(self) -> Iterator[tuple[str, int, bool]]:
        decoder = codecs.getincrementaldecoder(self._encoding.codec)("surrogatepass")
        pending = ""
        while block := self._raw.read(_BLOCK_BYTES):
            # An object's reader may give an odd number of bytes; the decoder keeps the half for the next block.
            lines: list[str] = LINES.findall(pending + decoder.decode(block))
            pending = "" if not lines or lines[-1].endswith("\n") else lines.pop()
            for line in lines:
                yield line, _wide_bytes(line), True
            if len(pending) > MAX_ROW_BYTES:
                yield pending, _wide_bytes(pending), False
                pending = ""
        if pending:
            yield pending, _wide_bytes(pending), True

    def _text(self, piece: str) -> str:
        if _LONE_HALF.search(piece):
            self.at_fault = True
        return piece


def _wide_bytes(text: str) -> int:
    return 2 * len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass"))


def lines_of(raw: BinaryIO, encoding: Encoding, quote: str, *, offset: int, line: int) -> CsvLines[Any]:
    """Return the lines of a stream that stands at byte `offset` of its file, the beginning of line `line`."""
    if encoding.is_wide:
        return _WideLines(raw, encoding, quote, offset=offset, line=line)
    return _NarrowLines(raw, encoding, quote.encode(encoding.codec), offset=offset, line=line)
