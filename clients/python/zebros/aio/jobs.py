"""Work that takes longer than a request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from zebros.aio.executor import AsyncExecutor, drive
from zebros.calls import jobs as calls
from zebros.calls.jobs import OnProgress, RestoreMode
from zebros.listing import AsyncListing
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

__all__ = [
    "AsyncBackups",
    "AsyncExports",
    "AsyncImports",
    "AsyncJobs",
    "AsyncPrivacy",
    "AsyncReportSchedules",
    "AsyncReports",
]


class AsyncJobs:
    """`client.jobs`: what was started, how far it is, how it ended."""

    def __init__(self, client: AsyncExecutor, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._client = client
        self._sleep = sleep

    def list(
        self, *, kind: str | None = None, state: str | None = None, limit: int = 50
    ) -> AsyncListing[Job]:
        """Jobs, newest first: one's own, or everybody's for administrators."""
        return AsyncListing(calls.list_(kind, state, limit), self._client.execute)

    async def get(self, job_id: str) -> Job:
        """One job, and how far it is."""
        return await self._client.execute(calls.get(job_id))

    async def watch(self, job_id: str, *, on_progress: OnProgress | None = None) -> Job:
        """Wait for the end of a job; returns it. `on_progress` is called each time that it was looked at."""
        return await drive(calls.watching(job_id, on_progress), self._client, self._sleep)

    async def cancel(self, job_id: str) -> Job:
        """Stop a job: what it did until then stays done. Raises ConflictError for one that has ended otherwise."""
        return await self._client.execute(calls.cancel(job_id))

    async def files(self, job_id: str) -> list[LinkedFile]:
        """Links to the files that a job made, good for some minutes."""
        return await self._client.execute(calls.files(job_id))


class AsyncImports:
    """`client.imports`: records from files."""

    def __init__(self, client: AsyncExecutor) -> None:
        self._client = client

    async def again(self, job_id: str, *, idempotency_key: str | None = None) -> Job:
        """A new import of the file of a former one, such as a dry run: nothing is uploaded twice."""
        return (
            await self._client.execute(calls.create_import(None, None, None, job_id, idempotency_key))
        ).job

    async def preview(
        self,
        job_id: str,
        *,
        options: Mapping[str, Any] | None = None,
        mapping: Sequence[Mapping[str, Any]] | None = None,
    ) -> ImportPreview:
        """How the file would be read: dialect, columns, a mapping, the first rows. Raises ValidationError."""
        return await self._client.execute(calls.preview_import(job_id, options or {}, mapping))

    async def start(
        self,
        job_id: str,
        *,
        mapping: Sequence[Mapping[str, Any]] | None = None,
        options: Mapping[str, Any] | None = None,
        dry_run: bool = False,
    ) -> Job:
        """Begin; without a mapping by the one that `preview` suggests. Then `client.jobs.watch`."""
        return await self._client.execute(calls.start_import(job_id, mapping, options or {}, dry_run))

    def rows(self, job_id: str, *, outcome: str | None = None, limit: int = 50) -> AsyncListing[ImportRow]:
        """What became of each row; of those with one outcome, such as `rejected`, if asked."""
        return AsyncListing(calls.import_rows(job_id, outcome, limit), self._client.execute)

    async def undo(self, job_id: str, *, idempotency_key: str | None = None) -> Job:
        """Take an import back: a job that removes what it made and restores what it changed."""
        return await self._client.execute(calls.undo_import(job_id, idempotency_key))


class AsyncExports:
    """`client.exports`"""

    def __init__(self, client: AsyncExecutor) -> None:
        self._client = client

    async def create(
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
        return await self._client.execute(calls.create_export(body, idempotency_key))


class AsyncReports:
    """`client.reports`"""

    def __init__(self, client: AsyncExecutor) -> None:
        self._client = client
        self.schedules = AsyncReportSchedules(client)

    async def create(
        self, report: str, period: str, *, idempotency_key: str | None = None, **options: Any
    ) -> Job:
        """Make a report: `by`, `compare`, `filters`, `formats`, `recipients`, `fresh` and so on as the API has them.

        The same one again within its time is the finished job of before.
        """
        return await self._client.execute(calls.create_report(report, period, options, idempotency_key))

    async def get(self, job_id: str) -> Report:
        """The figures of a report; None while it is being made."""
        return await self._client.execute(calls.report(job_id))

    async def files(self, job_id: str) -> list[LinkedFile]:
        """Links to the report as PDF, XLSX, CSV, JSON."""
        return await self._client.execute(calls.report_files(job_id))


class AsyncReportSchedules:
    """`client.reports.schedules`: reports that are made and mailed at their times."""

    def __init__(self, client: AsyncExecutor) -> None:
        self._client = client

    def list(self, *, limit: int = 50) -> AsyncListing[ReportSchedule]:
        """All schedules."""
        return AsyncListing(calls.schedules(limit), self._client.execute)

    async def create(
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
        return await self._client.execute(calls.create_schedule(body, idempotency_key))

    async def get(self, schedule_id: str) -> ReportSchedule:
        """One schedule."""
        return await self._client.execute(calls.schedule(schedule_id))

    async def change(
        self, schedule_id: str, changes: Mapping[str, Any], *, version: int | None = None
    ) -> ReportSchedule:
        """Change it by a merge patch; `{"paused": true}` stops it for a while."""
        return await self._client.execute(calls.change_schedule(schedule_id, changes, version))

    async def delete(self, schedule_id: str) -> None:
        """End it."""
        await self._client.execute(calls.delete_schedule(schedule_id))


class AsyncPrivacy:
    """`client.privacy`: requests of persons, legal holds, how long what is kept."""

    def __init__(self, client: AsyncExecutor) -> None:
        self._client = client

    async def request(
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
        return await self._client.execute(
            calls.create_request(kind, subject, reason, confirm, idempotency_key)
        )

    def requests(self, *, limit: int = 50) -> AsyncListing[Job]:
        """All requests, newest first."""
        return AsyncListing(calls.requests(limit), self._client.execute)

    async def get(self, job_id: str) -> Job:
        """One request, and what came of it."""
        return await self._client.execute(calls.request(job_id))

    async def again(self, job_id: str, *, idempotency_key: str | None = None) -> Job:
        """Go on with an erasure that a legal hold kept from being whole."""
        return await self._client.execute(calls.request_again(job_id, idempotency_key))

    async def certificate(self, job_id: str) -> Certificate:
        """What an erasure did, signed."""
        return await self._client.execute(calls.certificate(job_id))

    async def holds(self) -> list[LegalHold]:
        """The legal holds."""
        return await self._client.execute(calls.holds())

    async def hold(self, body: Mapping[str, Any], *, idempotency_key: str | None = None) -> LegalHold:
        """Keep something from being erased: a `subject`, a `record` or `all`, with a `reason`."""
        return await self._client.execute(calls.create_hold(body, idempotency_key))

    async def end_hold(self, hold_id: str) -> None:
        """End a legal hold."""
        await self._client.execute(calls.end_hold(hold_id))

    async def retention(self) -> Retention:
        """How long the tenant keeps what."""
        return await self._client.execute(calls.retention())

    async def set_retention(self, rules: Mapping[str, Any]) -> Retention:
        """Set how long the tenant keeps what; `preview_job_id` is of a job that counts what that would erase."""
        return await self._client.execute(calls.set_retention(rules))


class AsyncBackups:
    """`client.backups`"""

    def __init__(self, client: AsyncExecutor) -> None:
        self._client = client

    async def create(self, *, idempotency_key: str | None = None) -> Job:
        """Back the whole tenant up."""
        return await self._client.execute(calls.create_backup(idempotency_key))

    def list(self, *, limit: int = 50) -> AsyncListing[dict[str, Any]]:
        """The backups that there are, newest first."""
        return AsyncListing(calls.backups(limit), self._client.execute)

    async def restore(
        self, job_id: str, *, mode: RestoreMode = "missing", idempotency_key: str | None = None
    ) -> Job:
        """Put back what is missing, replace what is different, or make everything exactly as it was."""
        return await self._client.execute(calls.restore_backup(job_id, mode, idempotency_key))
