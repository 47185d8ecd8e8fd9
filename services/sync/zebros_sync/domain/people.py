"""Colleagues as devices keep them: a name to show beside a record, and nothing of what people chose for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["DEACTIVATED", "SCHEMA", "shown_person"]

DEACTIVATED: Final = "deactivated"
_SHOWN: Final = ("userId", "name", "email", "role", "teamId", "status", "version", "updatedAt")

SCHEMA: Final[Mapping[str, Any]] = {
    "schemaVersion": 1,
    "idField": "userId",
    "codes": {},
    "fields": {
        name: {
            "type": "integer" if name == "version" else "string",
            "nullable": name == "teamId",
            "writable": False,
            "classification": "personal" if name in {"name", "email"} else "business",
        }
        for name in _SHOWN
    },
}
"""The fields of a person, in the form in which owners describe their records."""


def shown_person(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Return what colleagues see of somebody."""
    return {name: snapshot[name] for name in _SHOWN if name in snapshot}
