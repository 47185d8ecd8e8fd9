"""Documents: upload in one request or in parts, download."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Literal

from zebros.calls import documents as calls
from zebros.errors import ApiError, StorageError, TransportError, UploadInterruptedError
from zebros.models import Document
from zebros.resources.executor import Executor
from zebros.transfers import Progress, Storage

__all__ = ["DocumentKind", "Documents"]

DocumentKind = Literal["document", "attachment"]
PARTS_SIGNED_AT_ONCE = 10
"""Few enough that a slow line uses each URL before it expires."""


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
        document, upload = start.document, start.upload
        size = source.stat().st_size
        with source.open("rb") as opened:
            if upload.method == "multipart":
                if not upload.part_size_bytes:
                    raise StorageError("the service did not say how large the parts are")
                return self._in_parts(document.id, opened, size, upload.part_size_bytes, present, progress)
            self._storage.post_form(
                upload,
                opened,
                size=size,
                file_name=document.file_name,
                content_type=document.content_type,
                progress=progress or _silent,
            )
        return self._client.execute(calls.complete(document.id))

    def _in_parts(
        self,
        document_id: str,
        file: BinaryIO,
        size: int,
        part_size: int,
        present: frozenset[int],
        progress: Progress | None,
    ) -> Document:
        report = progress or _silent
        missing = [number for number in range(1, -(-size // part_size) + 1) if number not in present]
        done = size - sum(_part_bytes(number, size, part_size) for number in missing)
        try:
            for number, url in self._signed(document_id, missing):
                length = _part_bytes(number, size, part_size)
                before = done
                self._storage.put_part(
                    url,
                    file,
                    offset=(number - 1) * part_size,
                    size=length,
                    progress=lambda sent, before=before: report(before + sent, size),
                )
                done += length
            return self._client.execute(calls.complete(document_id))
        except (ApiError, StorageError, TransportError) as error:
            raise UploadInterruptedError(
                f"the upload stopped after {done} of {size} bytes: {error}", document_id=document_id
            ) from error

    def _signed(self, document_id: str, numbers: Sequence[int]) -> Iterator[tuple[int, str]]:
        for start in range(0, len(numbers), PARTS_SIGNED_AT_ONCE):
            group = numbers[start : start + PARTS_SIGNED_AT_ONCE]
            urls = self._client.execute(calls.sign_parts(document_id, group))
            for number in group:
                yield number, urls[number]


def _part_bytes(number: int, size: int, part_size: int) -> int:
    return min(part_size, size - (number - 1) * part_size)


def _silent(done: int, total: int) -> None:
    """No progress wanted."""
