"""Whether a file names a person: texts in any usual encoding, tables, and what is packed in gzip, ZIP and workbooks.

A text names somebody by an address, by a full name, or by the parts of a full name in cells of one row, as tables have
them. Memory is constant whatever the size of the file, and what is unpacked is bounded: a file that says it holds more
is not searched to its end, and neither is one that nobody can read, such as a PDF or a broken archive. What becomes of
those is for the caller to say.
"""

from __future__ import annotations

import codecs
import lzma
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import IO, Any, Final, cast

from zebros_core.privacy.subject import Subject
from zebros_core.privacy.texts import Sought

__all__ = ["FileSearch", "Finding"]

CHUNK_BYTES: Final = 1024 * 1024
OVERLAP: Final = 1024
"""Characters that are looked at again with the next chunk: longer than any address or name."""
LONGEST_ROW: Final = 256 * 1024
"""Characters of a row; of a longer one the parts of a name may be missed in cells that are further apart."""
MOST_UNPACKED_BYTES: Final = 8 * 1024**3
MOST_MEMBERS: Final = 50_000
_MOST_DIRECTORY_BYTES: Final = 16 * 1024 * 1024
MOST_PACKED_BYTES: Final = 1024**3
"""A larger archive is not searched: it has to be laid down for that."""
_SPOOLED_BYTES: Final = 16 * 1024 * 1024
_DEPTH: Final = 2
"""An archive in an archive is searched: a workbook in the archive of a person. Not one in that."""

_CELL_MARKS: Final = str.maketrans(dict.fromkeys(';|"\t', " "))
_ZIP: Final = b"PK\x03\x04"
_EMPTY_ZIP: Final = b"PK\x05\x06"
_GZIP: Final = b"\x1f\x8b"
_PDF: Final = b"%PDF-"
_HEAD_BYTES: Final = 4096
_LEAST_LETTERS: Final = 5
_WORDS: Final = re.compile(r"\w+")
_ESCAPED: Final = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|(?=\"))")


class Finding(StrEnum):
    """What a search came to. `unknown`: nobody can tell."""

    NAMED = "named"
    CLEAN = "clean"
    UNKNOWN = "unknown"


class FileSearch:
    """Searches files for one person. `goes_on` is called now and then and may raise what is to stop the search."""

    def __init__(
        self, subject: Subject, *, ids: Iterable[str] = (), goes_on: Callable[[], None] = lambda: None
    ) -> None:
        """`ids` are looked for as well as addresses and names."""
        self._sought = Sought(subject.emails, subject.names)
        self._rows = _Rows(subject.names)
        self._ids = tuple(dict.fromkeys(ids))
        self._hints = [_WORDS.findall(value.casefold()) for value in (*subject.emails, *subject.names)]
        self._goes_on = goes_on

    def search(self, file: IO[bytes]) -> Finding:
        """Search a file from where it is to its end, or to where it names the person."""
        return self._search(file, _Budget(MOST_UNPACKED_BYTES), _DEPTH)

    def _search(self, file: Any, budget: _Budget, depth: int) -> Finding:
        try:
            return self._searched(file, budget, depth)
        except _UNREADABLE:
            return Finding.UNKNOWN

    def _searched(self, file: Any, budget: _Budget, depth: int) -> Finding:
        head = _read(file, _HEAD_BYTES)
        chunks = _Chained(head, file)
        if head.startswith((_ZIP, _EMPTY_ZIP)):
            return self._in_archive(chunks, budget, depth) if depth else Finding.UNKNOWN
        if head.startswith(_GZIP):
            return self._search(_Inflated(chunks, budget), budget, depth - 1) if depth else Finding.UNKNOWN
        found = self._in_text(chunks, head)
        return Finding.UNKNOWN if found is Finding.CLEAN and head.startswith(_PDF) else found

    # -- archives ----------------------------------------------------------------------------------------------

    def _in_archive(self, file: _Chained, budget: _Budget, depth: int) -> Finding:
        with tempfile.SpooledTemporaryFile(max_size=_SPOOLED_BYTES) as copy:
            size = 0
            while chunk := file.read(CHUNK_BYTES):
                size += len(chunk)
                if size > MOST_PACKED_BYTES:
                    return Finding.UNKNOWN
                copy.write(chunk)
                self._goes_on()
            return self._in_members(copy, budget, depth)

    def _in_members(self, copy: IO[bytes], budget: _Budget, depth: int) -> Finding:
        unknown = False
        with zipfile.ZipFile(cast(IO[bytes], _LaidDown(copy))) as archive:
            members = archive.infolist()
            unknown = len(members) > MOST_MEMBERS
            if any(self._named_in(member.filename) for member in members):
                return Finding.NAMED
            for member in members[:MOST_MEMBERS]:
                with archive.open(member) as inner:
                    finding = self._search(_Counted(inner, budget), budget, depth - 1)
                if finding is Finding.NAMED:
                    return finding
                unknown = unknown or finding is Finding.UNKNOWN
        return Finding.UNKNOWN if unknown else Finding.CLEAN

    # -- texts -------------------------------------------------------------------------------------------------

    def _in_text(self, file: _Chained, head: bytes) -> Finding:
        decoders = [codecs.getincrementaldecoder(name)(errors="replace") for name in _encodings(head)]
        texts = [""] * len(decoders)
        while chunk := file.read(CHUNK_BYTES):
            self._goes_on()
            for number, decoder in enumerate(decoders):
                texts[number] += decoder.decode(chunk)
            # Most texts are the same in all of them.
            if any(map(self._named_in, dict.fromkeys(texts))):
                return Finding.NAMED
            texts = [_rest(text) for text in texts]
        return Finding.CLEAN

    def _named_in(self, text: str) -> bool:
        # What JSON escapes, as our own parts do, is read like what it stands for.
        return self._named_as_it_is(text) or ("\\" in text and self._named_as_it_is(_unescaped(text)))

    def _named_as_it_is(self, text: str) -> bool:
        # Looking for words costs a hundredth of looking for patterns, and nearly every text has not even these.
        folded = text.casefold()
        if not any(all(word in folded for word in words) for words in self._hints):
            return any(id in text for id in self._ids)
        return (
            self._sought.found_in(text)
            or any(id in text for id in self._ids)
            or self._sought.found_in(text.translate(_CELL_MARKS))
            or self._rows.name_somebody(text)
        )


