"""Files that grow part by part, whoever writes them: a worker that dies loses nothing of what its checkpoint names.

A part is an object of its own, written before the checkpoint that counts it. Its name is made of its number and of its
writer. For a worker that has lost its lease may still be sending a part when the next worker writes another one of
the same number: with the number alone, the late one would take the other's place after it was counted. What no
checkpoint counts is never read, and goes when the parts are removed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from zebros_core.storage import ObjectReader
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["Parts"]

_CHUNK_BYTES = 1024 * 1024


class Parts:
    """The parts of one file of a job, below `{tenant}/{folder}/{jobId}/{name}/` in the bucket of a purpose.

    `state` goes into the job's checkpoint, and comes from there when the work goes on.
    """

    def __init__(
        self,
        run: JobRun,
        purpose: str,
        folder: str,
        *,
        name: str = "parts",
        state: Mapping[str, Any] | None = None,
    ) -> None:
        self._streams = run.streams(purpose)
        self._objects = run.objects(purpose)
        self._path = (folder, run.job_id, name)
        self._writer = run.progress.holder.rpartition(":")[2][-10:].lower()
        known = state or {"count": 0, "bytes": 0, "writers": []}
        self._count = int(known["count"])
        self._bytes = int(known["bytes"])
        self._writers: list[tuple[int, str]] = [(int(first), who) for first, who in known["writers"]]

    @property
    def state(self) -> dict[str, Any]:
        """Return what is known of the parts, as JSON values."""
        return {"count": self._count, "bytes": self._bytes, "writers": [list(each) for each in self._writers]}

    @property
    def count(self) -> int:
        """Return how many there are."""
        return self._count

    @property
    def size_bytes(self) -> int:
        """Return the size of all of them."""
        return self._bytes

    @property
    def next_name(self) -> str:
        """Return what the next part will be called, below the folder of the job."""
        return f"{self._path[2]}/{self._count:08}-{self._writer}"

    def add(self, data: bytes, *, content_type: str = "application/octet-stream") -> str:
        """Write the next part and return its key. It counts when a checkpoint with `state` is saved."""
        if not self._writers or self._writers[-1][1] != self._writer:
            self._writers.append((self._count, self._writer))
        key = self._objects.key(*self._path, f"{self._count:08}-{self._writer}")
        self._objects.write(key, data, content_type=content_type)
        self._count += 1
        self._bytes += len(data)
        return key

    def keys(self) -> Iterator[str]:
        """Give the keys of the parts in their order."""
        writers = iter([*self._writers, (self._count, "")])
        _, who = next(writers)
        until, following = next(writers, (self._count, ""))
        for number in range(self._count):
            while number >= until:
                who = following
                until, following = next(writers)
            yield self._objects.key(*self._path, f"{number:08}-{who}")

    def readers(self) -> Iterator[ObjectReader]:
        """Give the parts as streams, one after the other; each is closed when the next is asked for."""
        for key in self.keys():
            with self._streams.open(key) as reader:
                yield reader

    def join(self, key: str, *, content_type: str, head: bytes = b"") -> int:
        """Make one object of `head` and the parts, in constant memory; return its size."""
        with self._streams.create(key, content_type=content_type) as out:
            out.write(head)
            for reader in self.readers():
                while chunk := reader.read(_CHUNK_BYTES):
                    out.write(chunk)
            return out.size_bytes

    def remove(self) -> None:
        """Delete the parts, also those that no checkpoint counts."""
        prefix = self._objects.key(*self._path)
        for key, _ in self._streams.keys(f"{prefix}/"):
            self._objects.delete(key)
