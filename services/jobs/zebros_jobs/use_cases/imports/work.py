"""What a job of kind import does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from zebros_core.errors import NotFoundError
from zebros_core.storage import ObjectChangedError
from zebros_jobs.domain.imports.entities import ENTITIES
from zebros_jobs.domain.imports.mapping import RowMapping
from zebros_jobs.domain.imports.options import ImportParameters
from zebros_jobs.domain.imports.outcomes import Tally
from zebros_jobs.domain.imports.rejected import RejectedWriters
from zebros_jobs.domain.imports.seen import SeenRows
from zebros_jobs.domain.imports.source import Dialect, DialectWish, Table
from zebros_jobs.domain.work import JobResult, Plan
from zebros_jobs.use_cases.imports.files import FOLDER, PURPOSE, parameters_of, source_of, style_of
from zebros_jobs.use_cases.imports.former import FormerValues
from zebros_jobs.use_cases.imports.importing import Importing, file_gone
from zebros_jobs.use_cases.imports.judging import Judge
from zebros_jobs.use_cases.imports.list_rows import outcomes_of
from zebros_jobs.use_cases.imports.rejected_file import write_rejected
from zebros_jobs.use_cases.run_job import JobRun, Work

__all__ = ["ImportWork"]

LARGE_BYTES: Final = 5 * 1024 * 1024
"""From here on a task does the work: a function's quarter of an hour might be too short."""
_COLUMNS: Final = "columns.json"
_MOST_COLUMNS_BYTES: Final = 1024 * 1024


class ImportWork(Work):
    """Brings the rows of a file to the services that own their records."""

    def __init__(self, seen: Callable[[], SeenRows], writers: RejectedWriters) -> None:
        """`seen` makes what remembers rows."""
        self._seen = seen
        self._writers = writers

    def prepare(self, run: JobRun) -> Plan:
        """Open the file, which has to be the one of the start, and check what can be checked before its rows."""
        parameters = parameters_of(run.job)
        with _opened(run, parameters) as table:
            _mapping(run, parameters, table.columns)
            table.verify()
            run.objects(PURPOSE).write(
                run.objects(PURPOSE).key(FOLDER, run.job_id, _COLUMNS),
                json.dumps({"columns": list(table.columns)}).encode(),
                content_type="application/json",
            )
            total = table.total_bytes
        return Plan(total=total, unit="bytes", large=total > LARGE_BYTES)

    def carry_out(self, run: JobRun) -> None:
        """Import the rows behind the checkpoint."""
        parameters = parameters_of(run.job)
        with ExitStack() as stack:
            table = stack.enter_context(_opened(run, parameters))
            mapping = _mapping(run, parameters, table.columns)
            seen = self._seen()
            stack.callback(seen.close)
            for outcome in outcomes_of(run):
                seen.claim(outcome.keys, outcome.line, outcome.digest)
            judge = Judge(run, mapping, seen, rehearse=parameters.dry_run)
            former = FormerValues(run, mapping)
            Importing(run, table, judge, parameters, mapping.entity, former).work()

    def finalize(self, run: JobRun) -> JobResult:
        """Put the rejected rows into a file, and say what became of all."""
        parameters = parameters_of(run.job)
        checkpoint = run.checkpoint or {}
        tally = Tally(checkpoint.get("tally"))
        summary: dict[str, Any] = {
            "entity": parameters.entity,
            "dryRun": parameters.dry_run,
            "rows": tally.rows,
            **tally.counts,
            "made": tally.made,
            "writes": tally.writes,
            "problems": list(tally.problems()),
            # What was sent behind it may be done without being listed; an undo finds it all the same.
            "stoppedAfterLine": None if run.progress.worked else _last_line(checkpoint.get("at")),
        }
        file = write_rejected(
            run, self._writers, parameters.file.name, _columns(run), parameters.dialect or Dialect()
        )
        return JobResult(summary, (file,) if file is not None else ())


@contextmanager
def _opened(run: JobRun, parameters: ImportParameters) -> Iterator[Table]:
    """Open the file as it was at the start of the import. Raises JobInputError."""
    source = source_of(run.workspace, parameters.file)
    wish = DialectWish.of(parameters.dialect) if parameters.dialect else parameters.options
    try:
        table = run.workspace.open_table(source, wish)
    except (NotFoundError, ObjectChangedError) as error:
        raise file_gone() from error
    try:
        yield table
    finally:
        table.close()


def _mapping(run: JobRun, parameters: ImportParameters, columns: Sequence[str]) -> RowMapping:
    """Make the mapping ready. A field that was removed since the start fails the import before it begins."""
    entity = ENTITIES[parameters.entity]
    custom = any(entry.field.startswith("custom.") for entry in parameters.mapping)
    return RowMapping.of(
        entity,
        columns,
        parameters.mapping,
        parameters.options,
        style_of(run.workspace, parameters.options),
        run.workspace.definitions(entity.name) if custom else (),
    )


def _columns(run: JobRun) -> list[str]:
    """Return the file's columns, which are kept: the file itself may be gone by now."""
    try:
        key = run.objects(PURPOSE).key(FOLDER, run.job_id, _COLUMNS)
        columns: list[str] = json.loads(run.objects(PURPOSE).read(key, max_bytes=_MOST_COLUMNS_BYTES))[
            "columns"
        ]
    except NotFoundError:
        return []
    return columns


def _last_line(at: Sequence[int] | None) -> int:
    return 0 if at is None else max(0, at[1] - 1)
