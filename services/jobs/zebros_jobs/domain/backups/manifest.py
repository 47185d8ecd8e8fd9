"""The manifest of a backup: what it is, what it holds, and every file of it with its hash.

It is a text of JSON lines: the head, a line for each part, and a line with the code (HMAC) over all before it, under a
key derived from the backup's data key. So it can be written and read in constant memory, and nobody but the tenant's
backups can have written it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError

from zebros_core.values import Value
from zebros_jobs.domain.backups.errors import BackupDamagedError

__all__ = ["MAX_LINE", "ContentSum", "Entry", "ManifestHead", "SealedFile", "file_label", "line_of", "parsed"]

MAX_LINE: Final = 64 * 1024
"""Bytes of a line of a manifest."""
FORMAT: Final = "zebros-backup"
VERSION: Final = 1


class ContentSum(Value):
    """How much there is of a content, and the hash of it. `schemaVersion` is that of the entity's records."""

    count: Annotated[int, Field(ge=0)]
    hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    schema_version: int | None = None


class ManifestHead(Value):
    """What a backup is. Every record was read between `begunAt` and `readAt`; `key` is the wrapped data key."""

    format: Literal["zebros-backup"] = FORMAT
    version: Literal[1] = VERSION
    tenant_id: str
    backup_id: str
    requested_by: str
    begun_at: datetime
    read_at: datetime
    key: Annotated[str, Field(max_length=8192)]
    contents: dict[str, ContentSum]
    parts: Annotated[int, Field(ge=0)]
    file_bytes: Annotated[int, Field(ge=0)]
    missing_files: Annotated[int, Field(ge=0)] = 0


class Entry(Value):
    """A part: lines of one content, gzipped and sealed. `file` is its key below the backup's folder."""

    content: str
    number: Annotated[int, Field(ge=0)]
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9/_-]{1,200}$")]
    lines: Annotated[int, Field(ge=0)]
    size: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class SealedFile(Value):
    """The object of a document: a line of the content `files`. `file` is None where the object was not there."""

    document_id: str
    key: str
    content_type: str
    size: int = 0
    sha256: str = ""
    file: str | None = None
    sealed_size: int = 0
    sealed_sha256: str = ""


def line_of(value: Value | Mapping[str, Any]) -> bytes:
    """Return a line of the manifest."""
    document = value.model_dump(mode="json", by_alias=True) if isinstance(value, Value) else value
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def parsed(model: type[Value], line: bytes) -> Any:
    """Return a line as what it should be. Raises BackupDamagedError for anything else."""
    try:
        return model.model_validate_json(line)
    except ValidationError:
        raise BackupDamagedError from None


def file_label(tenant_id: str, backup_id: str, file: str) -> dict[str, str]:
    """Return what a sealed file of a backup is: it opens under this name of this backup, and nowhere else."""
    return {"tenantId": tenant_id, "backupId": backup_id, "file": file}
