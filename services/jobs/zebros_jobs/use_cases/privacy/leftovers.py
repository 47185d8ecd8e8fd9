"""Whether what a service still says of a person is anything of theirs, or the place where it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from zebros_core.privacy.redaction import ERASED
from zebros_core.privacy.subject import Subject
from zebros_core.privacy.texts import REPLACED, Sought

__all__ = ["is_left"]


def is_left(item: Mapping[str, Any], subject: Subject, sought: Sought) -> bool:
    """Tell whether a collected item still holds something of the person.

    Anything does that names them, and their own record with a personal value in it; one that is a tombstone without
    such values does not.
    """
    data = item["data"]
    if sought.found_in(data):
        return True
    if item["id"] not in subject.ids:
        return False
    classes: Mapping[str, str] = item["classification"]
    return any(
        _says_something(_at(data, name.split(".")))
        for name, kind in classes.items()
        # A value whose own fields are classified is looked at field by field.
        if kind == "personal" and not any(other.startswith(f"{name}.") for other in classes)
    )


def _at(value: Any, path: list[str]) -> Any:
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = cast("Mapping[str, Any]", value).get(name)
    return value


def _says_something(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_says_something, cast("Mapping[str, Any]", value).values()))
    if isinstance(value, list):
        return any(map(_says_something, cast("list[Any]", value)))
    return bool(value) and value not in (ERASED, REPLACED)
