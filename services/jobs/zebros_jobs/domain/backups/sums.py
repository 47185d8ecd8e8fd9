"""By what two states of a tenant are compared: how many records, and a hash of what they say.

The hash of a record is SHA-256 of its id and its business and personal fields; that of many is their sum modulo 2^256,
so that it does not depend on the order in which they are read and can be added up in parts. The system's fields, such
as versions and times of change, are no part of it: a record that was put back is a new version of the same record.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

__all__ = ["SIDE_DATA", "Sum", "told", "told_fields"]

SIDE_DATA: Final = frozenset({"lines"})
"""What lies beside records and is part of what they say. Comments and the stages that a deal has entered are not: they
come from different people at different times, and putting a record back adds those that are missing and takes none
away.
"""
_MODULUS: Final = 1 << 256


@dataclass(slots=True)
class Sum:
    """Count and hash of some records."""

    count: int = 0
    total: int = 0

    def add(self, id: str, values: Mapping[str, Any]) -> None:
        """Count a record by its id and what it says."""
        text = json.dumps(
            [id, _plain(values)], sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode("utf-8", "surrogatepass")
        self.count += 1
        self.total = (self.total + int.from_bytes(hashlib.sha256(text).digest(), "big")) % _MODULUS

    @property
    def hash(self) -> str:
        """Return the hash in hexadecimal digits."""
        return f"{self.total:064x}"

    @property
    def state(self) -> dict[str, Any]:
        """Return count and hash as JSON values."""
        return {"count": self.count, "hash": self.hash}

    @classmethod
    def of(cls, state: Mapping[str, Any] | None) -> Sum:
        """Return the sum that `state` said; an empty one of None."""
        return cls() if state is None else cls(int(state["count"]), int(state["hash"], 16))


def told_fields(fields: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """Return the names of business and personal fields of an entity, as its door describes them, and of side data."""
    told = {name for name, field in fields.items() if field["classification"] in {"business", "personal"}}
    return frozenset(told) | SIDE_DATA


def told(record: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    """Return what a record says: those of its fields."""
    return {name: value for name, value in record.items() if name in fields}


def _plain(value: Any) -> Any:
    """Return a JSON value in which 1 and 1.0 are the same number, and nothing is as good as none."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        return {name: _plain(member) for name, member in members.items() if member not in (None, [], {})}
    if isinstance(value, list):
        return [_plain(each) for each in cast("list[Any]", value)]
    return value
