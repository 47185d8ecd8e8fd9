"""The outcome of each row of an import, page by page, from the parts in which they were written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from zebros_core.dynamodb.cursor import CursorBinding
from zebros_core.dynamodb.paging import Page
from zebros_core.errors import NotFoundError
from zebros_jobs.domain.imports.outcomes import Outcome, RowOutcome
from zebros_jobs.use_cases.imports.files import PURPOSE, get_import, parts_of
from zebros_jobs.use_cases.run_job import Deadline, JobRun
from zebros_jobs.use_cases.workspace import Workspace

__all__ = ["list_rows", "outcomes_of"]

_PARTS_A_PAGE: Final = 20
"""Parts that are read for a page; behind them it is given short, with a cursor."""
_MOST_PART_BYTES: Final = 64 * 1024 * 1024


def list_rows(
    workspace: Workspace, job_id: str, *, outcome: Outcome | None, limit: int, cursor: str | None
) -> Page[RowOutcome]:
    """Return a page of what became of an import's rows so far; with a filter it may be short before the end.

    Rows whose outcomes were erased since are left out. Raises NotFoundError for an import out of sight.
    """
    job = get_import(workspace, job_id)
    binding = CursorBinding(
        workspace.context.tenant_id, "import-rows", {"job": job_id, "outcome": outcome and outcome.value}
    )
    cursors = workspace.jobs.store.access.cursors
    part, behind = (0, 0) if cursor is None else cursors.decode(cursor, binding)
    run = JobRun(workspace, job, workspace.progress.get(job_id), Deadline())
    keys = list(parts_of(run, "outcomes").keys())
    found: list[RowOutcome] = []
    for number in range(part, len(keys)):
        if number - part == _PARTS_A_PAGE:
            return Page(found, cursors.encode([number, behind], binding))
        for row in _outcomes(run, keys[number]):
            if row.number <= behind or (outcome is not None and row.outcome is not outcome):
                continue
            if len(found) == limit:
                return Page(found, cursors.encode([number, found[-1].number], binding))
            found.append(row)
    return Page(found, None)


def outcomes_of(run: JobRun) -> Iterator[RowOutcome]:
    """Give the outcomes that a job's checkpoint counts, in the order of the rows."""
    for key in parts_of(run, "outcomes").keys():  # noqa: SIM118 - it is no mapping
        yield from _outcomes(run, key)


def _outcomes(run: JobRun, key: str) -> Iterator[RowOutcome]:
    try:
        data = run.objects(PURPOSE).read(key, max_bytes=_MOST_PART_BYTES)
    except NotFoundError:
        return
    for line in data.splitlines():
        yield RowOutcome.load(line)
