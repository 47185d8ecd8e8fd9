"""The archive of a request: one ZIP with a JSON file for each store, the person's documents, and what it all means.

It is written as a stream, in constant memory and in formats for any size (ZIP64). The same collected parts always give
the same bytes, so a worker that was killed here changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import IO, Any, Final

from zebros_core.dynamodb.codec import instant_text
from zebros_core.errors import NotFoundError
from zebros_core.privacy.calls import CollectedItem
from zebros_core.storage import ObjectWriter, safe_file_name
from zebros_jobs.domain.errors import PausedError
from zebros_jobs.domain.privacy import FOLDER, PrivacyParameters
from zebros_jobs.use_cases.privacy.state import ArchivedFile, CollectionState
from zebros_jobs.use_cases.privacy.stores import stores_of
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["ARCHIVE", "make_archive"]

ARCHIVE: Final = "personal-data.zip"
_CONTENT_TYPE: Final = "application/zip"
_CHUNK_BYTES: Final = 1024 * 1024
_PRIVATE_MODE: Final = 0o600 << 16
_README: Final = """\
Everything that the services hold on one person, as it was collected.

manifest.json     what is in this archive: each file with its size, its SHA-256 and how many records it has
schema.json       the JSON Schema (2020-12) of the records in data/
data/*.json       one file for each store, an array of records: `data` are the values by their names, `classification`
                  says of each whether it is personal, the business's or the system's, `files` names documents below
files/*           the documents themselves

Times are UTC, as ISO 8601; amounts are decimals as texts, with their currency.
"""


def make_archive(run: JobRun, state: CollectionState) -> ArchivedFile:
    """Make the archive of what was collected. Raises PausedError when the worker's time ends: it is begun anew."""
    key = run.objects("transfers").key(FOLDER, run.job_id, ARCHIVE)
    with run.streams("transfers").create(key, content_type=_CONTENT_TYPE) as out:
        counted = _Hashed(out)
        _Archive(run, state, counted).write()
        return ArchivedFile(
            name=ARCHIVE,
            key=key,
            content_type=_CONTENT_TYPE,
            size_bytes=counted.size,
            sha256=counted.digest.hexdigest(),
        )


class _Hashed:
    """A file that is written from its beginning to its end, and hashed by the way."""

    def __init__(self, file: ObjectWriter) -> None:
        self._file = file
        self.size = 0
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        """Nothing waits here."""


class _Archive:
    def __init__(self, run: JobRun, state: CollectionState, out: _Hashed) -> None:
        self._run = run
        self._state = state
        self._zip = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, allowZip64=True)  # type: ignore[call-overload]
        self._at = state.begun_at.timetuple()[:6]
        self._entries: list[dict[str, Any]] = []
        self._documents: dict[tuple[str, str], str] = {}

    def write(self) -> None:
        self._put("README.txt", [_README.encode()])
        self._put("schema.json", [_pretty(_schema())])
        for name, records in stores_of(self._run, self._state):
            self._put_records(f"data/{name.key}.json", records)
        for (purpose, key), name in self._documents.items():
            self._put_document(purpose, key, name)
        self._put("manifest.json", [_pretty(self._manifest())])
        self._zip.close()

    def _put_records(self, name: str, records: Iterator[dict[str, Any]]) -> None:
        count = 0

        def chunks() -> Iterator[bytes]:
            nonlocal count
            yield b"[\n"
            for record in records:
                record["files"] = [self._document_of(file) for file in record.get("files", ())]
                yield (b",\n" if count else b"") + json.dumps(record, ensure_ascii=False).encode()
                count += 1
            yield b"\n]\n"

        self._put(name, chunks())
        self._entries[-1]["records"] = count

    def _document_of(self, file: Mapping[str, Any]) -> dict[str, Any]:
        """Return a document as a record names it: by where it is in this archive, not by where it is kept."""
        place = (str(file["bucket"]), str(file["key"]))
        if place not in self._documents:
            safe = safe_file_name(str(file["name"]))
            self._documents[place] = f"files/{len(self._documents) + 1:05}-{safe}"
        facts = {name: value for name, value in file.items() if name not in {"bucket", "key", "etag"}}
        return {**facts, "path": self._documents[place]}

    def _put_document(self, purpose: str, key: str, name: str) -> None:
        try:
            reader = self._run.streams(purpose).open(key)
        except NotFoundError:
            self._entries.append({"path": name, "missing": "It was deleted while this was collected."})
            return
        with closing(reader):
            # Most documents are packed already.
            self._put(name, iter(lambda: reader.read(_CHUNK_BYTES) or b"", b""), zipfile.ZIP_STORED)

    def _put(self, name: str, chunks: Any, compression: int = zipfile.ZIP_DEFLATED) -> None:
        info = zipfile.ZipInfo(name, date_time=self._at)
        info.compress_type = compression
        info.external_attr = _PRIVATE_MODE
        digest, size = hashlib.sha256(), 0
        with self._zip.open(info, "w", force_zip64=True) as entry:
            for chunk in chunks:
                if self._run.is_over:
                    raise PausedError
                digest.update(chunk)
                size += len(chunk)
                _write(entry, chunk)
        self._entries.append({"path": name, "sizeBytes": size, "sha256": digest.hexdigest()})

    def _manifest(self) -> dict[str, Any]:
        parameters = PrivacyParameters.model_validate_json(self._run.job.parameters)
        return {
            "request": parameters.request.value,
            "requestId": self._run.job_id,
            "tenantId": self._run.workspace.context.tenant_id,
            "collectedAt": instant_text(self._state.begun_at),
            "files": self._entries,
        }


def _write(entry: IO[bytes], chunk: bytes) -> None:
    entry.write(chunk)


def _schema() -> dict[str, Any]:
    schema = CollectedItem.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "array", "items": schema}


def _pretty(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"
