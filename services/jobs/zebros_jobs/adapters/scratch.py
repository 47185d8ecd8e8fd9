"""What a worker has to remember of millions of rows, in a database in a temporary file: a few megabytes of memory.

The file is gone with the process, whatever ends it.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from zebros_jobs.domain.imports.seen import SeenRow

__all__ = ["SqliteKeptValues", "SqliteSeenRows"]


def _scratch(table: str) -> sqlite3.Connection:
    handle, path = tempfile.mkstemp(prefix="scratch-", suffix=".sqlite")
    os.close(handle)
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    # Nothing has to outlive this process, so nothing has to reach the disk.
    for setting in (
        "journal_mode = OFF",
        "synchronous = OFF",
        "locking_mode = EXCLUSIVE",
        "cache_size = -8192",
    ):
        database.execute(f"PRAGMA {setting}")
    database.execute(table)
    database.execute("BEGIN")
    Path(path).unlink()
    return database


class SqliteSeenRows:
    """See `SeenRows`."""

    def __init__(self) -> None:
        self._database = _scratch("CREATE TABLE seen (key INTEGER PRIMARY KEY, line INTEGER, digest INTEGER)")

    def claim(self, keys: Iterable[int], line: int, digest: int) -> SeenRow | None:
        """See `SeenRows`."""
        wanted = tuple(keys)
        database = self._database
        for number, key in enumerate(wanted):
            noted = database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (key, line, digest))
            if noted.rowcount == 0:
                former = database.execute("SELECT line, digest FROM seen WHERE key = ?", (key,)).fetchone()
                if former[0] == line:
                    continue  # two keys of this row, or the row once more
                for other in wanted[:number]:
                    database.execute("DELETE FROM seen WHERE key = ? AND line = ?", (other, line))
                return SeenRow(*former)
        return None

    def close(self) -> None:
        """See `SeenRows`."""
        self._database.close()


class SqliteKeptValues:
    """See `KeptValues`."""

    def __init__(self) -> None:
        self._database = _scratch("CREATE TABLE kept (id TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID")

    def put(self, id: str, text: str) -> None:
        """See `KeptValues`."""
        self._database.execute("INSERT OR IGNORE INTO kept VALUES (?, ?)", (id, text))

    def get(self, ids: Sequence[str]) -> dict[str, str]:
        """See `KeptValues`."""
        found = (
            self._database.execute("SELECT id, text FROM kept WHERE id = ?", (id,)).fetchone() for id in ids
        )
        return dict(row for row in found if row is not None)

    def close(self) -> None:
        """See `KeptValues`."""
        self._database.close()
