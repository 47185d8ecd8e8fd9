"""Cursors: where a page ended, signed, so that nobody can make one up or use it for something else.

A cursor is ``base64url(mac || position)``. The MAC (HMAC-SHA256, 16 bytes) covers the position and what the
cursor is bound to: tenant, query, filters, visibility. The binding itself is not in the cursor, so a foreign
one and a tampered one look the same.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from zebros_core.errors import BadRequestError

__all__ = ["MAX_CURSOR_BYTES", "CursorBinding", "CursorCodec"]

MAX_CURSOR_BYTES: Final = 1024
_MAC_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class CursorBinding:
    """What a cursor is good for; another tenant, query, set of filters or visibility makes it invalid."""

    tenant_id: str
    query: str
    filters: Mapping[str, Any]
    visibility: str = "all"

    def encoded(self) -> bytes:
        """An unambiguous text of it all."""
        return json.dumps(
            [self.tenant_id, self.query, self.visibility, sorted(self.filters.items())], separators=(",", ":")
        ).encode()


class CursorCodec:
    """Signs with the first key, accepts any of them: so that a key can be rotated without breaking readers in
    flight.
    """

    def __init__(self, keys: bytes | Sequence[bytes]) -> None:
        self._keys: tuple[bytes, ...] = (keys,) if isinstance(keys, bytes) else tuple(keys)
        if not self._keys or min(map(len, self._keys)) < 16:
            raise ValueError("a cursor key has at least 16 bytes")

    def encode(self, position: Any, binding: CursorBinding) -> str:
        """The cursor for a position (any JSON value); ``ValueError`` when it would be longer than 1 KB."""
        payload = json.dumps(position, separators=(",", ":"), ensure_ascii=False).encode()
        mac = self._mac(self._keys[0], payload, binding)
        cursor = base64.urlsafe_b64encode(mac + payload).rstrip(b"=").decode()
        if len(cursor) > MAX_CURSOR_BYTES:
            raise ValueError(f"a cursor has at most {MAX_CURSOR_BYTES} characters")
        return cursor

    def decode(self, cursor: str, binding: CursorBinding) -> Any:
        """The position; ``BadRequestError`` for field ``cursor`` unless we made it for exactly this."""
        if len(cursor) > MAX_CURSOR_BYTES or not cursor.isascii():
            raise self._refusal()
        data = cursor.encode()
        try:
            raw = base64.b64decode(data + b"=" * (-len(data) % 4), altchars=b"-_", validate=True)
        except binascii.Error:
            raise self._refusal() from None
        # One cursor has one text: spare bits at the end of base64 would otherwise allow several.
        if base64.urlsafe_b64encode(raw).rstrip(b"=") != data:
            raise self._refusal()
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not any(hmac.compare_digest(mac, self._mac(key, payload, binding)) for key in self._keys):
            raise self._refusal()
        return json.loads(payload)

    @staticmethod
    def _mac(key: bytes, payload: bytes, binding: CursorBinding) -> bytes:
        bound = binding.encoded()
        message = len(bound).to_bytes(4, "big") + bound + payload
        return hmac.digest(key, message, hashlib.sha256)[:_MAC_BYTES]

    @staticmethod
    def _refusal() -> BadRequestError:
        return BadRequestError.for_field(
            "cursor", "invalid_cursor", "This cursor does not belong to this list."
        )
