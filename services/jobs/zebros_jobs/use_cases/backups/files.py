"""The sealed files of one backup: parts of lines, and the objects of documents. Written and read in constant memory."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Final, cast

from zebros_core.errors import NotFoundError
from zebros_core.storage import ObjectChangedError, ObjectReader
from zebros_jobs.domain.backups.backups import FOLDER, PURPOSE
from zebros_jobs.domain.backups.errors import BackupDamagedError
from zebros_jobs.domain.backups.manifest import Entry, SealedFile, file_label
from zebros_jobs.domain.backups.ports import Vault
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["BackupFiles"]

CHUNK_BYTES: Final = 1024 * 1024
_SEALED_TYPE: Final = "application/octet-stream"


class _Hashed:
    """A stream that counts and hashes what is read of it."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self._hash = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._source.read(size)
        self._hash.update(data)
        self.size += len(data)
        return data

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class BackupFiles:
    """Seals and opens the files of a backup, each under its name in this backup of this tenant."""

    def __init__(self, run: JobRun, backup_id: str, vault: Vault) -> None:
        self._objects = run.objects(PURPOSE)
        self._streams = run.streams(PURPOSE)
        self._documents = run.streams("documents")
        self._tenant_id = run.workspace.context.tenant_id
        self._backup_id = backup_id
        self._vault = vault

    def key(self, file: str) -> str:
        """Return the key of a file of the backup."""
        return self._objects.key(FOLDER, self._backup_id, *file.split("/"))

    def _label(self, file: str) -> dict[str, str]:
        return file_label(self._tenant_id, self._backup_id, file)

    # -- parts -------------------------------------------------------------------------------------------------

    def part(self, content: str, number: int, file: str, lines: Iterable[bytes]) -> tuple[bytes, Entry]:
        """Return lines as the bytes of a part, and its entry for the manifest."""
        out = io.BytesIO()
        count = 0
        with (
            self._vault.seal(out, self._label(file)) as sealed,
            gzip.GzipFile(fileobj=cast("BinaryIO", sealed), mode="wb", compresslevel=6, mtime=0) as packed,
        ):
            for line in lines:
                packed.write(line)
                count += 1
        data = out.getvalue()
        entry = Entry(
            content=content, number=number, file=file, lines=count, size=len(data), sha256=sealed.sha256
        )
        return data, entry

    def lines(self, entry: Entry) -> Iterator[dict[str, Any]]:
        """Give the lines of a part. Raises BackupDamagedError, at the latest behind the last one."""
        count = 0
        with self._stored(entry.file) as stored:
            hashed = _Hashed(stored)
            with gzip.GzipFile(fileobj=self._vault.open(hashed, self._label(entry.file))) as unpacked:
                try:
                    for line in unpacked:
                        count += 1
                        yield json.loads(line)
                except (EOFError, zlib.error, ValueError, OSError) as error:
                    raise BackupDamagedError from error
            if (hashed.sha256, hashed.size, count) != (entry.sha256, entry.size, entry.lines):
                raise BackupDamagedError

    def _stored(self, file: str) -> ObjectReader:
        try:
            return self._streams.open(self.key(file))
        except (NotFoundError, ObjectChangedError) as error:
            raise BackupDamagedError from error

    # -- objects of documents ----------------------------------------------------------------------------------

    def keep(self, document_id: str, key: str, content_type: str, file: str) -> SealedFile:
        """Copy a document's object into the backup; one that is not there is told as such."""
        try:
            source = self._documents.open(key)
        except NotFoundError:
            return SealedFile(document_id=document_id, key=key, content_type=content_type)
        with source, self._streams.create(self.key(file), content_type=_SEALED_TYPE) as out:
            hashed = _Hashed(source)
            with self._vault.seal(out, self._label(file)) as sealed:
                while data := hashed.read(CHUNK_BYTES):
                    sealed.write(data)
        return SealedFile(
            document_id=document_id,
            key=key,
            content_type=content_type,
            size=hashed.size,
            sha256=hashed.sha256,
            file=file,
            sealed_size=sealed.size_bytes,
            sealed_sha256=sealed.sha256,
        )

    def check(self, kept: SealedFile) -> None:
        """Read a kept object to its end. Raises BackupDamagedError."""
        for _ in self._content(kept):
            pass

    def is_there(self, kept: SealedFile) -> bool:
        """Tell whether a document's object is where it was, as it was."""
        try:
            source = self._documents.open(kept.key)
        except NotFoundError:
            return False
        with source:
            if source.size_bytes != kept.size:
                return False
            hashed = _Hashed(source)
            while hashed.read(CHUNK_BYTES):
                pass
        return hashed.sha256 == kept.sha256

    def give_back(self, kept: SealedFile) -> None:
        """Put a document's object back. Raises BackupDamagedError.

        The object appears when all of it has been read and is what was kept.
        """
        with self._documents.create(kept.key, content_type=kept.content_type) as out:
            for data in self._content(kept):
                out.write(data)

    def _content(self, kept: SealedFile) -> Iterator[bytes]:
        if kept.file is None:
            raise BackupDamagedError
        with self._stored(kept.file) as stored:
            sealed = _Hashed(stored)
            plain = _Hashed(self._vault.open(sealed, self._label(kept.file)))
            while data := plain.read(CHUNK_BYTES):
                yield data
        found = (sealed.sha256, sealed.size, plain.sha256, plain.size)
        if found != (kept.sealed_sha256, kept.sealed_size, kept.sha256, kept.size):
            raise BackupDamagedError
