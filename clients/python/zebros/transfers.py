"""Bytes to and from object storage, past the API, by the URLs that the API signs."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, BinaryIO, cast

import httpx

from zebros.errors import StorageError, TransportError
from zebros.models import Upload
from zebros.retry import RetryPolicy

__all__ = ["Progress", "Storage"]

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all)."""

CHUNK_BYTES = 256 * 1024
_CODE = re.compile(rb"<Code>([^<]{1,80})</Code>")
_MESSAGE = re.compile(rb"<Message>([^<]{1,400})</Message>")


class Storage:
    """Object storage, reached only through signed URLs."""

    def __init__(
        self, http: httpx.Client, retry: RetryPolicy, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._http = http
        self._retry = retry
        self._sleep = sleep

    def post_form(
        self,
        upload: Upload,
        file: BinaryIO,
        *,
        size: int,
        file_name: str,
        content_type: str,
        progress: Progress,
    ) -> None:
        """Send the whole file as the signed form that the API prepared. Up to 100 MB."""
        if upload.url is None:
            raise StorageError("the service gave no URL to upload to")
        url = upload.url

        def attempt() -> httpx.Response:
            file.seek(0)
            counted = cast("IO[bytes]", _CountedReader(file, size, progress))
            return self._http.post(
                url, data=upload.fields or {}, files={"file": (file_name, counted, content_type)}
            )

        self._with_retries(attempt)

    def put_part(
        self, url: str, file: BinaryIO, *, offset: int, size: int, progress: Callable[[int], None]
    ) -> None:
        """Send `size` bytes from `offset` as one part; `progress` gets the bytes of this part so far."""

        def attempt() -> httpx.Response:
            content = _slice(file, offset, size, progress)
            return self._http.put(url, content=content, headers={"Content-Length": str(size)})

        self._with_retries(attempt)

    def download(self, url: str, target: Path, progress: Progress | None) -> int:
        """Write the object to `target`, which appears whole or not at all. Returns its bytes."""
        partial = target.with_name(target.name + ".part")
        try:
            with self._http.stream("GET", url) as response:
                if response.status_code >= 400:
                    response.read()
                    raise _refusal(response)
                total = int(response.headers.get("content-length") or 0)
                done = 0
                with partial.open("wb") as out:
                    for chunk in response.iter_bytes(CHUNK_BYTES):
                        out.write(chunk)
                        done += len(chunk)
                        if progress is not None:
                            progress(done, max(total, done))
            partial.replace(target)
        except httpx.TransportError as error:
            raise TransportError(f"the download broke off ({error}); run it again") from error
        finally:
            partial.unlink(missing_ok=True)
        return done

    def close(self) -> None:
        self._http.close()

    def _with_retries(self, attempt: Callable[[], httpx.Response]) -> None:
        tried = 0
        while True:
            tried += 1
            try:
                response = attempt()
            except httpx.TransportError as error:
                failure: StorageError | TransportError = TransportError(f"the upload broke off ({error})")
                cause: httpx.TransportError | None = error
            else:
                if response.status_code < 400:
                    return
                failure, cause = _refusal(response), None
                if response.status_code < 500 and response.status_code != 429:
                    raise failure
            delay = self._retry.delay_seconds(tried)
            if delay is None:
                raise failure from cause
            self._sleep(delay)


class _CountedReader:
    """A file whose reading reports progress. httpx takes the length from `seek` and `tell`."""

    def __init__(self, file: BinaryIO, size: int, progress: Progress) -> None:
        self._file = file
        self._size = size
        self._progress = progress

    def read(self, count: int = -1) -> bytes:
        data = self._file.read(count)
        if data:
            self._progress(self._file.tell(), self._size)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def fileno(self) -> int:
        return self._file.fileno()


def _slice(file: BinaryIO, offset: int, size: int, progress: Callable[[int], None]) -> Iterator[bytes]:
    file.seek(offset)
    left = size
    while left:
        chunk = file.read(min(CHUNK_BYTES, left))
        if not chunk:
            raise StorageError("the file became shorter while it was uploaded")
        left -= len(chunk)
        yield chunk
        progress(size - left)


def _refusal(response: httpx.Response) -> StorageError:
    """S3 answers errors in XML; two elements of it are all that is needed."""
    code = _CODE.search(response.content)
    message = _MESSAGE.search(response.content)
    text = message.group(1).decode(errors="replace") if message else f"HTTP {response.status_code}"
    return StorageError(
        f"object storage refused the transfer: {text}",
        status=response.status_code,
        code=code.group(1).decode() if code else None,
    )
