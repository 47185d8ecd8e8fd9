"""What differs between the wanted realm and the real one, and how each difference is repaired."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# Keycloak gives these back masked or not at all, and nobody should read them in a log.
SECRET_FIELDS = frozenset({"secret", "password"})
_SHOWN_CHARACTERS = 120


@dataclass(frozen=True)
class Difference:
    """One thing of the realm that is not as the file wants it. ``repair`` makes it so."""

    part: str
    subject: str
    details: tuple[str, ...]
    repair: Callable[[], None] = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.part}: {self.subject}: {'; '.join(self.details)}"


def compare(wanted: Mapping[str, Any], current: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Say for each field of ``wanted`` in which ``current`` differs what it is and what it should be.

    Fields that only ``current`` has are its own business. Lists of texts are sets, as Keycloak keeps them; a missing
    field is the same as an empty one, which Keycloak drops.
    """
    for name, value in wanted.items():
        there = current.get(name)
        if name in SECRET_FIELDS:
            continue
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            yield from compare(value, there, f"{prefix}{name}.")
        elif _normal(value) != _normal(there):
            yield f"{prefix}{name} is {_shown(there)}, should be {_shown(value)}"


def overlay(wanted: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``current`` with the fields of ``wanted`` laid over it, field by field in nested objects."""
    merged = dict(current)
    for name, value in wanted.items():
        there = merged.get(name)
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            merged[name] = overlay(value, there)
        else:
            merged[name] = value
    return merged


def _normal(value: Any) -> Any:
    if value in (None, "", [], {}):
        return None
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return sorted(value)
    return value


def _shown(value: Any) -> str:
    text = "unset" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
