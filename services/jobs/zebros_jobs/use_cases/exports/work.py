"""The work of an export: rows in parts, then the parts as one file."""

from __future__ import annotations

import io
import json
import tempfile
from dataclasses import dataclass
from typing import Any, Final

from zebros_core.audit import new_audit_event
from zebros_core.errors import ValidationError
from zebros_jobs.domain.errors import JobInputError
from zebros_jobs.domain.exports import CustomColumn, ExportColumns, ExportParameters, chosen_columns
from zebros_jobs.domain.job import JobFile
from zebros_jobs.domain.tables import FileFormat, Lines, TableFiles
from zebros_jobs.domain.work import JobResult, Plan
from zebros_jobs.use_cases.exports.records import RecordPages
from zebros_jobs.use_cases.parts import Parts
from zebros_jobs.use_cases.passes import Pass, Place
from zebros_jobs.use_cases.run_job import JobRun, Work

__all__ = ["ExportWork"]

PURPOSE: Final = "transfers"
FOLDER: Final = "exports"
_PAGE: Final = 500
_PART_BYTES: Final = 8 * 1024 * 1024
_PROBE_PAGE: Final = 1000
_PROBES: Final = 5
_CHUNK_BYTES: Final = 1024 * 1024


@dataclass(slots=True)
class _State:
    """The checkpoint. `size` and `truncated` are of the finished file."""

    place: Place
    custom: list[CustomColumn]
    parts: dict[str, Any] | None = None
    rows: int = 0
    size: int | None = None
    truncated: int = 0

    @classmethod
    def of(cls, kept: Any) -> _State:
        return cls(
            Place.of(kept["place"]),
            [CustomColumn.model_validate(each) for each in kept["custom"]],
            kept["parts"],
            kept["rows"],
            kept["size"],
            kept["truncated"],
        )

    def json(self) -> dict[str, Any]:
        return {
            "place": self.place.state,
            "custom": [each.model_dump(mode="json") for each in self.custom],
            "parts": self.parts,
            "rows": self.rows,
            "size": self.size,
            "truncated": self.truncated,
        }


class _CellLines:
    """Rows on their way into a workbook: their cells as JSON, one row a line."""

    def head(self) -> bytes:
        return b""

    def row(self, cells: Any) -> bytes:
        return json.dumps(cells).encode() + b"\n"


