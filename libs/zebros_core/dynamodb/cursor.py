"""Cursors: where a page ended, sealed, so that nobody can read one, make one up or use it for something else.

A cursor is the base64url of its position under AES-SIV (RFC 5297), which authenticates the position and what
the cursor is bound to: tenant, query, filters, visibility. The binding itself is not in the cursor, so a
foreign one and a tampered one look the same. A position is encrypted because it may be that of a row which
the page passed over: one that its reader may not see. AES-SIV needs no nonce: the same position gives the
same cursor.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from zebros_core.errors import BadRequestError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

__all__ = ["MAX_CURSOR_BYTES", "CursorBinding", "CursorCodec"]

MAX_CURSOR_BYTES: Final = 1024
_TAG_BYTES: Final = 16


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
    """Seals with the first key, accepts any of them: so that a key can be rotated without breaking readers in
    flight.
    """

    def __init__(self, keys: bytes | Sequence[bytes]) -> None:
        self._keys: tuple[bytes, ...] = (keys,) if isinstance(keys, bytes) else tuple(keys)
        if not self._keys or min(map(len, self._keys)) < 16:
            raise ValueError("a cursor key has at least 16 bytes")

    def encode(self, position: Any, binding: CursorBinding) -> str:
        """The cursor for a position (any JSON value); ``ValueError`` when it would be longer than 1 KB."""
        payload = json.dumps(position, separators=(",", ":"), ensure_ascii=False).encode()
        sealed = self._ciphers[0].encrypt(payload, [binding.encoded()])
        cursor = base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()
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
        return json.loads(self._opened(raw, binding.encoded()))

    def _opened(self, sealed: bytes, bound: bytes) -> bytes:
        from cryptography.exceptions import InvalidTag

        if len(sealed) > _TAG_BYTES:
            for cipher in self._ciphers:
                try:
                    return cipher.decrypt(sealed, [bound])
                except InvalidTag:
                    continue
        raise self._refusal()

    @cached_property
    def _ciphers(self) -> tuple[AESSIV, ...]:
        # Loaded by the first cursor: most requests have none. AES-256-SIV takes a key of 64 bytes.
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        return tuple(AESSIV(hashlib.sha512(key).digest()) for key in self._keys)

    @staticmethod
    def _refusal() -> BadRequestError:
        return BadRequestError.for_field(
            "cursor", "invalid_cursor", "This cursor does not belong to this list."
        )
