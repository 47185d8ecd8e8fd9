"""Whether a row says anything of a record that is not so already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

__all__ = ["says_nothing_new"]


def says_nothing_new(data: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    """Tell whether a record, as its owner gives it, has every value of a row. In doubt it has not.

    What differs in its spelling only, such as an instant, is left to the owner, who knows.
    """
    return all(_is(name, value, record.get(name)) for name, value in data.items())


def _is(name: str, value: Any, present: Any) -> bool:
    if isinstance(value, Mapping):
        members: Mapping[str, Any] = present if isinstance(present, Mapping) else {}  # pyright: ignore[reportUnknownVariableType]
        return says_nothing_new(cast("Mapping[str, Any]", value), members)
    if name == "tags" and isinstance(value, list):
        return sorted(set(cast("list[str]", value))) == sorted(present or [])
    # A number is no truth value, whatever Python says.
    return value == present and isinstance(value, bool) is isinstance(present, bool)
