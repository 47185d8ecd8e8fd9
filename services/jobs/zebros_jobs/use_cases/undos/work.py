"""What a job of kind undo does: it waits for the history, then takes back what an import wrote, record by record.

Everything is compared with the record as it is now, so that any of it may be done again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any, Final

from zebros_core.bulk.client import decided
from zebros_jobs.domain.catching_up import CatchingUp
from zebros_jobs.domain.errors import JobInputError
from zebros_jobs.domain.imports.entities import ENTITIES, ImportedEntity
from zebros_jobs.domain.imports.outcomes import Tally
from zebros_jobs.domain.job import Job, JobFile, JobState
from zebros_jobs.domain.kept_values import KeptValues
from zebros_jobs.domain.tables import Column, FileFormat, TableFiles
from zebros_jobs.domain.undos import (
    Undoing,
    UndoOutcome,
    UndoParameters,
    WrittenRecord,
    undoing_of,
    written_records,
)
from zebros_jobs.domain.work import JobResult, Plan
from zebros_jobs.use_cases.imports.files import FOLDER, PURPOSE
from zebros_jobs.use_cases.parts import Parts
from zebros_jobs.use_cases.run_job import JobRun, Work
from zebros_jobs.use_cases.undos.in_use import in_use
from zebros_jobs.use_cases.undos.reopening import put_back_closed
from zebros_jobs.use_cases.undos.side_values import SideValues

__all__ = ["UndoWork"]

_MOST_WAIT: Final = timedelta(hours=1)
_UNCLEAR: Final = timedelta(minutes=2)
"""How long after the end of an import whose worker died its last writes may still be on their way."""
_WAITING: Final = "waiting"
"""Of a checkpoint: the last look at the history, while it is behind."""
_LARGE: Final = 5_000
_AT_ONCE: Final = 200
_COLUMNS: Final = (Column("entity"), Column("id"), Column("why"), Column("fields"))


class UndoWork(Work):
    """Takes back what an import wrote."""

    def __init__(self, files: TableFiles, kept: Callable[[], KeptValues]) -> None:
        """`kept` makes what remembers former values."""
        self._files = files
        self._kept = kept

    def prepare(self, run: JobRun) -> Plan:
        """Wait until the history knows everything that the import wrote."""
        checkpoint: Mapping[str, Any] = run.checkpoint or {}
        job = _import_of(run)
        expected, is_exact = _written(run, job)
        known = {service: run.system_door(service).count_changes(job.id) for service in expected}
        total = sum(known.values())
        plan = Plan(total=total, unit="records", large=total > _LARGE)
        if checkpoint.keys() - {_WAITING}:
            return plan  # it was level once, and work has begun
        waited = run.clock.now() - (run.job.started_at or run.clock.now())
        behind = sum(max(0, expected[service] - known[service]) for service in expected)
        ended = job.finished_at or job.updated_at
        unclear = not is_exact and ended is not None and run.clock.now() - ended < _UNCLEAR
        if behind and waited > _MOST_WAIT:
            raise JobInputError.for_field(
                "/importId",
                "history-behind",
                f"The history still lacks {behind:,} of the records that this import wrote; nothing was undone. Tell"
                " whoever runs the platform, and undo it again later.",
            )
        if not behind and not unclear:
            if checkpoint:
                run.save({}, note="")
            return plan
        look = CatchingUp.after(
            CatchingUp.load(checkpoint.get(_WAITING)),
            known=total,
            expected=total + behind,
            waited=int(waited.total_seconds()),
        )
        run.save({_WAITING: look.dump()}, note=look.note)
        return Plan(total=look.expected, unit="records", wait_seconds=look.pause)

    def carry_out(self, run: JobRun) -> None:
        """Undo what is left: what depends on other records first."""
        with closing(self._kept()) as kept:
            _Undo(run, self._files, kept).work()

    def finalize(self, run: JobRun) -> JobResult:
        """Say what became of the records, and list those that were kept."""
        checkpoint = run.checkpoint or {}
        counts: Mapping[str, int] = checkpoint.get("counts", {})
        parts = Parts(run, PURPOSE, FOLDER, name="kept", state=checkpoint.get("kept"))
        summary = {
            "importId": run.job.parent_id,
            **{outcome.value: counts.get(outcome.value, 0) for outcome in UndoOutcome},
        }
        if parts.count == 0:
            return JobResult(summary)
        key = run.objects(PURPOSE).key(FOLDER, run.job_id, "kept.csv")
        head = self._files.lines(FileFormat.CSV, _COLUMNS).head()
        size = parts.join(key, content_type=FileFormat.CSV.content_type, head=head)
        file = JobFile(
            name="kept.csv",
            purpose=PURPOSE,
            key=key,
            content_type=FileFormat.CSV.content_type,
            size_bytes=size,
        )
        return JobResult(summary, (file,))


class _Undo:
    """One stretch of an undo, from its checkpoint on: the passes in their order, each page by page."""

    def __init__(self, run: JobRun, files: TableFiles, kept: KeptValues) -> None:
        self._run = run
        self._lines = files.lines(FileFormat.CSV, _COLUMNS)
        parameters = UndoParameters.model_validate_json(run.job.parameters)
        self._import_id = parameters.import_id
        checkpoint: Mapping[str, Any] = run.checkpoint or {}
        self._pass = int(checkpoint.get("pass", 0))
        self._cursor: str | None = checkpoint.get("cursor")
        self._counts: dict[str, int] = dict(checkpoint.get("counts", {}))
        self._done = int(checkpoint.get("done", 0))
        self._kept = Parts(run, PURPOSE, FOLDER, name="kept", state=checkpoint.get("kept"))
        self._entity = ENTITIES[parameters.entity]
        # Children before parents, and what was made along with them last.
        made = [name for name in ("product", "customer") if name != self._entity.name]
        self._passes = [self._entity, *(ENTITIES[name] for name in made)]
        self._sides = SideValues(run, self._import_id, kept)

    def work(self) -> None:
        """Undo what is left."""
        for number in range(self._pass, len(self._passes)):
            if number != self._pass:
                self._pass, self._cursor = number, None
            self._undo_records(self._passes[number])

    # -- records -----------------------------------------------------------------------------------------------

    def _undo_records(self, entity: ImportedEntity) -> None:
        door = self._run.system_door(entity.service)
        while True:
            page = door.changes(self._import_id, limit=_AT_ONCE, cursor=self._cursor)
            records = [each for each in written_records(page["items"]) if each.entity == entity.name]
            self._undo_page(entity, records)
            self._cursor = page["nextCursor"]
            self._save()
            if self._cursor is None:
                return

    def _undo_page(self, entity: ImportedEntity, records: Sequence[WrittenRecord]) -> None:
        ids = [record.id for record in records]
        found = self._run.system_door(entity.service).read(entity.name, ids) if ids else []
        present = {record[entity.id_field]: record for record in found}
        undoings = [
            undoing_of(record, present.get(record.id), entity.id_field, entity.upkeep) for record in records
        ]
        self._add_sides(entity, records, undoings)
        self._keep_what_is_in_use(entity, records, undoings, present)
        sent = [
            (record, undoing)
            for record, undoing in zip(records, undoings, strict=True)
            if undoing.outcome in {UndoOutcome.REMOVED, UndoOutcome.RESTORED}
        ]
        self._send(entity, sent, present)
        self._note(entity, records, undoings)

    def _add_sides(
        self, entity: ImportedEntity, records: Sequence[WrittenRecord], undoings: Sequence[Undoing]
    ) -> None:
        """Add what is beside records to what is given back to them."""
        changed = {
            record.id: undoing
            for record, undoing in zip(records, undoings, strict=True)
            if undoing.outcome is not UndoOutcome.REMOVED
        }
        for id, patch in self._sides.patches(entity, list(changed)).items():
            changed[id].patch |= patch
            changed[id].outcome = UndoOutcome.RESTORED

    def _keep_what_is_in_use(
        self,
        entity: ImportedEntity,
        records: Sequence[WrittenRecord],
        undoings: Sequence[Undoing],
        present: Mapping[str, Mapping[str, Any]],
    ) -> None:
        """Keep what would go, where others have given it records of theirs."""
        going = {
            record.id: undoing
            for record, undoing in zip(records, undoings, strict=True)
            if undoing.outcome is UndoOutcome.REMOVED
        }
        for id, named_by in in_use(self._run, entity.name, [present[id] for id in going]).items():
            going[id].outcome, going[id].in_use, going[id].kept = UndoOutcome.KEPT, True, sorted(named_by)

    def _send(
        self,
        entity: ImportedEntity,
        sent: Sequence[tuple[WrittenRecord, Undoing]],
        present: Mapping[str, Mapping[str, Any]],
    ) -> None:
        """Have the records' owner do it, with the requester's rights; what it refuses is kept."""
        if not sent:
            return
        mutations = [
            self._mutation(record, undoing, present[record.id]["version"]) for record, undoing in sent
        ]
        outcomes = decided(self._run.door(entity.service).apply(mutations))
        for (record, undoing), outcome in zip(sent, outcomes, strict=True):
            if outcome["outcome"] in {"deleted", "updated", "unchanged"}:
                continue
            problem = outcome["problem"] or {}
            if put_back_closed(self._run, record, undoing, present[record.id], problem):
                continue
            undoing.outcome = UndoOutcome.KEPT
            undoing.kept = [str(problem.get("detail", "it was refused"))]

    def _mutation(self, record: WrittenRecord, undoing: Undoing, version: int) -> dict[str, Any]:
        mutation: dict[str, Any] = {
            "mutationId": f"{self._run.job_id}:{record.id}:{version}",
            "entity": record.entity,
            "id": record.id,
            "baseVersion": version,
        }
        if undoing.outcome is UndoOutcome.REMOVED:
            return mutation | {"operation": "delete"}
        return mutation | {"operation": "update", "changes": undoing.patch, "skipDuplicates": True}

    # -- noting ------------------------------------------------------------------------------------------------

    def _note(
        self, entity: ImportedEntity, records: Sequence[WrittenRecord], undoings: Sequence[Undoing]
    ) -> None:
        rows: list[bytes] = []
        for record, undoing in zip(records, undoings, strict=True):
            self._counts[undoing.outcome] = self._counts.get(undoing.outcome, 0) + 1
            if undoing.kept:
                rows.append(
                    self._lines.row([entity.name, record.id, undoing.why_kept, "; ".join(undoing.kept)])
                )
        self._done += len(records)
        if rows:
            self._kept.add(b"".join(rows))

    def _save(self) -> None:
        self._run.save(
            {
                "pass": self._pass,
                "cursor": self._cursor,
                "counts": self._counts,
                "done": self._done,
                "kept": self._kept.state,
            },
            done=self._done,
            counters=self._counts,
        )


def _import_of(run: JobRun) -> Job:
    parameters = UndoParameters.model_validate_json(run.job.parameters)
    return run.workspace.jobs.get(parameters.import_id)


def _written(run: JobRun, job: Job) -> tuple[dict[str, int], bool]:
    """Return how many versions an import wrote, by service, as far as it knew; and whether it knew of all."""
    result: dict[str, Any] = json.loads(job.result) if job.result else {}
    writes: dict[str, int] = dict(result.get("writes", {}))
    if not result:
        # It was given up without an end; what it had counted until then is in its checkpoint.
        checkpoint = run.workspace.progress.get(job.id).checkpoint or {}
        writes = Tally(checkpoint.get("tally")).writes
    entity = ENTITIES[UndoParameters.model_validate_json(run.job.parameters).entity]
    for service in (entity.service, "customers", "pipeline"):
        writes.setdefault(service, 0)
    return writes, bool(result) and result.get("stoppedAfterLine") is None and job.state is JobState.SUCCEEDED
