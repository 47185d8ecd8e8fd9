"""Write a backup's contents into the tenant again, each after what it names, with a checkpoint for each batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from zebros_jobs.domain.backups.backups import RestoreMode
from zebros_jobs.domain.backups.contents import RESTORED, Content
from zebros_jobs.use_cases.backups.files import BackupFiles
from zebros_jobs.use_cases.backups.manifests import Manifest
from zebros_jobs.use_cases.backups.problems import Problems
from zebros_jobs.use_cases.backups.restore_state import RestoreState
from zebros_jobs.use_cases.backups.restorers import PUT, Restorer, restorer_of
from zebros_jobs.use_cases.privacy.erasure_ledger import ErasureLedger
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["write_back"]


def write_back(
    run: JobRun,
    state: RestoreState,
    manifest: Manifest,
    files: BackupFiles,
    mode: RestoreMode,
    problems: Problems,
) -> None:
    """Put back every content that is not put back yet. Raises JobStop, UnavailableError, BackupDamagedError."""
    # Whoever was erased since the backup is known before the first record is written.
    erased = ErasureLedger(run.workspace.lookup).load()
    while state.at < len(RESTORED):
        content = RESTORED[state.at]
        restorer = restorer_of(run, content, mode, files, erased)
        for entry, line, batch in _batches(run, state, manifest, files, content, restorer.batch):
            _carry_out(run, state, content, restorer, batch, problems)
            state.entry, state.line = entry, line
            run.save(state.json(), done=state.done, counters=_counters(state), note=content.name)
        state.at, state.entry, state.line = state.at + 1, 0, 0


def _batches(
    run: JobRun,
    state: RestoreState,
    manifest: Manifest,
    files: BackupFiles,
    content: Content,
    size: int,
) -> Iterator[tuple[int, int, list[dict[str, Any]]]]:
    """Give batches of a content's lines from where the state says, each with the place behind it."""
    first, begin = state.entry, state.line
    for number, entry in enumerate(manifest.entries(run)):
        if entry.content != content.name or number < first:
            continue
        skipped = begin if number == first else 0
        lines = files.lines(entry)
        for _ in islice(lines, skipped):
            pass
        place = skipped
        while batch := list(islice(lines, size)):
            place += len(batch)
            yield number, place, batch


def _carry_out(
    run: JobRun,
    state: RestoreState,
    content: Content,
    restorer: Restorer,
    batch: Sequence[dict[str, Any]],
    problems: Problems,
) -> None:
    if state.planned is None:
        state.planned = restorer.decide(batch)
        if PUT in state.planned:
            run.save(state.json())
    wanted = [line for line, decided in zip(batch, state.planned, strict=True) if decided == PUT]
    for decided in state.planned:
        if decided != PUT:
            state.count(content.name, decided)
    for line, done in zip(wanted, restorer.put(wanted) if wanted else [], strict=True):
        state.count(content.name, done.outcome)
        if done.problem is not None:
            problems.add(content.name, content.id_of(line), done.outcome, done.problem)
    state.problems = problems.written()
    state.planned = None
    state.done += len(batch)


def _counters(state: RestoreState) -> dict[str, int]:
    totals: dict[str, int] = {}
    for counts in state.counts.values():
        for outcome, number in counts.items():
            totals[outcome] = totals.get(outcome, 0) + number
    return totals
