"""The hook for encryption at rest: what a store's contents go through on the way to the disk and back."""

from __future__ import annotations

import json
from typing import Any, Protocol

from zebros.errors import StoreError

__all__ = ["Cipher", "Sealer"]


class Cipher(Protocol):
    """Encrypts and decrypts; its key is the platform's business (a key chain, a secure element).

    `decrypt` raises ValueError for what it did not encrypt.
    """

    def encrypt(self, plain: bytes) -> bytes: ...

    def decrypt(self, sealed: bytes) -> bytes: ...


class Sealer:
    """JSON values as a store keeps them: as text, or through a cipher."""

    def __init__(self, cipher: Cipher | None) -> None:
        self._cipher = cipher

    @property
    def hides(self) -> bool:
        """Whether what is kept cannot be read without a key; then nothing of it may be in an index either."""
        return self._cipher is not None

    def seal(self, value: Any) -> str | bytes:
        """Return a value as it is kept."""
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        return text if self._cipher is None else self._cipher.encrypt(text.encode())

    def open(self, kept: str | bytes) -> Any:
        """Return the value that was kept. Raises StoreError for one that another key has sealed."""
        if self._cipher is None:
            if isinstance(kept, bytes):
                raise StoreError("this store is encrypted; open it with its key")
            return json.loads(kept)
        if isinstance(kept, str):
            raise StoreError("this store is not encrypted; open it without a key, or wipe it and sync anew")
        try:
            return json.loads(self._cipher.decrypt(kept))
        except ValueError as error:
            raise StoreError("this store was encrypted with another key") from error
