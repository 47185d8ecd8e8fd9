"""The store of one person's device: a SQLite database in write-ahead mode, and what is done to it as a whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from uuid import uuid4

from zebros.errors import StoreError
from zebros.offline.cipher import Cipher, Sealer
from zebros.offline.local import LocalRecords
from zebros.offline.locking import exclusively
from zebros.offline.queue import ChangeQueue
from zebros.offline.schema import migrate
from zebros.offline.uploads import UploadQueue

__all__ = ["OfflineStore"]

DATABASE: Final = "records.sqlite"
_LOCK: Final = "sync.lock"
_FILES: Final = "files"
_BUSY_SECONDS: Final = 10.0
_CHECK: Final = "a key that fits opens this"


class OfflineStore:
    """A folder with a database. Several processes may read and edit; one at a time brings it up to date.

    ::

        with OfflineStore.open(folder, owner="aurora/ada") as store:
            store.customers.edit(id, {"industry": "medical"})

    `owner` names whose device it is (tenant and user): another one's store is refused. `cipher` encrypts
    records and changes in the database; files that wait to be sent are copies as they are.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, sealer: Sealer) -> None:
        self.folder = folder
        self.connection = connection
        self.sealer = sealer
        self.queue = ChangeQueue(self)
        self.uploads = UploadQueue(self)

    @classmethod
    def open(cls, folder: Path, *, owner: str, cipher: Cipher | None = None) -> Self:
        """Open a store, made anew where there is none. Raises StoreError for one that cannot be used."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / DATABASE
        connection: sqlite3.Connection | None = None
        try:
            connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            # Whatever the transaction was, a crash of the machine loses none that was acknowledged to the user.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
            migrate(connection)
            path.chmod(0o600)
            store = cls(folder, connection, Sealer(cipher))
            store._identify(owner)
        except BaseException as error:
            if connection is not None:
                connection.close()
            if isinstance(error, sqlite3.OperationalError):
                # Busy, unreadable, or a full disk: nothing is lost, and nobody is to remove what waits to be sent.
                raise StoreError(f"{path} cannot be opened now: {error}") from error
            if isinstance(error, sqlite3.DatabaseError):
                raise StoreError(
                    f"{path} is damaged ({error}); remove the folder and sync anew: what was sent is on the server"
                ) from error
            raise
        return store

    @property
    def client_id(self) -> str:
        """By which name the server knows this device; made with the store, and another one after a wipe."""
        return self.meta("clientId") or ""

    @property
    def cursor(self) -> str | None:
        """Where the device is in its pull; None at the beginning."""
        return self.meta("cursor") or None

    def records(self, entity: str) -> LocalRecords:
        """Return the records of an entity as the user sees them: with what is queued laid over them."""
        return LocalRecords(self, entity)

    @property
    def customers(self) -> LocalRecords:
        """The customers."""
        return self.records("customer")

    @property
    def contacts(self) -> LocalRecords:
        """The contacts."""
        return self.records("contact")

    @property
    def opportunities(self) -> LocalRecords:
        """The opportunities."""
        return self.records("opportunity")

    @contextmanager
    def transaction(self) -> Generator[sqlite3.Connection]:
        """One change of the store: all of it, or nothing when the block is left by an error or the process dies."""
        if self.connection.in_transaction:
            yield self.connection
            return
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException:
            # A transaction that could not be committed is still open: what is done next would seem to be part of it,
            # and be lost. After some errors SQLite has rolled back already.
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def syncing(self) -> AbstractContextManager[None]:
        """Hold the store for bringing it up to date. Raises AlreadySyncingError when another process has it."""
        return exclusively(self.folder / _LOCK)

    def meta(self, name: str) -> str | None:
        """Return a fact of the store itself."""
        row = self.connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, name: str, value: str | None) -> None:
        """Keep a fact of the store itself, within the caller's transaction; None forgets it."""
        if value is None:
            self.connection.execute("DELETE FROM meta WHERE name = ?", (name,))
        else:
            self.connection.execute(
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, value),
            )

    def file_path(self, name: str) -> Path:
        """Return where a file that waits to be sent is kept."""
        folder = self.folder / _FILES
        folder.mkdir(exist_ok=True, mode=0o700)
        return folder / name

    def wipe(self) -> None:
        """Remove everything that the device keeps; the store is empty afterwards, and another client to the server."""
        owner = self.meta("owner") or ""
        with self.transaction() as connection:
            for table in ("records", "mutations", "uploads", "meta"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
        for path in (self.folder / _FILES).glob("*"):
            path.unlink()
        # What was written before is still in the journal and in free pages: both go.
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.connection.execute("VACUUM")
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._identify(owner)

    def close(self) -> None:
        """Close the database."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _identify(self, owner: str) -> None:
        with self.transaction():
            known = self.meta("owner")
            if known is None:
                self.set_meta("owner", owner)
                self.set_meta("clientId", uuid4().hex)
                self.set_meta("generation", "1")
                self._keep_check()
            elif known != owner:
                raise StoreError(
                    f"this store is {known}'s; sign in as them, or choose another folder with --folder"
                )
        with closing(self.connection.execute("SELECT value FROM meta WHERE name = 'check'")) as found:
            (kept,) = found.fetchone()
        if self.sealer.open(kept) != _CHECK:
            raise StoreError("this store was encrypted with another key")

    def _keep_check(self) -> None:
        self.connection.execute("INSERT INTO meta VALUES ('check', ?)", (self.sealer.seal(_CHECK),))
