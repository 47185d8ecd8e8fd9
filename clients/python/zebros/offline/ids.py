"""Ids that a device gives: ULIDs, which sort by time and are unique without asking anybody."""

from __future__ import annotations

import os
import time
from typing import Final

__all__ = ["new_record_id"]

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 26


def new_record_id() -> str:
    """Return a new ULID: 48 bits of milliseconds, 80 of chance, in Crockford's base 32."""
    value = (int(time.time() * 1000) << 80) | int.from_bytes(os.urandom(10))
    return "".join(_ALPHABET[(value >> (5 * place)) & 31] for place in reversed(range(_LENGTH)))
