"""Ids on disk: a set of any size in little memory."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self

__all__ = ["DiskIds"]

_CACHE_KIB: Final = 8 * 1024


class DiskIds:
    """A set of ids in a file of the temporary folder, which goes with it (`zebros_jobs.domain.backups.ports.IdSet`)."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="ids-")
        self._rows = sqlite3.connect(f"{self._folder.name}/ids.db", isolation_level=None)
        # Nothing of it outlives a crash, so nothing need be safe from one.
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute("PRAGMA synchronous = OFF")
        self._rows.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._rows.execute("CREATE TABLE ids (id TEXT PRIMARY KEY) WITHOUT ROWID")

    def add(self, ids: Iterable[str]) -> None:
        """Add ids."""
        self._rows.execute("BEGIN")
        self._rows.executemany("INSERT OR IGNORE INTO ids VALUES (?)", ((id,) for id in ids))
        self._rows.execute("COMMIT")

    def __contains__(self, id: object) -> bool:
        return self._rows.execute("SELECT 1 FROM ids WHERE id = ?", (id,)).fetchone() is not None

    def close(self) -> None:
        """Delete the file."""
        self._rows.close()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
