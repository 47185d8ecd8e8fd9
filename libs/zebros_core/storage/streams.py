"""Objects as streams, for files of any size: read from any byte on, written in parts, memory constant in both.

A reader goes on with a new request where its connection broke, and only of the very object that it began with: one
that was replaced meanwhile is an `ObjectChangedError`. A writer's object exists when it is closed and not before; one
that is abandoned leaves nothing but an upload that the bucket's lifecycle removes.
"""

# botocore ships no types: they end here, and callers see the protocols.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import io
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Protocol, Self

from zebros_core.dynamodb.client import error_code
from zebros_core.errors import ConflictError, NotFoundError
from zebros_core.storage.client import s3_calls
from zebros_core.storage.keys import check_key

__all__ = ["ObjectChangedError", "ObjectReader", "ObjectStreams", "ObjectWriter"]

PART_BYTES: Final = 8 * 1024 * 1024
"""10,000 parts of it are 80 GiB, which is the most that a writer takes."""
_TRIES: Final = 4


class ObjectChangedError(ConflictError):
    """The object was replaced or deleted since it was first looked at."""

    code = "object-changed"
    default_detail = "The file was changed or deleted since it was first looked at."


class StreamingClient(Protocol):
    """The part of the S3 client that is used here."""

    def get_object(self, **request: Any) -> dict[str, Any]: ...
    def put_object(self, **request: Any) -> dict[str, Any]: ...
    def create_multipart_upload(self, **request: Any) -> dict[str, Any]: ...
    def upload_part(self, **request: Any) -> dict[str, Any]: ...
    def complete_multipart_upload(self, **request: Any) -> dict[str, Any]: ...
    def abort_multipart_upload(self, **request: Any) -> dict[str, Any]: ...
    def list_objects_v2(self, **request: Any) -> dict[str, Any]: ...
    def head_object(self, **request: Any) -> dict[str, Any]: ...
    def restore_object(self, **request: Any) -> dict[str, Any]: ...


class ObjectStreams:
    """One tenant's objects in one bucket, as streams. Keys are checked as in `ObjectStore`."""

    def __init__(self, client: Callable[[], Any], bucket: str, tenant_id: str) -> None:
        self._client: Callable[[], StreamingClient] = client
        self._bucket = bucket
        self._tenant_id = tenant_id

    def open(self, key: str, *, start: int = 0, etag: str | None = None) -> ObjectReader:
        """Return the object from byte `start` on. With `etag` only that very content.

        Raises NotFoundError when there is none, ObjectChangedError when it is another one.
        """
        return ObjectReader(
            self._client(), self._bucket, check_key(self._tenant_id, key), start=start, etag=etag
        )

    def create(self, key: str, *, content_type: str) -> ObjectWriter:
        """Return a writer of the object, over one that is there."""
        return ObjectWriter(
            self._client(), self._bucket, check_key(self._tenant_id, key), content_type=content_type
        )

    def thaw(self, key: str, *, days: int) -> bool:
        """Ask for an object of cold storage to be readable for some days; whether it is by now, as any other is.

        It takes hours; asking again is asking once. Raises NotFoundError when there is none.
        """
        from botocore.exceptions import ClientError

        target = {"Bucket": self._bucket, "Key": check_key(self._tenant_id, key)}
        try:
            with s3_calls():
                found = self._client().head_object(**target)
                if found.get("StorageClass") not in _COLD:
                    return True
                if "Restore" in found:
                    return 'ongoing-request="false"' in found["Restore"]
                wish = {"Days": days, "GlacierJobParameters": {"Tier": "Standard"}}
                self._client().restore_object(**target, RestoreRequest=wish)
        except ClientError as error:
            if error_code(error) in _MISSING:
                raise NotFoundError("object", key) from None
            if error_code(error) != "RestoreAlreadyInProgress":
                raise
        return False

    def keys(self, prefix: str) -> list[tuple[str, int]]:
        """Return key and size of every object whose key begins with `prefix`, in the order of their keys."""
        check_key(self._tenant_id, prefix.rstrip("/"))
        request: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix}
        found: list[tuple[str, int]] = []
        while True:
            with s3_calls():
                page = self._client().list_objects_v2(**request)
            found += [(entry["Key"], entry["Size"]) for entry in page.get("Contents", ())]
            if not page.get("IsTruncated"):
                return found
            request["ContinuationToken"] = page["NextContinuationToken"]