class ExportWork(Work):
    """Exports records. A part is written, and a checkpoint made, for every `part_bytes` of rows."""

    def __init__(self, tables: TableFiles, *, page: int = _PAGE, part_bytes: int = _PART_BYTES) -> None:
        self._tables = tables
        self._page = page
        self._part_bytes = part_bytes

    def prepare(self, run: JobRun) -> Plan:
        """Check the columns, and look whether the records are few."""
        parameters = _parameters(run)
        _columns(parameters, _defined(run, parameters))
        door = run.door(parameters.exported.service)
        cursor: str | None = None
        for _ in range(_PROBES):
            page = door.export(parameters.entity.value, limit=_PROBE_PAGE, cursor=cursor)
            cursor = page["nextCursor"]
            if cursor is None:
                break
        return Plan(unit="records", large=cursor is not None)

    def carry_out(self, run: JobRun) -> None:
        """Write the rows, then the file."""
        parameters = _parameters(run)
        if run.checkpoint is None:
            # What the export is made of is settled here, and stays whatever is defined or made meanwhile.
            first = _State(Place.first(run.clock.now()), _defined(run, parameters))
            run.save(first.json(), done=0, counters={"written": 0})
        state = _State.of(run.checkpoint)
        columns = _columns(parameters, state.custom)
        parts = Parts(run, PURPOSE, FOLDER, state=state.parts)
        if state.place.at is not Pass.OVER:
            self._write_rows(run, parameters, columns, state, parts)
        if state.size is None:
            self._write_file(run, parameters, columns, state, parts)
            run.save(state.json(), note="")

    def _write_rows(
        self, run: JobRun, parameters: ExportParameters, columns: ExportColumns, state: _State, parts: Parts
    ) -> None:
        pages = RecordPages(run, parameters, columns, page=self._page)
        lines = self._lines(parameters, columns)
        buffer = bytearray()
        while state.place.at is not Pass.OVER:
            records = pages.next(state.place)
            for record in records:
                buffer += lines.row(columns.cells(record))
            state.rows += len(records)
            if len(buffer) >= self._part_bytes or run.is_over or state.place.at is Pass.OVER:
                if buffer:
                    parts.add(bytes(buffer))
                    buffer.clear()
                state.parts = parts.state
                run.save(state.json(), done=state.place.seen, counters={"written": state.rows})

    def _lines(self, parameters: ExportParameters, columns: ExportColumns) -> Lines:
        if parameters.format is FileFormat.XLSX:
            return _CellLines()
        return self._tables.lines(parameters.format, columns.columns, parameters.csv)

    def _write_file(
        self, run: JobRun, parameters: ExportParameters, columns: ExportColumns, state: _State, parts: Parts
    ) -> None:
        key = run.objects(PURPOSE).key(FOLDER, run.job_id, f"file.{parameters.format}")
        content_type = parameters.format.content_type
        if parameters.format is not FileFormat.XLSX:
            head = self._lines(parameters, columns).head()
            state.size = parts.join(key, content_type=content_type, head=head)
            return
        with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
            with self._tables.book(file.name) as book:
                sheet = book.sheet(parameters.exported.plural.capitalize(), columns.columns)
                for reader in parts.readers():
                    for line in io.BufferedReader(reader, _CHUNK_BYTES):
                        sheet.row(columns.typed(json.loads(line)))
                state.truncated = book.truncated
            with run.streams(PURPOSE).create(key, content_type=content_type) as out:
                while chunk := file.read(_CHUNK_BYTES):
                    out.write(chunk)
                state.size = out.size_bytes

    def finalize(self, run: JobRun) -> JobResult:
        """Say what was exported; an export that ended half-way gives no file."""
        parameters = _parameters(run)
        state = _State.of(run.checkpoint)
        Parts(run, PURPOSE, FOLDER).remove()
        summary: dict[str, Any] = {"records": state.rows}
        if state.size is None or not run.progress.worked:
            return JobResult(summary)
        if state.truncated:
            summary["truncatedCells"] = state.truncated
        details = {"format": parameters.format.value, "records": state.rows, "operation": "export"}
        entry = new_audit_event(
            run.context,
            "records.exported",
            clock=run.clock,
            entity=parameters.entity.value,
            details=details,
        )
        # Under the job's id, so that a repeated step says it once.
        run.workspace.audit.record(entry.model_copy(update={"id": run.job_id}))
        return JobResult(summary, (_file(run, parameters, state.size),))


def _parameters(run: JobRun) -> ExportParameters:
    return ExportParameters.model_validate_json(run.job.parameters)


def _defined(run: JobRun, parameters: ExportParameters) -> list[CustomColumn]:
    """Return the custom fields as they are defined now."""
    exported = parameters.exported
    if not exported.custom:
        return []
    # The names of fields are no secret from somebody who may export their values.
    found = run.system_door("customers").call("fields", entity=exported.entity.value)["items"]
    return [CustomColumn(name=field["name"], type=field["type"]) for field in found]


def _columns(parameters: ExportParameters, custom: list[CustomColumn]) -> ExportColumns:
    try:
        return chosen_columns(parameters, custom)
    except ValidationError as error:
        raise JobInputError(error.detail, fields=error.fields) from None


def _file(run: JobRun, parameters: ExportParameters, size: int) -> JobFile:
    return JobFile(
        name=f"{parameters.exported.plural}-{run.job.created_at:%Y-%m-%d}.{parameters.format}",
        purpose=PURPOSE,
        key=run.objects(PURPOSE).key(FOLDER, run.job_id, f"file.{parameters.format}"),
        content_type=parameters.format.content_type,
        size_bytes=size,
    )
