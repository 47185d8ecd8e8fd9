"""What a restore could not put back or move to the trash, as a table: which, and why; no values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from zebros_core.http.problems import code_of
from zebros_jobs.domain.job import JobFile
from zebros_jobs.domain.tables import Column, FileFormat, TableFiles
from zebros_jobs.use_cases.parts import Parts
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["Problems"]

PURPOSE: Final = "transfers"
FOLDER: Final = "exports"
_COLUMNS: Final = tuple(map(Column, ("content", "id", "outcome", "code", "detail")))


class Problems:
    """Rows of problems, in parts beside the job's checkpoints; `state` is from the checkpoint."""

    def __init__(self, run: JobRun, tables: TableFiles, state: Mapping[str, Any] | None) -> None:
        self._run = run
        self._lines = tables.lines(FileFormat.CSV, _COLUMNS)
        self._parts = Parts(run, PURPOSE, FOLDER, name="problems", state=state)
        self._buffer = bytearray()

    def add(self, content: str, id: str, outcome: str, problem: Mapping[str, Any]) -> None:
        """Note why something was not done."""
        self._buffer += self._lines.row(
            [content, id, outcome, code_of(problem), str(problem.get("detail", ""))]
        )

    def written(self) -> dict[str, Any]:
        """Write what was noted, and return the state for the checkpoint."""
        if self._buffer:
            self._parts.add(bytes(self._buffer))
            self._buffer.clear()
        return self._parts.state

    def file(self) -> JobFile | None:
        """Put the table together; None without any problem."""
        file: JobFile | None = None
        if self._parts.count:
            key = self._run.objects(PURPOSE).key(FOLDER, self._run.job_id, "problems.csv")
            content_type = FileFormat.CSV.content_type
            size = self._parts.join(key, content_type=content_type, head=self._lines.head())
            file = JobFile(
                name="problems.csv", purpose=PURPOSE, key=key, content_type=content_type, size_bytes=size
            )
        return file
