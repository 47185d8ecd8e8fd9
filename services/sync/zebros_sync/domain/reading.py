"""What a client can read: which entities it knows, and up to which version of their fields."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Reading", "reading_of"]


@dataclass(frozen=True, slots=True)
class Reading:
    """The entities that a client gets, those that it is too old for, and the number that stands for the former.

    A client that learns more starts anew, since what it was not sent before is not in any delta.
    """

    readable: frozenset[str]
    too_old_for: Mapping[str, int]
    """Entity -> the version that the client would have to know."""
    number: int


def reading_of(known: Mapping[str, int] | None, present: Mapping[str, Mapping[str, Any]]) -> Reading:
    """Return what a client can read that knows these versions, by entity; one that says nothing reads everything."""
    versions = {entity: int(described["schemaVersion"]) for entity, described in present.items()}
    if known is None:
        known = versions
    readable = {
        entity: version
        for entity, version in versions.items()
        if entity in known and known[entity] >= version
    }
    too_old = {
        entity: version for entity, version in versions.items() if entity in known and known[entity] < version
    }
    number = zlib.crc32(json.dumps(sorted(readable.items())).encode())
    return Reading(frozenset(readable), too_old, number)
