"""Entity tags: the version of a record, quoted (RFC 9110, section 8.8.3)."""

from __future__ import annotations

import re

from zebros_core.errors import BadRequestError, FieldError

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_VERSION = re.compile(r"[1-9]\d{0,15}")
NO_VERSION = 0
"""Matches no record: versions start at 1."""


def format_etag(version: int) -> str:
    """Return the entity tag of ``version``."""
    return f'"{version}"'


def parse_if_match(value: str) -> int | None:
    """Return the version that ``If-Match`` names, None for ``*``.

    A well-formed tag that is not one of ours, or is weak (If-Match compares strongly), names
    :data:`NO_VERSION` and so ends in a failed precondition. Raises BadRequestError for anything else, a list
    of several tags included.
    """
    text = value.strip()
    if text == "*":
        return None
    match = _TAG.fullmatch(text)
    if match is None:
        message = 'If-Match takes one entity tag, as in "3", or *'
        raise BadRequestError(message, fields=(FieldError("If-Match", "invalid_etag", message),))
    weak, tag = match.groups()
    return int(tag) if not weak and _VERSION.fullmatch(tag) else NO_VERSION


def none_match_holds(value: str, etag: str) -> bool:
    """Tell whether ``If-None-Match`` lets the request through: no tag of ``value`` equals ``etag`` (weak
    comparison).
    """
    if value.strip() == "*":
        return False
    return all(match.group().removeprefix("W/") != etag for match in _TAG.finditer(value))
