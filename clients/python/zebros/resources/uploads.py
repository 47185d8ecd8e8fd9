"""Files on their way to storage: as one form, or in parts of which only the missing ones are sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from zebros.calls.call import Call
from zebros.errors import ApiError, StorageError, TransportError, UploadInterruptedError
from zebros.models import Upload
from zebros.resources.executor import Executor
from zebros.transfers import Progress, Storage

__all__ = ["FileUpload"]

PARTS_SIGNED_AT_ONCE = 10
"""Few enough that a slow line uses each URL before it expires."""


@dataclass(frozen=True, slots=True)
class FileUpload:
    """One file. `id` is of what it belongs to, for whoever goes on later; `sign` is the call for URLs of parts."""

    client: Executor
    storage: Storage
    id: str
    upload: Upload
    sign: Callable[[Sequence[int]], Call[dict[int, str]]]

    def send(
        self,
        source: Path,
        *,
        file_name: str,
        content_type: str,
        present: frozenset[int] = frozenset(),
        progress: Progress | None = None,
    ) -> None:
        """Send the bytes; of parts those that are not `present`. Raises UploadInterruptedError: it can be resumed."""
        size = source.stat().st_size
        report = progress or _silent
        with source.open("rb") as opened:
            if self.upload.method != "multipart":
                self.storage.post_form(
                    self.upload,
                    opened,
                    size=size,
                    file_name=file_name,
                    content_type=content_type,
                    progress=report,
                )
                return
            if not self.upload.part_size_bytes:
                raise StorageError("the service did not say how large the parts are")
            self._in_parts(opened, size, self.upload.part_size_bytes, present, report)

    def _in_parts(
        self, file: BinaryIO, size: int, part_size: int, present: frozenset[int], report: Progress
    ) -> None:
        missing = [number for number in range(1, -(-size // part_size) + 1) if number not in present]
        done = size - sum(_part_bytes(number, size, part_size) for number in missing)
        try:
            for number, url in self._signed(missing):
                length = _part_bytes(number, size, part_size)
                before = done
                self.storage.put_part(
                    url,
                    file,
                    offset=(number - 1) * part_size,
                    size=length,
                    progress=lambda sent, before=before: report(before + sent, size),
                )
                done += length
        except (ApiError, StorageError, TransportError) as error:
            raise UploadInterruptedError(
                f"the upload stopped after {done} of {size} bytes: {error}", document_id=self.id
            ) from error

    def _signed(self, numbers: Sequence[int]) -> Iterator[tuple[int, str]]:
        for start in range(0, len(numbers), PARTS_SIGNED_AT_ONCE):
            group = numbers[start : start + PARTS_SIGNED_AT_ONCE]
            urls = self.client.execute(self.sign(group))
            for number in group:
                yield number, urls[number]


def _part_bytes(number: int, size: int, part_size: int) -> int:
    return min(part_size, size - (number - 1) * part_size)


def _silent(done: int, total: int) -> None:
    """No progress wanted."""
