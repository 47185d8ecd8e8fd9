"""What backups need of the world: keys that only this tenant's purposes open, and what is sealed with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, BinaryIO, Protocol, Self

__all__ = ["DataKey", "DataKeys", "IdSet", "Mac", "SealedOut", "Vault", "VaultOf"]


@dataclass(frozen=True, slots=True, repr=False)
class DataKey:
    """A key of 32 bytes, and the form in which it is kept: only the key service can open it."""

    plain: bytes
    wrapped: bytes


class DataKeys(Protocol):
    """Makes keys for a tenant's backups and opens them again; each is bound to the tenant and the purpose."""

    def new(self, tenant_id: str) -> DataKey:
        """Make a key. Raises UnavailableError."""
        ...

    def open(self, tenant_id: str, wrapped: bytes) -> DataKey:
        """Open a kept key. Raises UnavailableError, BackupDamagedError for one that is not this tenant's."""
        ...


class SealedOut(Protocol):
    """Takes plain bytes and writes them sealed. Leaving its `with` block by an error leaves the file unfinished."""

    size_bytes: int

    @property
    def sha256(self) -> str:
        """The hash of what was written, in hexadecimal digits; of the whole file when it is closed."""
        ...

    def write(self, data: bytes, /) -> int: ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Mac(Protocol):
    """A code that proves who wrote something: as of `hmac`."""

    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


class Vault(Protocol):
    """Seals and opens files with one key. `label` says what a file is; it is opened as that and as nothing else."""

    def seal(self, out: Any, label: Mapping[str, Any]) -> SealedOut:
        """Return what writes to `out`, which has `write`."""
        ...

    def open(self, source: Any, label: Mapping[str, Any]) -> BinaryIO:
        """Return the plain bytes of `source`, which has `read`. Reading raises BackupDamagedError."""
        ...

    def mac(self) -> Mac:
        """Return a new code over what will be put into it."""
        ...


class VaultOf(Protocol):
    """Makes a vault of a key."""

    def __call__(self, key: bytes) -> Vault: ...


class IdSet(Protocol):
    """A set of ids of any size in little memory. It is gone after its `with` block."""

    def add(self, ids: Iterable[str]) -> None: ...

    def __contains__(self, id: object) -> bool: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
