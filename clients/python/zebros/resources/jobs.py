"""Work that takes longer than a request."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from zebros.calls import jobs as calls
from zebros.calls.jobs import OnProgress, RestoreMode
from zebros.errors import StorageError
from zebros.listing import Listing
from zebros.models import (
    Certificate,
    ImportPreview,
    ImportRow,
    Job,
    LegalHold,
    LinkedFile,
    Report,
    ReportSchedule,
    Retention,
)
from zebros.resources.driver import drive
from zebros.resources.executor import Executor
from zebros.resources.uploads import FileUpload
from zebros.transfers import Progress, Storage

__all__ = ["Backups", "Exports", "Imports", "Jobs", "Privacy", "ReportSchedules", "Reports"]


class Jobs:
    """`client.jobs`: what was started, how far it is, how it ended."""

    def __init__(self, client: Executor, storage: Storage, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._storage = storage
        self._sleep = sleep

    def list(self, *, kind: str | None = None, state: str | None = None, limit: int = 50) -> Listing[Job]:
        """Jobs, newest first: one's own, or everybody's for administrators."""
        return Listing(calls.list_(kind, state, limit), self._client.execute)

    def get(self, job_id: str) -> Job:
        """One job, and how far it is."""
        return self._client.execute(calls.get(job_id))

    def watch(self, job_id: str, *, on_progress: OnProgress | None = None) -> Job:
        """Wait for the end of a job; returns it. `on_progress` is called each time that it was looked at."""
        return drive(calls.watching(job_id, on_progress), self._client, self._sleep)

    def cancel(self, job_id: str) -> Job:
        """Stop a job: what it did until then stays done. Raises ConflictError for one that has ended otherwise."""
        return self._client.execute(calls.cancel(job_id))

    def files(self, job_id: str) -> list[LinkedFile]:
        """Links to the files that a job made, good for some minutes."""
        return self._client.execute(calls.files(job_id))

    def download(self, file: LinkedFile, target: str | Path, *, progress: Progress | None = None) -> int:
        """Write a job's file to `target`, whole or not at all. Returns how many bytes."""
        return self._storage.download(file.url, Path(target), progress)


