"""Composite key texts: parts joined by ``#``, in a way that can always be taken apart again."""

from __future__ import annotations

import re
from typing import Final

from zebros_core.errors import BadRequestError

__all__ = ["NO_PARENT", "SEPARATOR", "compose", "escape_part", "scope", "split", "unscope"]

SEPARATOR: Final = "#"
NO_PARENT: Final = "~"
"""The sort key of a record that has no parent; no id is equal to it."""

_FORBIDDEN = re.compile(r"[#\x00-\x1f\x7f]")
_ESCAPED = re.compile(r"[%#\x00-\x1f\x7f]")


def compose(*parts: str, field: str = "id") -> str:
    """The parts as one key; a part that is empty or has a ``#`` or control character is a
    ``BadRequestError``.
    """
    for part in parts:
        # The first test answers for most keys, and much faster.
        plain = part.isprintable() and SEPARATOR not in part
        if not part or (not plain and _FORBIDDEN.search(part)):
            raise BadRequestError.for_field(
                field, "invalid_characters", "It must not be empty or hold '#' or control characters."
            )
    return SEPARATOR.join(parts)


def split(key: str, count: int) -> tuple[str, ...]:
    """The parts of a composed key; ``ValueError`` when it has not exactly ``count``."""
    parts = tuple(key.split(SEPARATOR))
    if len(parts) != count:
        raise ValueError(f"a key of {count} parts was expected")
    return parts


def escape_part(text: str) -> str:
    """Any text as a part: ``%``, ``#`` and control characters are percent-encoded, so different texts stay
    different.
    """
    return _ESCAPED.sub(lambda match: f"%{ord(match[0]):02X}", text)


def scope(tenant_id: str, value: str) -> str:
    """A value as it is stored where only this tenant's may be found. Tenant ids hold no ``#``, so it is
    unambiguous.
    """
    return f"{tenant_id}{SEPARATOR}{value}"


def unscope(tenant_id: str, stored: str) -> str | None:
    """The value of a scoped text; None when it is another tenant's."""
    owner, separator, value = stored.partition(SEPARATOR)
    return value if separator and owner == tenant_id else None
