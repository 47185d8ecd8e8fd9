"""Read a backup back from its first line to its last: every file is what was written, and all of them together are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zebros_jobs.domain.backups.contents import CONTENTS, Content, ContentKind
from zebros_jobs.domain.backups.errors import BackupDamagedError
from zebros_jobs.domain.backups.manifest import Entry, SealedFile
from zebros_jobs.domain.backups.sums import Sum
from zebros_jobs.use_cases.backups.files import BackupFiles
from zebros_jobs.use_cases.backups.reading import Descriptions

__all__ = ["check_part", "check_sums"]

_BY_NAME = {content.name: content for content in CONTENTS}


def content_of(entry: Entry) -> Content:
    """Return what a part is of. Raises BackupDamagedError."""
    content = _BY_NAME.get(entry.content)
    if content is None:
        raise BackupDamagedError
    return content


def check_part(files: BackupFiles, descriptions: Descriptions, entry: Entry, total: Sum) -> None:
    """Read a part, and the objects that it names, and count its lines. Raises BackupDamagedError."""
    content = content_of(entry)
    for line in files.lines(entry):
        descriptions.add(content, line, total)
        if content.kind is ContentKind.FILES:
            kept = SealedFile.model_validate(line)
            if kept.file is not None:
                files.check(kept)


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