_UNREADABLE: Final = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, NotImplementedError, RuntimeError, ValueError),
)
"""What a broken, encrypted, unusual or endless archive raises: nothing of it is our doing."""


class _TooMuchError(ValueError):
    """More comes out of a file than anybody wants to unpack."""


def _unescaped(text: str) -> str:
    """Return a text with the characters that JSON has escaped, once or, as JSON within JSON, more often."""
    plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else "", text)
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _rest(text: str) -> str:
    """Return what is looked at again with the next chunk: the row that is not at its end yet."""
    row = max(text.rfind("\n"), text.rfind("\r")) + 1
    return text[min(max(row, len(text) - LONGEST_ROW), max(0, len(text) - OVERLAP)) :]


def _encodings(head: bytes) -> list[str]:
    """Return the encodings in which a text may be meant; a wrong one finds nothing."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ["utf-16"]
    if head.startswith(codecs.BOM_UTF8):
        return ["utf-8"]
    if head[1::2].count(0) > len(head) // 8:
        return ["utf-16-le"]
    if head[::2].count(0) > len(head) // 8:
        return ["utf-16-be"]
    return ["utf-8", "cp1252"]


class _Rows:
    """Names whose parts stand in cells of their own: `Ada;Lovelace;…`, `{"firstName":"Ada","lastName":"Lovelace"}`."""

    def __init__(self, names: Iterable[str]) -> None:
        self._splits: list[tuple[list[str], list[tuple[re.Pattern[str], re.Pattern[str]]]]] = []
        for name in names:
            words = name.replace(",", " ").split()
            if len(words) >= 2 and sum(map(len, words)) >= _LEAST_LETTERS:
                pairs = [
                    (_cell(" ".join(words[:at])), _cell(" ".join(words[at:]))) for at in range(1, len(words))
                ]
                self._splits.append(([word.casefold() for word in words], pairs))

    def name_somebody(self, text: str) -> bool:
        """Tell whether both parts of a name are cells of one row."""
        if not self._splits:
            return False
        folded = text.casefold()
        for words, pairs in self._splits:
            if all(word in folded for word in words) and any(
                first.search(row) and last.search(row) for row in _lines(text) for first, last in pairs
            ):
                return True
        return False


def _lines(text: str) -> Iterator[str]:
    yield from re.split(r"[\r\n]+", text)


def _cell(words: str) -> re.Pattern[str]:
    edge = "[\"';,|\t<>]"
    inner = r"\s+".join(map(re.escape, words.split()))
    return re.compile(rf"(?:^|{edge})\s*{inner}\s*(?:$|{edge})", re.IGNORECASE)


# -- streams -----------------------------------------------------------------------------------------------------


class _Budget:
    """How many bytes may still be unpacked."""

    def __init__(self, size: int) -> None:
        self._left = size

    def spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise _TooMuchError


class _Chained:
    """What was read of a file already, and the rest."""

    def __init__(self, head: bytes, file: Any) -> None:
        self._head = head
        self._file = file

    def read(self, size: int) -> bytes:
        if self._head:
            head, self._head = self._head[:size], self._head[size:]
            return head
        return self._file.read(size) or b""


class _LaidDown:
    """An archive as a file. Its directory is read as a whole: one of millions of members is not."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def read(self, size: int = -1) -> bytes:
        if size > _MOST_DIRECTORY_BYTES:
            raise zipfile.BadZipFile
        return self._file.read(size)


class _Counted:
    """A member of an archive, which spends the budget."""

    def __init__(self, file: IO[bytes], budget: _Budget) -> None:
        self._file = file
        self._budget = budget

    def read(self, size: int) -> bytes:
        try:
            data = self._file.read(size)
        except OSError as error:
            raise zipfile.BadZipFile from error  # so bzip2 says that data is damaged
        self._budget.spend(len(data))
        return data


class _Inflated:
    """What a gzip file holds, of one member or of several."""

    def __init__(self, file: _Chained, budget: _Budget) -> None:
        self._file = file
        self._budget = budget
        self._inflate = zlib.decompressobj(wbits=31)
        self._packed = b""
        self._is_within = False

    def read(self, size: int) -> bytes:
        while True:
            if not self._packed:
                self._packed = self._file.read(CHUNK_BYTES)
                if not self._packed:
                    if self._is_within:
                        raise EOFError
                    return b""
                self._is_within = True
            data = self._inflate.decompress(self._packed, size)
            self._packed = self._inflate.unconsumed_tail
            if self._inflate.eof:
                self._packed = self._inflate.unused_data
                self._is_within = bool(self._packed)
                self._inflate = zlib.decompressobj(wbits=31)
            if data:
                self._budget.spend(len(data))
                return data


def _read(file: Any, size: int) -> bytes:
    """Return so many bytes, fewer at the end only."""
    data = b""
    while len(data) < size:
        more = file.read(size - len(data))
        if not more:
            break
        data += more
    return data
