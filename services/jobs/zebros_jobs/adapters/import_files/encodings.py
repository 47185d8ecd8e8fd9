"""The encoding of a text file, found out from its first bytes.

A byte order mark decides. Without one, bytes that are UTF-8 are UTF-8: other text is that by accident only when it has
next to nothing but ASCII. Zeros at every other place are UTF-16. What is left is taken for Windows-1252, which is what
spreadsheets of western Europe and America write; whoever has another one says so.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from zebros_jobs.domain.imports.source import FileProblemError

__all__ = ["SAMPLE_BYTES", "Encoding", "encoding_named", "sniff_encoding"]

SAMPLE_BYTES: Final = 64 * 1024
"""How much of a file is looked at."""

_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_SIGNATURES: Final = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "compressed (gzip)"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "a workbook of Excel before 2007"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"BZh", "compressed (bzip2)"),
    (b"\xfd7zXZ", "compressed (xz)"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3", "a database"),
)
_READ: Final = (
    *(
        "utf-8",
        "utf-16-le",
        "utf-16-be",
        "iso-8859-1",
        "iso-8859-2",
        "iso-8859-5",
        "iso-8859-7",
        "iso-8859-9",
    ),
    *(
        "iso-8859-15",
        "windows-1250",
        "windows-1251",
        "windows-1252",
        "windows-1253",
        "windows-1254",
        "windows-1257",
    ),
    *("koi8-r", "macintosh", "shift_jis", "euc-jp", "euc-kr", "big5", "gb18030"),
)
_ALIASES: Final[Mapping[str, str]] = {
    "utf8": "utf-8",
    "utf-8-sig": "utf-8",
    "utf-16": "utf-16-le",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "latin-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "ascii": "windows-1252",
    "cp1252": "windows-1252",
    "ansi": "windows-1252",
    "cp1250": "windows-1250",
    "cp1251": "windows-1251",
    "mac-roman": "macintosh",
    "sjis": "shift_jis",
    "gbk": "gb18030",
    "gb2312": "gb18030",
}
_CODECS: Final[Mapping[str, str]] = {
    "macintosh": "mac_roman",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
}
_SEQUENCE: Final = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_FEW_CONTROLS: Final = 4
_MOST_CONTROLS: Final = 0.02
_ZEROS: Final = 0.3


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding by the name that the world knows it by. `mark_bytes` is the length of the mark before the text."""

    name: str
    mark_bytes: int = 0

    @property
    def codec(self) -> str:
        """Python's name of it."""
        return _CODECS.get(self.name, self.name)

    @property
    def is_wide(self) -> bool:
        """Whether its units are of two bytes, so that a line does not end at a byte of its own."""
        return self.name.startswith("utf-16")

    @property
    def errors(self) -> str:
        """How bytes that are no text are kept: as something that is no text, and becomes the same bytes again."""
        return "surrogatepass" if self.is_wide else "surrogateescape"


def encoding_named(name: str, sample: bytes) -> Encoding:
    """Return the encoding that somebody names. Raises FileProblemError for one that is not read."""
    wanted = name.strip().casefold().replace("_", "-")
    wanted = _ALIASES.get(wanted, wanted)
    wanted = "shift_jis" if wanted in {"shift-jis", "cp932", "windows-31j"} else wanted
    if wanted not in _READ:
        raise FileProblemError(
            "unknown-encoding", f"The encoding {name[:40]!r} is not read; those that are: {', '.join(_READ)}."
        )
    mark = next((len(mark) for mark, of in _MARKS if sample.startswith(mark) and of == wanted), 0)
    return Encoding(wanted, mark)


def sniff_encoding(sample: bytes) -> Encoding:
    """Return the encoding of a text that begins so. Raises FileProblemError for what is no text."""
    for signature, what in _SIGNATURES:
        if sample.startswith(signature):
            raise FileProblemError(
                "not-a-table",
                f"The file is {what}, not a table. Save it as CSV or as an Excel workbook (.xlsx).",
            )
    for mark, name in _MARKS:
        if sample.startswith(mark):
            if name == "utf-32":
                raise FileProblemError("unknown-encoding", "The file is in UTF-32; save it as UTF-8.")
            return Encoding(name, len(mark))
    wide = _wide(sample)
    if wide is not None and not _is_binary(sample.decode(wide.codec, "replace").encode("utf-8", "replace")):
        return wide
    if _is_binary(sample):
        raise FileProblemError(
            "not-a-table", "The file is binary, not a table. Save it as CSV or as an Excel workbook (.xlsx)."
        )
    return Encoding("utf-8" if _is_utf_8(sample) else "windows-1252")


def _is_binary(sample: bytes) -> bool:
    return len(_CONTROL.findall(sample)) > max(_FEW_CONTROLS, _MOST_CONTROLS * len(sample))


def _wide(sample: bytes) -> Encoding | None:
    """Return UTF-16 for text most of whose characters have a byte of zero at the same side."""
    half = len(sample) // 2
    if half == 0:
        return None
    even, odd = sample[0 : 2 * half : 2].count(0), sample[1 : 2 * half : 2].count(0)
    if odd > _ZEROS * half and even < odd / 10:
        return Encoding("utf-16-le")
    if even > _ZEROS * half and odd < even / 10:
        return Encoding("utf-16-be")
    return None


def _is_utf_8(sample: bytes) -> bool:
    try:
        # The last character of the sample may be cut.
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=len(sample) < SAMPLE_BYTES)
    except UnicodeDecodeError:
        # A few lines of another encoding in a file of UTF-8 are refused by themselves.
        whole = _SEQUENCE.findall(sample)
        stray = sum(byte >= 0x80 for byte in sample) - sum(map(len, whole))
        return len(whole) > stray
    return True
