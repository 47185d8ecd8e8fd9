"""The tables of a store, and how an older store becomes one of today."""

from __future__ import annotations

import sqlite3
from typing import Final

from zebros.errors import StoreError

__all__ = ["CURRENT", "migrate"]

_MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    (
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        # `document` is the server's record, `local` the same with what is queued laid over it; of one that was made
        # here there is no document yet. `sort_key` is what lists are ordered and searched by.
        """
        CREATE TABLE records (
          entity TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, generation INTEGER NOT NULL,
          document, local, hidden INTEGER NOT NULL DEFAULT 0, sort_key TEXT NOT NULL DEFAULT '',
          PRIMARY KEY (entity, id)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX records_in_order ON records (entity, hidden, sort_key, id)",
        # What is left of former generations is swept by this.
        "CREATE INDEX records_by_generation ON records (generation)",
        """
        CREATE TABLE mutations (
          number INTEGER PRIMARY KEY AUTOINCREMENT, mutation_id TEXT NOT NULL UNIQUE,
          entity TEXT NOT NULL, id TEXT NOT NULL, operation TEXT NOT NULL, base_version INTEGER,
          content NOT NULL, changed_at TEXT NOT NULL, state TEXT NOT NULL, version INTEGER, problem
        )
        """,
        "CREATE INDEX mutations_of_record ON mutations (entity, id, number)",
        "CREATE INDEX mutations_by_state ON mutations (state, number)",
        """
        CREATE TABLE uploads (
          number INTEGER PRIMARY KEY AUTOINCREMENT, upload_id TEXT NOT NULL UNIQUE, customer_id TEXT NOT NULL,
          content NOT NULL, document_id TEXT, state TEXT NOT NULL, problem
        )
        """,
    ),
)
CURRENT: Final = len(_MIGRATIONS)
"""The version of a store of today: how many steps led to it."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a store up to today's version, all of it or nothing. Raises StoreError for one that is newer."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > CURRENT:
        raise StoreError(
            f"this store was written by a newer version of zebros (its version {version}, ours {CURRENT});"
            " update zebros, or wipe the store and sync anew"
        )
    if version == CURRENT:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have done it between the look and the lock.
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        for statements in _MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {CURRENT}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
