"""Write the contents of a backup, one after the other, each in parts with a checkpoint for each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from zebros_jobs.domain.backups.backups import FOLDER, PURPOSE
from zebros_jobs.domain.backups.contents import CONTENTS, Content, ContentKind
from zebros_jobs.domain.backups.sums import Sum
from zebros_jobs.use_cases.backups.files import BackupFiles
from zebros_jobs.use_cases.backups.mails import MailObjects
from zebros_jobs.use_cases.backups.reading import ContentPages, Descriptions
from zebros_jobs.use_cases.backups.state import BackupState
from zebros_jobs.use_cases.parts import Parts
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["BackupWriter"]

PART_BYTES: Final = 8 * 1024 * 1024
"""Plain bytes of a part, before it is packed."""
FILE_BYTES: Final = 64 * 1024 * 1024
"""Bytes of objects between two checkpoints."""
FILE_COUNT: Final = 200
LineOf = Callable[[Mapping[str, Any], str], tuple[dict[str, Any] | None, int]]
"""Makes a line of a record, or none, and says how many bytes it read beside."""


class BackupWriter:
    """Writes what a backup holds, from where its state says."""

    def __init__(
        self, run: JobRun, state: BackupState, files: BackupFiles, *, page: int, part_bytes: int
    ) -> None:
        self._run = run
        self._state = state
        self._files = files
        self._page = page
        self._part_bytes = part_bytes
        self._descriptions = Descriptions(run)
        self._mails = MailObjects(run)

    def write_all(self) -> None:
        """Write every content that is not written yet. Raises JobStop."""
        state = self._state
        while state.at < len(CONTENTS):
            content = CONTENTS[state.at]
            if content.kind is ContentKind.FILES:
                self._write_beside(content, self._file_of)
            elif content.kind is ContentKind.MAILS:
                self._write_beside(content, self._mail_of)
            else:
                self._write_lines(content)

    def _write_lines(self, content: Content) -> None:
        state = self._state
        pages = ContentPages(self._run, content, state.reading, page=self._page)
        parts = self._parts(content)
        total = state.sums(state.read, content.name)
        lines: list[bytes] = []
        size = 0
        while not pages.is_over:
            for line in pages.next():
                self._descriptions.add(content, line, total)
                lines.append(_packed(line))
                size += len(lines[-1])
            if size >= self._part_bytes or self._run.is_over or pages.is_over:
                state.reading = None if pages.is_over else pages.state
                state.at += pages.is_over
                self._save(content, parts, lines, total)
                lines, size = [], 0

    def _write_beside(self, content: Content, line_of: LineOf) -> None:
        """Write what lies beside the records of an entity, which are read from their own parts of this backup."""
        state = self._state
        parts = self._parts(content)
        total = state.sums(state.read, content.name)
        writer = parts.next_name.rpartition("-")[2]
        begin = state.reading or {"entry": 0, "line": 0}
        lines: list[bytes] = []
        size = 0
        # All at once, a few: entries are added while these are read.
        records = [
            (number, entry)
            for number, entry in enumerate(state.all_entries(self._run))
            if entry.content == content.entity and number >= begin["entry"]
        ]
        for number, entry in records:
            for place, record in enumerate(self._files.lines(entry)):
                if number == begin["entry"] and place < begin["line"]:
                    continue
                line, bytes_read = line_of(record, writer)
                if line is None:
                    continue
                self._descriptions.add(content, line, total)
                lines.append(_packed(line))
                size += bytes_read + len(lines[-1])
                if size >= FILE_BYTES or len(lines) >= FILE_COUNT or self._run.is_over:
                    state.reading = {"entry": number, "line": place + 1}
                    self._save(content, parts, lines, total)
                    lines, size = [], 0
        state.reading = None
        state.at += 1
        self._save(content, parts, lines, total)

    def _file_of(self, document: Mapping[str, Any], writer: str) -> tuple[dict[str, Any] | None, int]:
        kept = self._files.keep(
            document["documentId"],
            document["objectKey"],
            document["contentType"],
            f"objects/{document['documentId']}-{writer}",
        )
        self._state.files["bytes"] += kept.size
        self._state.files["missing"] += kept.file is None
        return kept.model_dump(mode="json", by_alias=True), kept.size

    def _mail_of(self, activity: Mapping[str, Any], writer: str) -> tuple[dict[str, Any] | None, int]:
        del writer
        if activity["type"] != "email":
            return None, 0
        mail = self._mails.find(activity["activityId"])
        return (None if mail is None else {"activityId": activity["activityId"], "mail": mail}), 0

    def _parts(self, content: Content) -> Parts:
        return Parts(self._run, PURPOSE, FOLDER, name=content.name, state=self._state.parts.get(content.name))

    def _save(self, content: Content, parts: Parts, lines: list[bytes], total: Sum) -> None:
        """Write what there is as a part, and make a checkpoint."""
        state = self._state
        if lines:
            data, entry = self._files.part(content.name, parts.count, parts.next_name, lines)
            parts.add(data)
            state.written(content.name, parts, entry, total, self._run)
        state.read.setdefault(content.name, total.state)
        if not lines and not self._run.is_over:
            return  # nothing that the next checkpoint would not say
        counters = {name: each["count"] for name, each in state.read.items()}
        self._run.save(state.json(), done=state.done, counters=counters, note=content.name)


def _packed(line: Mapping[str, Any]) -> bytes:
    return (
        json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
    )
