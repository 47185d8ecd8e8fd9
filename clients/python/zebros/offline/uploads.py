"""Files that wait to be sent: copied into the store, and uploaded once their record is on the server."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from zebros.errors import NotOnDeviceError

if TYPE_CHECKING:
    from zebros.offline.store import OfflineStore

__all__ = ["PendingUpload", "UploadQueue"]


@dataclass(frozen=True, slots=True)
class PendingUpload:
    """A file of a customer. `document_id` is known once it was announced: an interrupted upload goes on with it."""

    upload_id: str
    customer_id: str
    file_name: str
    content_type: str
    size_bytes: int
    document_id: str | None
    state: str
    problem: Mapping[str, Any] | None = None


class UploadQueue:
    """The files of a store that wait to be sent."""

    def __init__(self, store: OfflineStore) -> None:
        self._store = store

    def add(self, customer_id: str, path: Path, *, content_type: str) -> PendingUpload:
        """Keep a copy of a file, to be sent as a document of a customer. Raises OSError for one that cannot be read."""
        upload_id = uuid4().hex
        kept = self._store.file_path(upload_id)
        part = kept.with_suffix(".part")
        shutil.copyfile(path, part)
        part.replace(kept)  # a copy that broke off is never sent
        content = {"fileName": path.name, "contentType": content_type, "sizeBytes": kept.stat().st_size}
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO uploads (upload_id, customer_id, content, state) VALUES (?, ?, ?, 'queued')",
                (upload_id, customer_id, self._store.sealer.seal(content)),
            )
        return self.get(upload_id)

    def get(self, upload_id: str) -> PendingUpload:
        """Return an upload. Raises NotOnDeviceError."""
        found = [each for each in self.all() if each.upload_id == upload_id]
        if not found:
            raise NotOnDeviceError(f"there is no upload {upload_id}")
        return found[0]

    def all(self) -> list[PendingUpload]:
        """Return every file that waits, the oldest first."""
        rows = self._store.connection.execute(
            "SELECT upload_id, customer_id, content, document_id, state, problem FROM uploads ORDER BY number"
        ).fetchall()
        return [self._upload(row) for row in rows]

    def path(self, upload: PendingUpload) -> Path:
        """Return where the copy is."""
        return self._store.file_path(upload.upload_id)

    def announced(self, upload: PendingUpload, document_id: str) -> None:
        """Note the document that the server made for it, before its content is sent."""
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE uploads SET document_id = ? WHERE upload_id = ?", (document_id, upload.upload_id)
            )

    def refused(self, upload: PendingUpload, problem: Mapping[str, Any]) -> None:
        """Note that the server does not take it, for somebody to decide."""
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE uploads SET state = 'rejected', problem = ? WHERE upload_id = ?",
                (self._store.sealer.seal(problem), upload.upload_id),
            )

    def done(self, upload: PendingUpload) -> None:
        """Forget it; the copy goes as well."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM uploads WHERE upload_id = ?", (upload.upload_id,))
        self.path(upload).unlink(missing_ok=True)

    def _upload(self, row: tuple[Any, ...]) -> PendingUpload:
        upload_id, customer_id, content, document_id, state, problem = row
        told = self._store.sealer.open(content)
        return PendingUpload(
            upload_id,
            customer_id,
            told["fileName"],
            told["contentType"],
            told["sizeBytes"],
            document_id,
            state,
            None if problem is None else self._store.sealer.open(problem),
        )
