"""What a workbook is packed in: a ZIP archive of XML parts, whose sizes are limited before anything is made of them.

Python's reader gives never more bytes of a part than its directory says there are, and checks their sum at the end; so
the sizes of the directory, within the limits below, are what is unpacked at most, whatever the archive holds.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Final, cast
from xml.parsers import expat

from zebros_jobs.adapters.import_files.object_bytes import ObjectBytes
from zebros_jobs.domain.imports.source import FileProblemError, SourceFile

__all__ = ["MAX_WORKBOOK_BYTES", "Package", "local_name", "new_parser", "parse_part", "whole_number"]

MAX_WORKBOOK_BYTES: Final = 512 * 1024 * 1024
_MAX_PARTS: Final = 5_000
_MAX_DIRECTORY: Final = 2 * 1024 * 1024
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""How parts of workbooks are packed; other methods raise errors of their own on damaged data."""
_MAX_UNPACKED: Final = 4 * 1024**3
_MAX_STRINGS: Final = 512 * 1024 * 1024
_MAX_SMALL_PART: Final = 32 * 1024 * 1024
_RATIO_FROM_BYTES: Final = 16 * 1024 * 1024
_MAX_RATIO: Final = 300
"""XML of spreadsheets shrinks to a tenth or a thirtieth; what shrinks to a three hundredth was made to."""
_CHUNK_BYTES: Final = 64 * 1024
_MAX_DIGITS: Final = 10
_DAMAGED: Final = "The workbook is damaged: open it in a spreadsheet program and save it again."


class _ArchiveBytes(ObjectBytes):
    """The bytes of an archive. Its directory is read as a whole, so one of millions of parts is refused before."""

    def readinto(self, buffer: Any, /) -> int:
        if len(buffer) > _MAX_DIRECTORY:
            raise _bomb()
        return super().readinto(buffer)


class Package:
    """The parts of a workbook. Raises FileProblemError for what is none, or unpacks to more than is taken."""

    def __init__(self, source: SourceFile) -> None:
        if source.size_bytes > MAX_WORKBOOK_BYTES:
            raise FileProblemError(
                "too-large",
                f"A workbook of more than {MAX_WORKBOOK_BYTES // 1024**2} MB is not read; save it as CSV.",
            )
        with _damage():
            self._zip = zipfile.ZipFile(cast(BinaryIO, _ArchiveBytes(source)))
        self._parts = {_clean(info.filename): info for info in self._zip.infolist()}
        if "[Content_Types].xml" not in self._parts or not any(
            name.startswith("xl/") for name in self._parts
        ):
            raise FileProblemError(
                "not-a-table",
                "The file is a ZIP archive and not a workbook. Unpack it and upload the table that is in it.",
            )
        self._check_sizes()

    def has(self, name: str) -> bool:
        """Tell whether there is such a part."""
        return name in self._parts

    def size(self, name: str) -> int:
        """Return how many bytes a part unpacks to."""
        return self._parts[name].file_size

    def chunks(self, name: str) -> Iterator[bytes]:
        """Give the bytes of a part. Raises FileProblemError for one that is missing or damaged."""
        info = self._parts.get(name)
        if info is None:
            raise FileProblemError("damaged-workbook", _DAMAGED)
        with _damage(), self._zip.open(info) as part:
            while chunk := part.read(_CHUNK_BYTES):
                yield chunk

    def verify(self, name: str) -> None:
        """Unpack a part to its end, so that a damaged one is known before anything is done with its beginning."""
        for _ in self.chunks(name):
            pass

    def close(self) -> None:
        """Give the archive back."""
        self._zip.close()

    def _check_sizes(self) -> None:
        if len(self._parts) > _MAX_PARTS:
            raise _bomb()
        if sum(info.file_size for info in self._parts.values()) > _MAX_UNPACKED:
            raise _bomb()
        for name, info in self._parts.items():
            if info.flag_bits & 0x1:
                raise FileProblemError("encrypted", "The workbook has a password; save it without one.")
            if info.compress_type not in _METHODS:
                raise FileProblemError("damaged-workbook", _DAMAGED)
            packed = max(1, info.compress_size)
            if info.file_size > _RATIO_FROM_BYTES and info.file_size > _MAX_RATIO * packed:
                raise _bomb()
            if info.file_size > _LIMITS.get(name, _MAX_UNPACKED):
                raise _bomb()


_LIMITS: Final = {
    "xl/workbook.xml": _MAX_SMALL_PART,
    "xl/_rels/workbook.xml.rels": _MAX_SMALL_PART,
    "xl/styles.xml": _MAX_SMALL_PART,
    "xl/sharedStrings.xml": _MAX_STRINGS,
}


def _clean(name: str) -> str:
    return posixpath.normpath(name.replace("\\", "/")).lstrip("/")


def _bomb() -> FileProblemError:
    return FileProblemError(
        "unpacks-too-large",
        "The workbook unpacks to far more than its size, or than is read; save the sheet as CSV.",
    )


_DAMAGES: Final = (
    *(zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, expat.ExpatError),
    # What Python's reader of archives lets through: headers that are cut, names that are no text.
    *(struct.error, UnicodeDecodeError),
)


@contextmanager
def _damage() -> Iterator[None]:
    try:
        yield
    except _DAMAGES as error:
        raise FileProblemError("damaged-workbook", _DAMAGED) from error


def new_parser() -> Any:
    """Return a parser of XML that refuses what no part of a workbook has: a document type, and so entities."""
    parser: Any = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise FileProblemError("damaged-workbook", _DAMAGED)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def whole_number(text: str) -> int | None:
    """Return a number or an id of a workbook's XML; None for a text that is none, or a longer one than there are."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS else None


def local_name(name: str) -> str:
    """Return the name of an element or attribute without its namespace."""
    return name.rpartition(" ")[2]


def parse_part(
    package: Package,
    name: str,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
) -> None:
    """Parse a small part whole; the handlers get local names."""
    parser = new_parser()
    parser.StartElementHandler = lambda tag, attributes: start(
        local_name(tag), {local_name(key): value for key, value in attributes.items()}
    )
    if end is not None:
        parser.EndElementHandler = lambda tag: end(local_name(tag))
    with _damage():
        for chunk in package.chunks(name):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)


def fed(parser: Any, chunk: bytes, last: bool) -> None:
    """Give a parser bytes. Raises FileProblemError for what is no XML."""
    with _damage():
        parser.Parse(chunk, last)
