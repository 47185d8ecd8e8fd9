"""The work of an import: chunks of rows are judged in their order and sent, some of them at the same time.

A chunk is the next 500 rows, or fewer that are large. Its outcomes are written in parts before the checkpoint that
counts it. So of a worker that dies what it had sent and not counted is sent again, under the same ids, and found done.
"""

from __future__ import annotations

import contextvars
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Final

from zebros_core.bulk.client import decided
from zebros_core.errors import NotFoundError, UnavailableError, ZebrosError
from zebros_core.storage import ObjectChangedError
from zebros_jobs.domain.errors import JobInputError, JobStop, LeaseLostError, PausedError
from zebros_jobs.domain.imports.entities import ENTITIES, ImportedEntity
from zebros_jobs.domain.imports.options import ImportParameters
from zebros_jobs.domain.imports.outcomes import Outcome, RejectedRow, RowOutcome, Tally
from zebros_jobs.domain.imports.source import BEGINNING, FileProblemError, Position, Row, Table
from zebros_jobs.use_cases.imports.answers import note_answers
from zebros_jobs.use_cases.imports.files import parts_of
from zebros_jobs.use_cases.imports.former import FormerValues
from zebros_jobs.use_cases.imports.judging import Judge, JudgedRow
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["Importing", "file_gone"]

REHEARSED_BATCHES: Final = 4
"""A chunk of a dry run is so many times as large: it is only read."""
INVITED_ROWS: Final = 20
"""People of a chunk: each takes some calls of the identity provider, and a chunk has to end within a lease."""
CHUNK_BYTES: Final = 1024 * 1024
"""Bytes of the file after which a chunk is sent: as JSON they may be four times as many, which is what a door takes."""


@dataclass(slots=True)
class _Chunk:
    rows: list[Row]
    end: Position
    read_bytes: int


@dataclass(slots=True)
class _Sent:
    """A chunk on its way: what was judged, and the outcomes of what was sent, when they come."""

    chunk: _Chunk
    judged: list[JudgedRow]
    answers: Future[list[dict[str, Any]]] | None


def file_gone() -> JobInputError:
    """Return the reason of an import whose file is not there any more as it was."""
    return JobInputError.for_field(
        "/file",
        "file-changed",
        "The file was changed or deleted after the import had begun; nothing behind the last line that is listed was"
        " read. Upload it again for a new import: rows that are in are found again.",
    )


