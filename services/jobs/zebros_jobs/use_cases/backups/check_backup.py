"""Read a backup back from its first line to its last: every file is what was written, and all of them together are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from zebros_jobs.domain.backups.contents import CONTENTS, Content, ContentKind
from zebros_jobs.domain.backups.errors import BackupDamagedError
from zebros_jobs.domain.backups.manifest import Entry, SealedFile
from zebros_jobs.domain.backups.sums import Sum
from zebros_jobs.use_cases.backups.files import BackupFiles
from zebros_jobs.use_cases.backups.reading import Descriptions
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["check_parts", "check_sums"]

_BYTES_BETWEEN_CHECKPOINTS: Final = 32 * 1024 * 1024
_BY_NAME = {content.name: content for content in CONTENTS}


def content_of(entry: Entry) -> Content:
    """Return what a part is of. Raises BackupDamagedError."""
    content = _BY_NAME.get(entry.content)
    if content is None:
        raise BackupDamagedError
    return content


def check_parts(
    run: JobRun,
    files: BackupFiles,
    entries: Iterable[Entry],
    checked: dict[str, dict[str, Any]],
    begin: int,
    save: Callable[[int], None],
) -> None:
    """Read parts from one on, and the objects that they name, and add up in `checked` what they hold.

    `save` makes a checkpoint with the number of the next part. Raises BackupDamagedError, JobStop.
    """
    descriptions = Descriptions(run)
    size = 0
    for number, entry in enumerate(entries):
        if number < begin:
            continue
        total = Sum.of(checked.get(entry.content))
        size += entry.size + _check_part(files, descriptions, entry, total)
        checked[entry.content] = total.state
        if size >= _BYTES_BETWEEN_CHECKPOINTS or run.is_over:
            save(number + 1)
            size = 0


def _check_part(files: BackupFiles, descriptions: Descriptions, entry: Entry, total: Sum) -> int:
    """Read a part, and the objects that it names, and count its lines; return the size of the objects."""
    content = content_of(entry)
    size = 0
    for line in files.lines(entry):
        descriptions.add(content, line, total)
        if content.kind is ContentKind.FILES:
            kept = SealedFile.model_validate(line)
            if kept.file is not None:
                files.check(kept)
                size += kept.size
    return size


def check_sums(said: Mapping[str, Mapping[str, Any]], found: Mapping[str, Mapping[str, Any]]) -> None:
    """Compare what was counted with what should have been. Raises BackupDamagedError."""
    nothing = Sum().state
    for content in CONTENTS:
        expected, actual = said.get(content.name, nothing), found.get(content.name, nothing)
        if (expected["count"], expected["hash"]) != (actual["count"], actual["hash"]):
            raise BackupDamagedError(
                f"This backup is not whole: {actual['count']} of {expected['count']} things of the kind"
                f" {content.name} were read, or other ones."
            )