class Imports:
    """`client.imports`: records from files."""

    def __init__(self, client: Executor, storage: Storage) -> None:
        self._client = client
        self._storage = storage

    def create(
        self,
        entity: str,
        file: str | Path,
        *,
        file_name: str | None = None,
        progress: Progress | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Announce a file and upload it; nothing is imported before `start`."""
        source = Path(file)
        size = source.stat().st_size
        if size == 0:
            raise StorageError(f"{source} is empty")
        name = file_name or source.name
        made = self._client.execute(calls.create_import(entity, name, size, None, idempotency_key))
        job_id = made.job.id
        if made.upload is not None:
            FileUpload(
                self._client,
                self._storage,
                job_id,
                made.upload,
                lambda numbers: calls.sign_import_parts(job_id, numbers),
            ).send(
                source,
                file_name=name,
                content_type=_content_type(made.upload.fields, name),
                progress=progress,
            )
        return made.job

    def resume_upload(self, job_id: str, file: str | Path, *, progress: Progress | None = None) -> None:
        """Go on with an upload that stopped: of a file in parts only the missing ones are sent."""
        source = Path(file)
        upload = self._client.execute(calls.import_upload(job_id))
        present = (
            self._client.execute(calls.import_parts(job_id))
            if upload.method == "multipart"
            else frozenset[int]()
        )
        FileUpload(
            self._client,
            self._storage,
            job_id,
            upload,
            lambda numbers: calls.sign_import_parts(job_id, numbers),
        ).send(
            source,
            file_name=source.name,
            content_type=_content_type(upload.fields, source.name),
            present=present,
            progress=progress,
        )

    def again(self, job_id: str, *, idempotency_key: str | None = None) -> Job:
        """A new import of the file of a former one, such as a dry run: nothing is uploaded twice."""
        return self._client.execute(calls.create_import(None, None, None, job_id, idempotency_key)).job

    def preview(
        self,
        job_id: str,
        *,
        options: Mapping[str, Any] | None = None,
        mapping: Sequence[Mapping[str, Any]] | None = None,
    ) -> ImportPreview:
        """How the file would be read: dialect, columns, a mapping, the first rows. Raises ValidationError."""
        return self._client.execute(calls.preview_import(job_id, options or {}, mapping))

    def start(
        self,
        job_id: str,
        *,
        mapping: Sequence[Mapping[str, Any]] | None = None,
        options: Mapping[str, Any] | None = None,
        dry_run: bool = False,
    ) -> Job:
        """Begin; without a mapping by the one that `preview` suggests. Then `client.jobs.watch`."""
        return self._client.execute(calls.start_import(job_id, mapping, options or {}, dry_run))

    def rows(self, job_id: str, *, outcome: str | None = None, limit: int = 50) -> Listing[ImportRow]:
        """What became of each row; of those with one outcome, such as `rejected`, if asked."""
        return Listing(calls.import_rows(job_id, outcome, limit), self._client.execute)

    def undo(self, job_id: str, *, idempotency_key: str | None = None) -> Job:
        """Take an import back: a job that removes what it made and restores what it changed."""
        return self._client.execute(calls.undo_import(job_id, idempotency_key))


class Exports:
    """`client.exports`"""

    def __init__(self, client: Executor) -> None:
        self._client = client

    def create(
        self,
        entity: str,
        *,
        format: str = "csv",
        filters: Mapping[str, Any] | None = None,
        fields: Sequence[str] | None = None,
        csv: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Write all records of a kind that one may export to a file; then `client.jobs.watch` and `files`."""
        body: dict[str, Any] = {"entity": entity, "format": format, "filters": dict(filters or {})}
        if fields is not None:
            body["fields"] = list(fields)
        if csv is not None:
            body["csv"] = dict(csv)
        return self._client.execute(calls.create_export(body, idempotency_key))


class Reports:
    """`client.reports`"""

    def __init__(self, client: Executor) -> None:
        self._client = client
        self.schedules = ReportSchedules(client)

    def create(self, report: str, period: str, *, idempotency_key: str | None = None, **options: Any) -> Job:
        """Make a report: `by`, `compare`, `filters`, `formats`, `recipients`, `fresh` and so on as the API has them.

        The same one again within its time is the finished job of before.
        """
        return self._client.execute(calls.create_report(report, period, options, idempotency_key))

    def get(self, job_id: str) -> Report:
        """The figures of a report; None while it is being made."""
        return self._client.execute(calls.report(job_id))

    def files(self, job_id: str) -> list[LinkedFile]:
        """Links to the report as PDF, XLSX, CSV, JSON."""
        return self._client.execute(calls.report_files(job_id))


class ReportSchedules:
    """`client.reports.schedules`: reports that are made and mailed at their times."""

    def __init__(self, client: Executor) -> None:
        self._client = client

    def list(self, *, limit: int = 50) -> Listing[ReportSchedule]:
        """All schedules."""
        return Listing(calls.schedules(limit), self._client.execute)

    def create(
        self,
        name: str,
        *,
        report: Mapping[str, Any],
        recurrence: Mapping[str, Any],
        recipients: Sequence[str],
        idempotency_key: str | None = None,
    ) -> ReportSchedule:
        """Have a report made and mailed, such as every Monday at eight."""
        body = {
            "name": name,
            "report": dict(report),
            "recurrence": dict(recurrence),
            "recipients": list(recipients),
        }
        return self._client.execute(calls.create_schedule(body, idempotency_key))

    def get(self, schedule_id: str) -> ReportSchedule:
        """One schedule."""
        return self._client.execute(calls.schedule(schedule_id))

    def change(
        self, schedule_id: str, changes: Mapping[str, Any], *, version: int | None = None
    ) -> ReportSchedule:
        """Change it by a merge patch; `{"paused": true}` stops it for a while."""
        return self._client.execute(calls.change_schedule(schedule_id, changes, version))

    def delete(self, schedule_id: str) -> None:
        """End it."""
        self._client.execute(calls.delete_schedule(schedule_id))


class Privacy:
    """`client.privacy`: requests of persons, legal holds, how long what is kept."""

    def __init__(self, client: Executor) -> None:
        self._client = client

    def request(
        self,
        kind: str,
        subject: Mapping[str, str],
        *,
        reason: str | None = None,
        confirm: bool = False,
        idempotency_key: str | None = None,
    ) -> Job:
        """Start a request: `access`, `portability` or `erasure`, of a contact, lead, user or address.

        An erasure cannot be taken back: it wants `confirm`.
        """
        return self._client.execute(calls.create_request(kind, subject, reason, confirm, idempotency_key))

    def requests(self, *, limit: int = 50) -> Listing[Job]:
        """All requests, newest first."""
        return Listing(calls.requests(limit), self._client.execute)

    def get(self, job_id: str) -> Job:
        """One request, and what came of it."""
        return self._client.execute(calls.request(job_id))

    def again(self, job_id: str, *, idempotency_key: str | None = None) -> Job:
        """Go on with an erasure that a legal hold kept from being whole."""
        return self._client.execute(calls.request_again(job_id, idempotency_key))

    def certificate(self, job_id: str) -> Certificate:
        """What an erasure did, signed."""
        return self._client.execute(calls.certificate(job_id))

    def holds(self) -> list[LegalHold]:
        """The legal holds."""
        return self._client.execute(calls.holds())

    def hold(self, body: Mapping[str, Any], *, idempotency_key: str | None = None) -> LegalHold:
        """Keep something from being erased: a `subject`, a `record` or `all`, with a `reason`."""
        return self._client.execute(calls.create_hold(body, idempotency_key))

    def end_hold(self, hold_id: str) -> None:
        """End a legal hold."""
        self._client.execute(calls.end_hold(hold_id))

    def retention(self) -> Retention:
        """How long the tenant keeps what."""
        return self._client.execute(calls.retention())

    def set_retention(self, rules: Mapping[str, Any]) -> Retention:
        """Set how long the tenant keeps what; `preview_job_id` is of a job that counts what that would erase."""
        return self._client.execute(calls.set_retention(rules))


class Backups:
    """`client.backups`"""

    def __init__(self, client: Executor) -> None:
        self._client = client

    def create(self, *, idempotency_key: str | None = None) -> Job:
        """Back the whole tenant up."""
        return self._client.execute(calls.create_backup(idempotency_key))

    def list(self, *, limit: int = 50) -> Listing[dict[str, Any]]:
        """The backups that there are, newest first."""
        return Listing(calls.backups(limit), self._client.execute)

    def restore(
        self, job_id: str, *, mode: RestoreMode = "missing", idempotency_key: str | None = None
    ) -> Job:
        """Put back what is missing, replace what is different, or make everything exactly as it was."""
        return self._client.execute(calls.restore_backup(job_id, mode, idempotency_key))


def _content_type(fields: Mapping[str, str] | None, name: str) -> str:
    """What the form was signed for; of parts nobody asks."""
    return (fields or {}).get("Content-Type") or mimetypes.guess_type(name)[0] or "application/octet-stream"