class Importing:
    """One stretch of an import's work, from its checkpoint on."""

    def __init__(
        self,
        run: JobRun,
        table: Table,
        judge: Judge,
        parameters: ImportParameters,
        entity: ImportedEntity,
        former: FormerValues,
    ) -> None:
        self._run = run
        self._table = table
        self._judge = judge
        self._rehearse = parameters.dry_run
        self._entity = entity
        self._former = former
        self._outcomes = parts_of(run, "outcomes")
        self._rejected = parts_of(run, "rejected")
        checkpoint: Mapping[str, Any] = run.checkpoint or {}
        self._tally = Tally(checkpoint.get("tally"))
        self._start = Position.load(checkpoint["at"]) if "at" in checkpoint else BEGINNING
        self._at_once = run.workspace.settings.batches_at_once
        self._most_rows = run.workspace.settings.batch_rows
        if self._rehearse:
            self._most_rows *= REHEARSED_BATCHES
        elif entity.name == "user":
            self._most_rows = min(self._most_rows, INVITED_ROWS)

    def work(self) -> None:
        """Import what is left. Raises JobInputError where the file cannot be read on, JobStop."""
        waiting: deque[_Sent] = deque()
        with ThreadPoolExecutor(max(1, self._at_once), "import") as pool:
            try:
                for chunk in self._chunks():
                    waiting.append(self._send(pool, chunk))
                    if len(waiting) > self._at_once or self._run.is_over:
                        self._note_first(waiting)
                    if self._run.is_over:
                        raise PausedError
                while waiting:
                    self._note_first(waiting)
            except (LeaseLostError, UnavailableError):
                raise  # what was sent is sent again, by whoever goes on
            except ZebrosError as stop:
                self._drain(waiting)
                if isinstance(stop, ObjectChangedError | NotFoundError):
                    raise file_gone() from stop
                raise

    def _drain(self, waiting: deque[_Sent]) -> None:
        """Note the outcomes of what was sent already: nothing is done of which nobody is told.

        Behind a chunk that was refused as a whole nothing is noted: what is listed has no gaps.
        """
        while waiting:
            try:
                self._note_first(waiting)
            except (LeaseLostError, UnavailableError):
                raise
            except JobStop:
                continue  # it was noted, and then told to stop, which it does
            except ZebrosError:
                return  # the first such error ends the import, and is the one that is told

    # -- reading -----------------------------------------------------------------------------------------------

    def _chunks(self) -> Iterator[_Chunk]:
        """Cut the file into chunks; what can be read before a fault of the file is one, too."""
        rows: list[Row] = []
        begun = self._table.read_bytes
        try:
            for row in self._table.rows(self._start):
                rows.append(row)
                if len(rows) == self._most_rows or self._table.read_bytes - begun >= CHUNK_BYTES:
                    yield _Chunk(rows, row.end, self._table.read_bytes)
                    rows, begun = [], self._table.read_bytes
        except (FileProblemError, ObjectChangedError, NotFoundError):
            if rows:
                yield _Chunk(rows, rows[-1].end, self._table.read_bytes)
            raise
        if rows:
            yield _Chunk(rows, rows[-1].end, self._table.total_bytes)

    # -- sending -----------------------------------------------------------------------------------------------

    def _send(self, pool: ThreadPoolExecutor, chunk: _Chunk) -> _Sent:
        judged = self._judge.judge(chunk.rows, look_up=self._former.is_kept)
        sending = [row for row in judged if row.mutation is not None]
        mutations = [row.mutation for row in sending if row.mutation is not None]
        if self._rehearse:
            for row in sending:
                row.outcome = Outcome.CREATED if row.id is None else Outcome.UPDATED
            return _Sent(chunk, judged, None)
        if not mutations:
            return _Sent(chunk, judged, None)
        self._former.keep(sending)
        door = self._run.door(self._entity.service)
        # The log's context, which says whose job this is, goes along.
        context = contextvars.copy_context()
        answers = pool.submit(context.run, door.apply, mutations)
        if self._at_once == 0:
            wait([answers])
        return _Sent(chunk, judged, answers)

    # -- noting ------------------------------------------------------------------------------------------------

    def _note_first(self, waiting: deque[_Sent]) -> None:
        """Note what became of the first chunk that was sent; one that was refused as a whole stays the first.

        Raises UnavailableError also where rows found no capacity: that says nothing about them.
        """
        sent = waiting[0]
        answers = decided(sent.answers.result()) if sent.answers is not None else []
        waiting.popleft()
        self._note(sent, answers)

    def _note(self, sent: _Sent, answers: Sequence[Mapping[str, Any]]) -> None:
        """Write what became of a chunk, and then the checkpoint that counts it."""
        note_answers(self._entity, sent.judged, answers)
        outcomes = [
            RowOutcome(
                row.number,
                row.line,
                row.outcome or Outcome.REJECTED,
                row.id,
                row.problem,
                row.keys,
                row.digest,
            )
            for row in sent.judged
        ]
        self._tally.add(self._entity.service, outcomes, written=not self._rehearse)
        for entity in (entity for row in sent.judged for entity in row.made):
            self._tally.add_made(ENTITIES[entity].service, entity)
        self._outcomes.add(b"".join(outcome.dump() for outcome in outcomes))
        refused = b"".join(
            RejectedRow(row.line, row.problem.reason, row.cells).dump()
            for row in sent.judged
            if row.problem is not None
        )
        if refused:
            self._rejected.add(refused)
        self._run.save(
            {
                "at": sent.chunk.end.dump(),
                "outcomes": self._outcomes.state,
                "rejected": self._rejected.state,
                "tally": self._tally.dump(),
            },
            done=sent.chunk.read_bytes,
            counters={**self._tally.counts, "rows": self._tally.rows},
        )
