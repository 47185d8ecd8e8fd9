"""Which records the rows of a file have named so far: the first row of a record counts, later ones are told which."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

__all__ = ["SeenRow", "SeenRows", "key_hash"]


@dataclass(frozen=True, slots=True)
class SeenRow:
    """An earlier row of a record: its line, and a hash of all that it says."""

    line: int
    digest: int


class SeenRows(Protocol):
    """What was seen, in memory that does not grow with it."""

    def claim(self, keys: Iterable[int], line: int, digest: int) -> SeenRow | None:
        """Note a row by all its keys, unless one of them was noted before: then return that row."""
        ...

    def close(self) -> None:
        """Forget everything."""
        ...


def key_hash(kind: str, value: str) -> int:
    """Return 64 bits that stand for a value.

    Two of a million values have the same with a probability of three in a hundred million.
    """
    digest = hashlib.blake2b(f"{kind}\0{value}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
