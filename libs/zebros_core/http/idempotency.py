"""Idempotency-Key: the same key and request give the same outcome; another request is refused."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from zebros_core.errors import BadRequestError, FieldError
from zebros_core.tenancy import TenantContext

_KEY = re.compile(r"[A-Za-z0-9._:+/=-]{1,128}")


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A client's key and the fingerprint (SHA-256, hex) of the request it came with."""

    key: str
    fingerprint: str


class IdempotencyClaim(Protocol):
    """The right to carry out a request, or what came of it."""

    @property
    def outcome(self) -> bytes | None:
        """The kept outcome; None when the request is ours to carry out."""
        ...


C = TypeVar("C", bound=IdempotencyClaim)


class IdempotencyRecords(Protocol[C]):
    """Where outcomes of one tenant's non-creating POSTs are kept for 24 hours."""

    def claim(self, route: str, key: str, fingerprint: str) -> C:
        """Claim ``key`` for the operation ``route``.

        Raises IdempotencyKeyReusedError for another fingerprint, ConflictError while the first request still
        runs.
        """
        ...

    def complete(self, claim: C, outcome: bytes) -> None:
        """Keep ``outcome``."""
        ...

    def release(self, claim: C) -> None:
        """Give the key back: the request changed nothing."""
        ...


RecordsFactory = Callable[[TenantContext], IdempotencyRecords[Any]]


def parse_idempotency_key(header: str) -> str:
    """Return the key, without the quotes of a structured header. Raises BadRequestError."""
    text = header.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if not _KEY.fullmatch(text):
        message = "a key is 1 to 128 characters out of A-Z a-z 0-9 . _ : + / = -"
        raise BadRequestError(message, fields=(FieldError("Idempotency-Key", "invalid_key", message),))
    return text


def fingerprint(user_id: str, operation: str, path: Mapping[str, str], query: str, document: Any) -> str:
    """Return a hash of what makes two requests the same: who, what, on which record, with which values.

    The body counts by its values, so that another spacing or order of members is the same request. Half of a SHA-256
    tells requests apart just as well, and each record that was created with a key keeps it.
    """
    parts = [user_id, operation, sorted(path.items()), query, document]
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
