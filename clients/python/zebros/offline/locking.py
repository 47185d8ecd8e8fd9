"""A lock between processes, held by an open file: the system gives it back when its holder dies."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from zebros.errors import AlreadySyncingError

__all__ = ["exclusively"]

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def exclusively(path: Path) -> Generator[None]:
    """Hold the lock while the block runs. Raises AlreadySyncingError when another process has it."""
    with path.open("ab") as file:
        try:
            _lock(file)
        except OSError as error:
            raise AlreadySyncingError("another process is syncing this store; wait for its end") from error
        yield
