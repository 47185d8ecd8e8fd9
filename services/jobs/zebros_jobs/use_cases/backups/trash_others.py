"""Move to the trash what the backup does not have: what an exact restore does at its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from zebros_core.bulk.client import decided
from zebros_jobs.domain.backups.contents import TRASHED, Content
from zebros_jobs.domain.backups.ports import IdSet
from zebros_jobs.use_cases.backups.files import BackupFiles
from zebros_jobs.use_cases.backups.manifests import Manifest
from zebros_jobs.use_cases.backups.problems import Problems
from zebros_jobs.use_cases.backups.restore_state import RestoreState
from zebros_jobs.use_cases.passes import Pass, Place, read_page
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["trash_others"]

_PAGE: Final = 200
_PAGES_BETWEEN_CHECKPOINTS: Final = 50


def trash_others(
    run: JobRun,
    state: RestoreState,
    manifest: Manifest,
    files: BackupFiles,
    ids: Callable[[], IdSet],
    problems: Problems,
) -> None:
    """Move the live records of each kind that are not in the backup to the trash. Raises JobStop."""
    while state.at < len(TRASHED):
        content = TRASHED[state.at]
        with ids() as known:
            for entry in manifest.entries(run):
                if entry.content == content.name:
                    known.add(content.id_of(line) for line in files.lines(entry))
            _sweep(run, state, content, known, problems)
        state.at, state.reading = state.at + 1, None


def _sweep(run: JobRun, state: RestoreState, content: Content, known: IdSet, problems: Problems) -> None:
    door = run.system_door(content.service)
    place = Place.of(state.reading) if state.reading else Place.first(run.clock.now())
    pages = 0
    while state.planned is not None or place.at is not Pass.OVER:
        if state.planned is None:
            page = read_page(door, content.entity, place, limit=_PAGE, now=run.clock.now())
            others = [id for id in map(content.id_of, page) if id not in known]
            state.reading = place.state
            pages += 1
            if not others:
                if run.is_over or pages % _PAGES_BETWEEN_CHECKPOINTS == 0:
                    run.save(state.json())
                continue
            # Decided before it is done: the next worker would no longer find those that are in the trash by then.
            state.planned = others
            run.save(state.json(), note=f"trash: {content.name}")
        _trash(run, state, content, state.planned, problems)
        state.planned = None
        run.save(state.json(), note=f"trash: {content.name}")


def _trash(run: JobRun, state: RestoreState, content: Content, ids: list[str], problems: Problems) -> None:
    mutations = [
        {
            "mutationId": f"{run.job_id}:trash:{id}",
            "entity": content.entity,
            "operation": "delete",
            "id": id,
        }
        for id in ids
    ]
    outcomes = decided(run.system_door(content.service).apply(mutations))
    for id, outcome in zip(ids, outcomes, strict=True):
        problem = outcome.get("problem")
        state.count(content.name, "trashed" if outcome["outcome"] == "deleted" else outcome["outcome"])
        if problem is not None:
            problems.add(content.name, id, outcome["outcome"], problem)
    state.problems = problems.written()
