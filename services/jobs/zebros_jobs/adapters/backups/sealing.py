"""Sealed files: AES-256-GCM in chunks, of any length in constant memory. The format, version 1::

    prologue  8 bytes   "ZEBROSB" and the version, 1
              4 bytes   length of the label, big-endian, at most 4096
              n bytes   label: JSON (UTF-8, members sorted, no spaces), in the clear
              32 bytes  salt, random for each file
    chunks    each 64 KiB of plain bytes, the last one 0 to 64 KiB, sealed: as long, and a tag of 16 bytes behind

    key of the file = HKDF-SHA256(data key, salt, info = "zebros backup file 1" + SHA-256(magic, length, label))
    nonce of chunk i = i as 11 bytes, big-endian, and one byte: 1 for the last chunk, else 0
    authenticated with each chunk: SHA-256 of the whole prologue

It is the STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár, 2015), as age uses it. A flipped bit fails its
chunk; chunks that are swapped, doubled or left out fail by their number; a file that was cut, also between chunks,
lacks its last one; bytes behind the last one make it no last one. A file with another label, of another backup or of
another tenant fails at once. A key of a file seals that file only, so no nonce comes twice under a key; 64 KiB chunks
and 32 random bytes of salt are far below every bound of GCM.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import os
from collections.abc import Mapping
from types import TracebackType
from typing import Any, BinaryIO, Final, Self, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from zebros_jobs.domain.backups.errors import BackupDamagedError

__all__ = ["CHUNK_BYTES", "SealedReader", "SealedWriter", "SealingVault"]

CHUNK_BYTES: Final = 64 * 1024
KEY_BYTES: Final = 32
_MAGIC: Final = b"ZEBROSB\x01"
_LENGTH_BYTES: Final = 4
_MOST_LABEL_BYTES: Final = 4096
_SALT_BYTES: Final = 32
_TAG_BYTES: Final = 16
_COUNTER_BYTES: Final = 11
_FILE_INFO: Final = b"zebros backup file 1"
_MAC_INFO: Final = b"zebros backup manifest 1"


class SealingVault:
    """Seals and opens files with keys derived from one data key (`zebros_jobs.domain.backups.ports.Vault`)."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a data key has {KEY_BYTES} bytes")
        self._key = key

    def seal(self, out: Any, label: Mapping[str, Any]) -> SealedWriter:
        """Return what seals into `out`."""
        return SealedWriter(out, self._key, label)

    def open(self, source: Any, label: Mapping[str, Any]) -> BinaryIO:
        """Return the plain bytes of `source`. Raises BackupDamagedError for a file with another label."""
        return cast("BinaryIO", io.BufferedReader(SealedReader(source, self._key, label), CHUNK_BYTES))

    def mac(self) -> hmac.HMAC:
        """Return an HMAC-SHA256 under a key of its own."""
        return hmac.new(_derived(self._key, b"", _MAC_INFO), digestmod="sha256")


def _derived(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(key)


def _labelled(label: Mapping[str, Any]) -> bytes:
    text = json.dumps(label, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    if len(text) > _MOST_LABEL_BYTES:
        raise ValueError(f"a label has at most {_MOST_LABEL_BYTES} bytes")
    return _MAGIC + len(text).to_bytes(_LENGTH_BYTES, "big") + text


class _Chunks:
    """The cipher of one file, chunk after chunk."""

    def __init__(self, key: bytes, begin: bytes, salt: bytes) -> None:
        self._cipher = AESGCM(_derived(key, salt, _FILE_INFO + hashlib.sha256(begin).digest()))
        self._bound = hashlib.sha256(begin + salt).digest()
        self._number = 0

    def _nonce(self, last: bool) -> bytes:
        nonce = self._number.to_bytes(_COUNTER_BYTES, "big") + bytes([last])
        self._number += 1
        return nonce

    def sealed(self, plain: bytes, last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(last), plain, self._bound)

    def opened(self, sealed: bytes, last: bool) -> bytes:
        try:
            return self._cipher.decrypt(self._nonce(last), sealed, self._bound)
        except InvalidTag:
            raise BackupDamagedError from None


class SealedWriter:
    """Seals what is written to it. The file is whole when this is closed; it does not close `out`."""

    def __init__(self, out: Any, key: bytes, label: Mapping[str, Any]) -> None:
        self._out = out
        self._hash = hashlib.sha256()
        self.size_bytes = 0
        begin, salt = _labelled(label), os.urandom(_SALT_BYTES)
        self._chunks = _Chunks(key, begin, salt)
        self._buffer = bytearray()
        self._closed = False
        self._put(begin + salt)

    @property
    def sha256(self) -> str:
        """Return the hash of what was written."""
        return self._hash.hexdigest()

    def write(self, data: bytes, /) -> int:
        """Take plain bytes."""
        self._buffer += data
        # One chunk stays here: only at the end it is known which is the last.
        while len(self._buffer) > CHUNK_BYTES:
            self._put(self._chunks.sealed(bytes(self._buffer[:CHUNK_BYTES]), last=False))
            del self._buffer[:CHUNK_BYTES]
        return len(data)

    def close(self) -> None:
        """Write the last chunk."""
        if not self._closed:
            self._closed = True
            self._put(self._chunks.sealed(bytes(self._buffer), last=True))
            self._buffer.clear()

    def flush(self) -> None:
        """Do nothing: a chunk goes out when it is full."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()

    def _put(self, data: bytes) -> None:
        self._out.write(data)
        self._hash.update(data)
        self.size_bytes += len(data)


class SealedReader(io.RawIOBase):
    """The plain bytes of a sealed file; nothing of a chunk is given that is not what was written.

    Raises BackupDamagedError where it is not the file that the label says, at the chunk that was changed, and at the
    end of one that was cut.
    """

    def __init__(self, source: Any, key: bytes, label: Mapping[str, Any]) -> None:
        super().__init__()
        self._source = source
        begin = _labelled(label)
        found = self._take(len(begin) + _SALT_BYTES)
        if found[: len(begin)] != begin or len(found) != len(begin) + _SALT_BYTES:
            raise BackupDamagedError
        self._chunks = _Chunks(key, begin, found[len(begin) :])
        self._ahead = self._take(CHUNK_BYTES + _TAG_BYTES)
        self._plain = b""
        self._ended = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer as far as the present chunk goes; 0 at the end."""
        while not self._plain and not self._ended:
            self._next()
        size = min(len(buffer), len(self._plain))
        buffer[:size] = self._plain[:size]
        self._plain = self._plain[size:]
        return size

    def _next(self) -> None:
        sealed, self._ahead = self._ahead, self._take(CHUNK_BYTES + _TAG_BYTES)
        if len(sealed) < _TAG_BYTES:
            raise BackupDamagedError
        self._ended = not self._ahead
        self._plain = self._chunks.opened(sealed, last=self._ended)

    def _take(self, size: int) -> bytes:
        """Return so many bytes, fewer only at the end of the source."""
        taken = bytearray()
        while len(taken) < size:
            some = self._source.read(size - len(taken))
            if not some:
                break
            taken += some
        return bytes(taken)
