"""The Content-Disposition of a download: any file name, and no way out of the header."""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import quote

_UNSAFE: Final = re.compile(
    r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]'
)
"""Control characters, what file systems refuse, and the marks that make `exe.pdf` of `fdp.exe`."""
_LONGEST: Final = 180
_ATTR_CHARS: Final = "!#$&+-.^_`|~"
"""RFC 5987's attr-char besides letters and digits."""


def safe_file_name(name: str) -> str:
    """The name with everything unsafe replaced by `_`, shortened before its extension; `download` when
    nothing is left.
    """
    name = _UNSAFE.sub("_", unicodedata.normalize("NFC", name)).strip(" .")
    if len(name) > _LONGEST:
        stem, dot, extension = name.rpartition(".")
        if dot and len(extension) <= 16:
            name = stem[: _LONGEST - len(extension) - 1] + dot + extension
        else:
            name = name[:_LONGEST]
    return name if name.strip("_ .") else "download"


def attachment(name: str) -> str:
    """`attachment` with the name for every client (RFC 6266): ASCII in `filename`, the whole name in
    `filename*`.
    """
    name = safe_file_name(name)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9 ._()+=@~-]", "_", plain).strip()
    if not plain.strip("_ ."):
        plain = "download"
    value = f'attachment; filename="{plain}"'
    if plain != name:
        value += f"; filename*=UTF-8''{quote(name, safe=_ATTR_CHARS)}"
    return value
