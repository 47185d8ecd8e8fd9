"""The file of the rows that were not imported: in the form of the imported file, to be mended and imported again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from zebros_core.errors import NotFoundError
from zebros_jobs.domain.imports.outcomes import RejectedRow
from zebros_jobs.domain.imports.rejected import RejectedWriters
from zebros_jobs.domain.imports.source import LINE_COLUMN, REASON_COLUMN, Cell, Dialect
from zebros_jobs.domain.job import JobFile
from zebros_jobs.use_cases.imports.files import FOLDER, PURPOSE, parts_of
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["write_rejected"]

_MOST_PART_BYTES: Final = 64 * 1024 * 1024
_OWN: Final = frozenset({LINE_COLUMN, REASON_COLUMN})


def write_rejected(
    run: JobRun, writers: RejectedWriters, file_name: str, columns: Sequence[str], dialect: Dialect
) -> JobFile | None:
    """Write the rejected rows into a file of the same format, dialect and encoding; None where there are none.

    Line and reason are two columns more. A file of rejected rows can be imported again, and its own such columns are
    not kept twice. Cells beyond the header follow the reason, so that nothing of a row is lost.
    """
    parts = parts_of(run, "rejected")
    if parts.count == 0:
        return None
    kept = [number for number, name in enumerate(columns) if name not in _OWN]
    width = len(columns)

    def rows() -> Iterator[Sequence[Cell]]:
        yield [*(columns[number] for number in kept), LINE_COLUMN, REASON_COLUMN]
        for row in _rejected_rows(run):
            cells = [row.cells[number] if number < len(row.cells) else None for number in kept]
            yield [*cells, row.line, row.reason, *row.cells[width:]]

    extension = dialect.format
    name = f"{PurePosixPath(file_name).stem or 'import'}.errors.{extension}"
    key = run.objects(PURPOSE).key(FOLDER, run.job_id, f"errors.{extension}")
    with run.streams(PURPOSE).create(key, content_type=writers.content_type(dialect)) as out:
        writers.write(out, dialect, rows())
        size = out.size_bytes
    return JobFile(
        name=name, purpose=PURPOSE, key=key, content_type=writers.content_type(dialect), size_bytes=size
    )


def _rejected_rows(run: JobRun) -> Iterator[RejectedRow]:
    """Give the rejected rows in their order; those of a part that was deleted since are left out."""
    objects = run.objects(PURPOSE)
    for key in parts_of(run, "rejected").keys():  # noqa: SIM118 - it is no mapping
        try:
            data = objects.read(key, max_bytes=_MOST_PART_BYTES)
        except NotFoundError:
            continue
        for line in data.splitlines():
            yield RejectedRow.load(line)
