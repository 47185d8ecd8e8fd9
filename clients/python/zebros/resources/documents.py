"""Documents: upload in one request or in parts, download."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Literal

from zebros.calls import documents as calls
from zebros.errors import ApiError, StorageError, TransportError, UploadInterruptedError
from zebros.models import Document
from zebros.resources.executor import Executor
from zebros.resources.uploads import FileUpload
from zebros.transfers import Progress, Storage

__all__ = ["DocumentKind", "Documents"]

DocumentKind = Literal["document", "attachment"]


class Documents:
    """`client.documents`"""

    def __init__(self, client: Executor, storage: Storage) -> None:
        self._client = client
        self._storage = storage

    def get(self, document_id: str) -> Document:
        """Read what is known of a document."""
        return self._client.execute(calls.get(document_id))

    def delete(self, document_id: str) -> None:
        """Delete a document."""
        self._client.execute(calls.delete(document_id))

    def upload(
        self,
        file: str | Path,
        *,
        customer_id: str,
        file_name: str | None = None,
        content_type: str | None = None,
        kind: DocumentKind = "document",
        progress: Progress | None = None,
        idempotency_key: str | None = None,
    ) -> Document:
        """Upload a file for a customer.

        Up to 100 MB in one request; a larger file goes in parts. When parts stop half way,
        UploadInterruptedError carries the document's id: give it to `resume`. `progress` is called with
        (bytes done, bytes in all).
        """
        source = Path(file)
        size = source.stat().st_size
        if size == 0:
            raise StorageError(f"{source} is empty")
        media_type = content_type or mimetypes.guess_type(source.name)[0] or "application/octet-stream"
        name = file_name or source.name
        start = self._client.execute(
            calls.start(
                customer_id=customer_id,
                file_name=name,
                content_type=media_type,
                size_bytes=size,
                kind=kind,
                idempotency_key=idempotency_key,
            )
        )
        return self._send(start, source, frozenset(), progress)

    def announce(
        self,
        customer_id: str,
        *,
        file_name: str,
        content_type: str,
        size_bytes: int,
        idempotency_key: str | None = None,
    ) -> Document:
        """Make the document of a file that is sent later, by `resume`. The same key again gives the same document.

        Raises ConflictError once its upload has ended.
        """
        start = self._client.execute(
            calls.start(
                customer_id=customer_id,
                file_name=file_name,
                content_type=content_type,
                size_bytes=size_bytes,
                kind="document",
                idempotency_key=idempotency_key,
            )
        )
        return start.document

    def resume(self, document_id: str, file: str | Path, *, progress: Progress | None = None) -> Document:
        """Go on with an upload that stopped: of a file in parts only the missing ones are sent."""
        source = Path(file)
        size = source.stat().st_size
        start = self._client.execute(calls.start_again(document_id))
        if start.document.size_bytes != size:
            expected = start.document.size_bytes
            raise StorageError(
                f"{source} has {size} bytes; document {document_id} was started with {expected}"
            )
        in_parts = start.upload.method == "multipart"
        present = self._client.execute(calls.uploaded_parts(document_id)) if in_parts else frozenset[int]()
        return self._send(start, source, present, progress)

    def download(self, document_id: str, target: str | Path, *, progress: Progress | None = None) -> int:
        """Write the document's bytes to the file `target`, whole or not at all. Returns how many."""
        url = self._client.execute(calls.download(document_id))
        return self._storage.download(url, Path(target), progress)

    def _send(
        self, start: calls.UploadStart, source: Path, present: frozenset[int], progress: Progress | None
    ) -> Document:
        document = start.document
        upload = FileUpload(
            self._client,
            self._storage,
            document.id,
            start.upload,
            lambda numbers: calls.sign_parts(document.id, numbers),
        )
        upload.send(
            source,
            file_name=document.file_name,
            content_type=document.content_type,
            present=present,
            progress=progress,
        )
        try:
            return self._client.execute(calls.complete(document.id))
        except (ApiError, TransportError) as error:
            if start.upload.method != "multipart":
                raise
            raise UploadInterruptedError(
                f"the upload is not complete: {error}", document_id=document.id
            ) from error
