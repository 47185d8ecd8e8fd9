"""Record ids: ULIDs (26 characters of Crockford's base 32, sortable by time of making).

Layout after https://github.com/ulid/spec: 48 bits of Unix milliseconds, then 80 random bits. Randomness comes
from the kernel at each call, never from a generator seeded at import, so that containers restored from one
snapshot differ.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING

from zebros_core.errors import BadRequestError

if TYPE_CHECKING:
    from zebros_core.clock import Clock

__all__ = ["ID_LENGTH", "check_id", "derived_id", "is_id", "new_id"]

ID_LENGTH = 26
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(high + low for high in _ALPHABET for low in _ALPHABET)
_PATTERN = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}\Z")


def _text(value: int) -> str:
    """128 bits as 26 characters; the first holds only three bits."""
    return "".join([_PAIRS[(value >> shift) & 0x3FF] for shift in range(120, -1, -10)])


def new_id(clock: Clock) -> str:
    """A fresh id stamped with the clock's present millisecond."""
    milliseconds = int(clock.now().timestamp() * 1000)
    return _text((milliseconds & 0xFFFFFFFFFFFF) << 80 | int.from_bytes(os.urandom(10), "big"))


def derived_id(*parts: str) -> str:
    """The id that these parts always give: the same parts the same id, other parts another one.

    Parts are length-prefixed before they are hashed, so that ``("ab", "c")`` and ``("a", "bc")`` differ. A
    derived id has the shape of a ULID; its time part carries no meaning.
    """
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return _text(int.from_bytes(digest.digest()[:16], "big"))


def is_id(value: object) -> bool:
    """Whether this is a well-formed id (upper case, as we make them)."""
    return isinstance(value, str) and _PATTERN.match(value) is not None


def check_id(value: str, field: str) -> str:
    """The value, if it is a well-formed id; else ``BadRequestError`` that names ``field``."""
    if _PATTERN.match(value) is None:
        raise BadRequestError.for_field(
            field, "invalid_id", f"This is not an id: {ID_LENGTH} characters, as given by us."
        )
    return value
