"""How far a backup is: its checkpoint, and the entries of its parts."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from zebros_jobs.domain.backups.backups import FOLDER, PURPOSE
from zebros_jobs.domain.backups.manifest import Entry, line_of
from zebros_jobs.domain.backups.ports import DataKey
from zebros_jobs.domain.backups.sums import Sum
from zebros_jobs.use_cases.parts import Parts
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["BackupState"]

_MOST_PENDING: Final = 50
"""Entries in the checkpoint before they are written to a part of their own."""


@dataclass(slots=True)
class BackupState:
    """What the next worker has to know. `at` counts contents that are written, `read` sums what was written of each,
    `checked` sums what was read back; `manifest_bytes` is set when the backup is whole.
    """

    key: str
    begun_at: str
    read_at: str | None = None
    at: int = 0
    reading: dict[str, Any] | None = None
    parts: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    pending: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    listing: dict[str, Any] | None = None
    entries: int = 0
    read: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    checked: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    checked_entries: int = 0
    files: dict[str, int] = field(default_factory=lambda: {"bytes": 0, "missing": 0})
    manifest_bytes: int | None = None

    @classmethod
    def first(cls, key: DataKey, begun_at: str) -> BackupState:
        """Return the beginning of a backup."""
        return cls(base64.b64encode(key.wrapped).decode(), begun_at)

    @property
    def wrapped_key(self) -> bytes:
        """Return the data key as it is kept."""
        return base64.b64decode(self.key)

    @classmethod
    def of(cls, kept: Any) -> BackupState:
        """Return the state that a checkpoint says."""
        return cls(**kept)

    def json(self) -> dict[str, Any]:
        """Return the state as JSON values."""
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def done(self) -> int:
        """Return how many lines were written."""
        return sum(each["count"] for each in self.read.values())

    def sums(self, which: dict[str, dict[str, Any]], content: str) -> Sum:
        """Return what was counted of a content until now."""
        return Sum.of(which.get(content))

    def written(self, content: str, parts: Parts, entry: Entry, total: Sum, run: JobRun) -> None:
        """Note a part that was written, and what is in its content by now."""
        self.parts[content] = parts.state
        self.read[content] = total.state
        self.pending.append(entry.model_dump(mode="json", by_alias=True))
        self.entries += 1
        if len(self.pending) >= _MOST_PENDING:
            listing = _listing(run, self)
            listing.add(b"".join(map(line_of, self.pending)))
            self.listing = listing.state
            self.pending = []

    def all_entries(self, run: JobRun) -> Iterator[Entry]:
        """Give the entries of all parts in the order in which they were written."""
        for reader in _listing(run, self).readers():
            for line in reader.readlines():
                yield Entry.model_validate_json(line)
        for kept in list(self.pending):
            yield Entry.model_validate_json(json.dumps(kept))

    def remove_listing(self, run: JobRun) -> None:
        """Delete the entries; the manifest has them."""
        _listing(run, self).remove()


def _listing(run: JobRun, state: BackupState) -> Parts:
    return Parts(run, PURPOSE, FOLDER, name="listing", state=state.listing)
