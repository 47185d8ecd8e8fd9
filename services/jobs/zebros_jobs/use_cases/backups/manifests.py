"""Write the manifest of a backup, and read it: nothing of it is believed before its code was checked."""

from __future__ import annotations

import base64
import hmac
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zebros_core.errors import NotFoundError
from zebros_core.storage import ObjectChangedError, ObjectReader
from zebros_jobs.domain.backups.backups import FOLDER, PURPOSE
from zebros_jobs.domain.backups.contents import CONTENTS
from zebros_jobs.domain.backups.errors import BackupDamagedError
from zebros_jobs.domain.backups.manifest import MAX_LINE, ContentSum, Entry, ManifestHead, line_of, parsed
from zebros_jobs.domain.backups.ports import Vault, VaultOf
from zebros_jobs.domain.backups.sums import Sum
from zebros_jobs.use_cases.backups.files import BackupFiles
from zebros_jobs.use_cases.backups.reading import Descriptions
from zebros_jobs.use_cases.backups.state import BackupState
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["MANIFEST", "Manifest", "open_manifest", "write_manifest"]

MANIFEST = "manifest.jsonl"


def write_manifest(run: JobRun, state: BackupState, files: BackupFiles, vault: Vault) -> int:
    """Write the manifest of what the state says was written and read back; return its size."""
    descriptions = Descriptions(run)
    nothing = Sum().state
    head = ManifestHead(
        tenant_id=run.workspace.context.tenant_id,
        backup_id=run.job_id,
        requested_by=run.context.user_id,
        begun_at=datetime.fromisoformat(state.begun_at),
        read_at=datetime.fromisoformat(state.read_at or state.begun_at),
        key=state.key,
        contents={
            content.name: ContentSum(
                **state.read.get(content.name, nothing), schema_version=descriptions.schema_version(content)
            )
            for content in CONTENTS
        },
        parts=state.entries,
        file_bytes=state.files["bytes"],
        missing_files=state.files["missing"],
    )
    mac = vault.mac()
    key = run.objects(PURPOSE).key(FOLDER, run.job_id, MANIFEST)
    with run.streams(PURPOSE).create(key, content_type="application/x-ndjson") as out:

        def put(line: bytes) -> None:
            mac.update(line)
            out.write(line)

        put(line_of(head))
        for entry in state.all_entries(run):
            put(line_of(entry))
        out.write(line_of({"mac": mac.hexdigest()}))
        return out.size_bytes


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest whose code is right. It is read again as that very object and no other."""

    head: ManifestHead
    vault: Vault
    key: str
    etag: str

    @property
    def sums(self) -> dict[str, dict[str, Any]]:
        """Return what each content should be."""
        return {name: {"count": each.count, "hash": each.hash} for name, each in self.head.contents.items()}

    def entries(self, run: JobRun) -> Iterator[Entry]:
        """Give the entries of all parts. Raises BackupDamagedError when the manifest was replaced meanwhile."""
        try:
            with run.streams(PURPOSE).open(self.key, etag=self.etag) as reader:
                lines = _lines(reader)
                next(lines)
                for number, line in enumerate(lines):
                    if number == self.head.parts:
                        return
                    yield parsed(Entry, line)
        except ObjectChangedError as error:
            raise BackupDamagedError from error


def open_manifest(run: JobRun, backup_id: str, vault_of: VaultOf) -> Manifest:
    """Return the manifest of a backup of the run's tenant.

    Raises BackupDamagedError for one that is not there, was changed, or is of another backup or tenant;
    UnavailableError.
    """
    tenant_id = run.workspace.context.tenant_id
    key = run.objects(PURPOSE).key(FOLDER, backup_id, MANIFEST)
    try:
        with run.streams(PURPOSE).open(key) as reader:
            lines = _lines(reader)
            first = next(lines, b"")
            head: ManifestHead = parsed(ManifestHead, first)
            if (head.tenant_id, head.backup_id) != (tenant_id, backup_id):
                raise BackupDamagedError
            vault = vault_of(run.workspace.data_keys.open(tenant_id, _wrapped(head)).plain)
            _check_code(first, lines, vault, head.parts)
            return Manifest(head, vault, key, str(reader.etag))
    except (NotFoundError, ObjectChangedError) as error:
        raise BackupDamagedError from error


def _wrapped(head: ManifestHead) -> bytes:
    try:
        return base64.b64decode(head.key, validate=True)
    except ValueError:
        raise BackupDamagedError from None


def _check_code(first: bytes, lines: Iterator[bytes], vault: Vault, parts: int) -> None:
    mac = vault.mac()
    mac.update(first)
    for number, line in enumerate(lines):
        if number == parts:
            _compare(line, mac.hexdigest())
            if next(lines, None) is not None:
                raise BackupDamagedError
            return
        mac.update(line)
    raise BackupDamagedError


def _compare(line: bytes, code: str) -> None:
    try:
        said = json.loads(line)
    except ValueError:
        raise BackupDamagedError from None
    if not isinstance(said, dict) or not hmac.compare_digest(str(said.get("mac")), code):
        raise BackupDamagedError


def _lines(reader: ObjectReader) -> Iterator[bytes]:
    """Give the lines of a manifest. Raises BackupDamagedError for one that is too long to be one."""
    with io.BufferedReader(reader, MAX_LINE) as buffered:
        while line := buffered.readline(MAX_LINE):
            if not line.endswith(b"\n"):
                raise BackupDamagedError
            yield line
