"""The work of a report: read, count, write files. Each table part, the figures and each file are a checkpoint."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from zebros_core.auth.permissions import Rights
from zebros_core.errors import ValidationError
from zebros_jobs.domain.errors import JobInputError
from zebros_jobs.domain.job import JobFile, JobState
from zebros_jobs.domain.reports.numbers import number
from zebros_jobs.domain.reports.ports import Engines, Writers
from zebros_jobs.domain.reports.request import ReportFormat, ReportParameters
from zebros_jobs.domain.reports.result import ReportResult
from zebros_jobs.domain.reports.spooling import Table, tables_of
from zebros_jobs.domain.work import JobResult, Plan
from zebros_jobs.repositories.report_results import PURPOSE, ReportAnswers, ReportResults
from zebros_jobs.settings import Settings
from zebros_jobs.use_cases.reports.compute import compute, reading_of
from zebros_jobs.use_cases.reports.mail_report import Mailers, mail_report
from zebros_jobs.use_cases.reports.spool import PAGE, SpoolState, read_tables, remove_parts
from zebros_jobs.use_cases.run_job import JobRun, Work

__all__ = ["ReportWork"]

LARGE_PAGES: Final = 5
"""Pages of its largest table after which a report is work for a task of its own."""
_FULL: Final = "all-rows.json.gz"
_CONTENT_TYPES: Final[Mapping[ReportFormat, str]] = {
    ReportFormat.PDF: "application/pdf",
    ReportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ReportFormat.CSV: "text/csv; charset=utf-8",
    ReportFormat.JSON: "application/json",
}


@dataclass(slots=True)
class _State:
    """What the checkpoint says of the time after the reading: whether figures are there, and which files."""

    counted: bool = False
    files: list[JobFile] = field(default_factory=list[JobFile])

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> _State:
        return cls(
            kept.get("counted", False), [JobFile.model_validate(each) for each in kept.get("files", ())]
        )

    def json(self, spool: Any) -> dict[str, Any]:
        files = [each.model_dump(mode="json", by_alias=True) for each in self.files]
        return {"spool": spool, "counted": self.counted, "files": files}


class ReportWork(Work):
    """Makes reports."""

    def __init__(
        self,
        engines: Engines,
        writers: Writers,
        mailers: Mailers,
        rights: Callable[[Settings], Rights],
        *,
        page: int = PAGE,
    ) -> None:
        """`mailers` and `rights` give what a stage's settings name: its mail service, its role table."""
        self._engines = engines
        self._writers = writers
        self._mailers = mailers
        self._rights = rights
        self._page = page

    def prepare(self, run: JobRun) -> Plan:
        """Check what is asked for, and look whether the records are few."""
        table = _tables(run)[0]
        door = run.system_door(table.service)
        cursor: str | None = None
        for _ in range(LARGE_PAGES):
            page = door.export(table.entity, limit=self._page, cursor=cursor)
            cursor = page["nextCursor"]
            if cursor is None:
                break
        return Plan(unit="records", large=cursor is not None)

    def carry_out(self, run: JobRun) -> None:
        """Read, count, write files."""
        asked, tables = _asked(run), _tables(run)
        read_tables(run, tables, reading_of(run, asked), page=self._page)
        kept = run.checkpoint or {}
        state = _State.of(kept)
        results = ReportResults(run.objects(PURPOSE))
        if not state.counted:
            self._count(run, asked, tables, results)
            state.counted = True
            run.save(state.json(kept["spool"]), note="writing files" if asked.formats else "")
        missing = [each for each in asked.formats if each.value not in {_form(file) for file in state.files}]
        if missing:
            result = results.get(run.job_id, name=_FULL)
            for form in missing:
                state.files.append(self._write(run, results, form, result))
                run.save(state.json(kept["spool"]), note="" if form is missing[-1] else None)

    def _count(
        self, run: JobRun, asked: ReportParameters, tables: tuple[Table, ...], results: ReportResults
    ) -> None:
        spool = SpoolState.of((run.checkpoint or {}).get("spool"))
        with tempfile.TemporaryDirectory(prefix="report-") as folder:
            result = compute(run, asked, tables, spool, self._engines, Path(folder))
        results.put(run.job_id, result, name=_FULL)
        results.put(run.job_id, result.shown())

    def _write(
        self, run: JobRun, results: ReportResults, form: ReportFormat, result: ReportResult
    ) -> JobFile:
        name = f"{result.report.value}-{result.period.id.replace('/', '_')}.{form.value}"
        key = results.key(run.job_id, f"report.{form.value}")
        content_type = _CONTENT_TYPES[form]
        with tempfile.TemporaryFile(prefix="report-") as file:
            self._writers.write(form, result, file)
            file.seek(0)
            with run.streams(PURPOSE).create(key, content_type=content_type) as out:
                while chunk := file.read(1024 * 1024):
                    out.write(chunk)
                size = out.size_bytes
        return JobFile(name=name, purpose=PURPOSE, key=key, content_type=content_type, size_bytes=size)

    def finalize(self, run: JobRun) -> JobResult:
        """Give the totals and the files, and delete what was read."""
        asked = _asked(run)
        kept = run.checkpoint or {}
        state = _State.of(kept)
        results = ReportResults(run.objects(PURPOSE))
        remove_parts(run, _tables(run), SpoolState.of(kept.get("spool")))
        results.remove(run.job_id, name=_FULL)
        if not run.progress.worked:
            return JobResult({"complete": False}, tuple(state.files))
        result = results.get(run.job_id)
        formats = frozenset(each.value for each in asked.formats)
        ReportAnswers(run.workspace.lookup, run.clock).put(asked.sameness(), run.job_id, formats)
        return JobResult(_summary(result), tuple(state.files))

    def notify(self, run: JobRun) -> None:
        """Mail the report to those who are to have it."""
        asked = _asked(run)
        if run.job.state is JobState.SUCCEEDED and asked.recipients:
            settings = run.workspace.settings
            mail_report(run, asked, self._mailers(settings), self._rights(settings))


def _asked(run: JobRun) -> ReportParameters:
    return ReportParameters.model_validate_json(run.job.parameters)


def _tables(run: JobRun) -> tuple[Table, ...]:
    asked = _asked(run)
    try:
        asked.check(asked.today)
    except ValidationError as error:
        raise JobInputError(error.detail, fields=error.fields) from error
    return tables_of(asked)


def _form(file: JobFile) -> str:
    return file.key.rpartition(".")[2]


def _summary(result: ReportResult) -> dict[str, Any]:
    """Return the whole of a report, as the job's record keeps it."""
    totals = result.totals
    return {
        "complete": True,
        "report": result.report.value,
        "period": result.period.label,
        "formerPeriod": result.former_period.label if result.former_period is not None else None,
        "rows": result.row_count,
        "empty": result.is_empty,
        "baseCurrency": result.base_currency,
        "missingRates": list(result.missing_rates),
        # Amounts by currency are in the result itself: there may be very many.
        "totals": {key: number(value) for key, value in totals.values.items() if ":" not in key},
        "change": {
            key: {"absolute": number(change.absolute), "percent": number(change.percent)}
            for key, change in (totals.change or {}).items()
            if ":" not in key
        },
    }