class ObjectReader(io.RawIOBase):
    """The bytes of an object, for whatever reads from files. `size_bytes` is the whole object's."""

    def __init__(
        self, client: StreamingClient, bucket: str, key: str, *, start: int = 0, etag: str | None = None
    ) -> None:
        super().__init__()
        self._client = client
        self._bucket = bucket
        self._key = key
        self.position = start
        """The byte that is read next."""
        self.etag = etag
        """The content's, without quotes: what to open again with."""
        self.size_bytes = 0
        self._body: Any = None
        self._connect()

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer as far as one read goes; 0 at the end."""
        for last in (*[False] * (_TRIES - 1), True):
            if self._body is None:
                self._connect()
            try:
                data: bytes = self._body.read(len(buffer)) if self._body is not None else b""
            except _broken():
                self._drop()
                if last:
                    raise
                continue
            if not data and self.position < self.size_bytes:
                # The connection ended early, and nobody said so.
                self._drop()
                continue
            buffer[: len(data)] = data
            self.position += len(data)
            return len(data)
        raise OSError(f"the object ends {self.size_bytes - self.position} bytes early")

    def close(self) -> None:
        """Give the connection back."""
        self._drop()
        super().close()

    def _drop(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None

    def _connect(self) -> None:
        from botocore.exceptions import ClientError

        request: dict[str, Any] = {"Bucket": self._bucket, "Key": self._key}
        if self.etag is not None:
            request["IfMatch"] = f'"{self.etag}"'
        if self.position:
            if self.size_bytes and self.position >= self.size_bytes:
                return
            request["Range"] = f"bytes={self.position}-"
        try:
            with s3_calls():
                answer = self._client.get_object(**request)
        except ClientError as error:
            code = error_code(error)
            if code in {"412", "PreconditionFailed"} or (code in _MISSING and self.etag is not None):
                raise ObjectChangedError from error
            if code in _MISSING:
                raise NotFoundError("object", self._key) from None
            if code in {"416", "InvalidRange"}:
                self.size_bytes = self.position
                return
            raise
        etag = str(answer["ETag"]).strip('"')
        if self.etag is not None and etag != self.etag:
            answer["Body"].close()
            raise ObjectChangedError
        self.etag = etag
        whole = str(answer.get("ContentRange", "")).rpartition("/")[2]
        self.size_bytes = int(whole) if whole.isdigit() else int(answer["ContentLength"]) + self.position
        self._body = answer["Body"]


_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_COLD: Final = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""Storage classes whose objects cannot be read before they were asked for."""


def _broken() -> tuple[type[Exception], ...]:
    from botocore.exceptions import HTTPClientError, IncompleteReadError

    return (HTTPClientError, IncompleteReadError, OSError)


class ObjectWriter(io.RawIOBase):
    """Writes an object; `close` makes it, leaving a `with` block by an error does not."""

    def __init__(self, client: StreamingClient, bucket: str, key: str, *, content_type: str) -> None:
        super().__init__()
        self._client = client
        self._target: dict[str, Any] = {"Bucket": bucket, "Key": key}
        self._content_type = content_type
        self._buffer = bytearray()
        self._parts: list[dict[str, Any]] = []
        self._upload_id: str | None = None
        self.size_bytes = 0

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any, /) -> int:
        """Take the bytes; a part is sent whenever there are enough."""
        size = len(data)
        self._buffer += data
        self.size_bytes += size
        while len(self._buffer) >= PART_BYTES:
            self._send(bytes(self._buffer[:PART_BYTES]))
            del self._buffer[:PART_BYTES]
        return size

    def close(self) -> None:
        """Make the object of what was written."""
        if self.closed:
            return
        rest = bytes(self._buffer)
        if self._upload_id is None:
            with s3_calls():
                self._client.put_object(**self._target, Body=rest, ContentType=self._content_type)
        else:
            if rest:
                self._send(rest)
            with s3_calls():
                self._client.complete_multipart_upload(
                    **self._target, UploadId=self._upload_id, MultipartUpload={"Parts": self._parts}
                )
        self._buffer.clear()
        super().close()

    def abandon(self) -> None:
        """Forget what was written; no object is made."""
        if self.closed:
            return
        self._buffer.clear()
        super().close()
        if self._upload_id is not None:
            with s3_calls():
                self._client.abort_multipart_upload(**self._target, UploadId=self._upload_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()

    def __del__(self) -> None:
        # IOBase closes what is collected; an object that nobody closed was not finished.
        if not self.closed:
            self._buffer.clear()
            super().close()

    def _send(self, part: bytes) -> None:
        with s3_calls():
            if self._upload_id is None:
                answer = self._client.create_multipart_upload(**self._target, ContentType=self._content_type)
                self._upload_id = str(answer["UploadId"])
            number = len(self._parts) + 1
            answer = self._client.upload_part(
                **self._target, UploadId=self._upload_id, PartNumber=number, Body=part
            )
        self._parts.append({"PartNumber": number, "ETag": answer["ETag"]})
