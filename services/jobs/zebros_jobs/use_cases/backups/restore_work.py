"""The work of a restore: nothing is written before all of the backup was read and found whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from zebros_core.audit import new_audit_event
from zebros_core.errors import NotFoundError
from zebros_jobs.domain.backups.backups import FOLDER, PURPOSE, RestoreMode, RestoreParameters
from zebros_jobs.domain.backups.contents import RESTORED
from zebros_jobs.domain.backups.errors import BackupDamagedError
from zebros_jobs.domain.backups.ports import IdSet, VaultOf
from zebros_jobs.domain.tables import TableFiles
from zebros_jobs.domain.work import JobResult, Plan
from zebros_jobs.use_cases.backups.check_backup import check_parts, check_sums
from zebros_jobs.use_cases.backups.compare import comparison, read_all
from zebros_jobs.use_cases.backups.files import BackupFiles
from zebros_jobs.use_cases.backups.manifests import MANIFEST, Manifest, open_manifest
from zebros_jobs.use_cases.backups.problems import Problems
from zebros_jobs.use_cases.backups.restore_state import RestoreState, Stage
from zebros_jobs.use_cases.backups.trash_others import trash_others
from zebros_jobs.use_cases.backups.write_back import write_back
from zebros_jobs.use_cases.run_job import JobRun, Work

__all__ = ["RestoreWork"]

_FEW: Final = 2000
_SMALL_BYTES: Final = 64 * 1024 * 1024
_THAWED_DAYS: Final = 7
_THAW_SECONDS: Final = 120


class RestoreWork(Work):
    """Restores a backup into the tenant that it is of."""

    def __init__(self, vault_of: VaultOf, ids: Callable[[], IdSet], tables: TableFiles) -> None:
        self._vault_of = vault_of
        self._ids = ids
        self._tables = tables

    def prepare(self, run: JobRun) -> Plan:
        """Look at the manifest, unless it lies in cold storage. Raises BackupDamagedError."""
        backup_id = _backup_id(run)
        manifest_key = run.objects(PURPOSE).key(FOLDER, backup_id, MANIFEST)
        ((_, ready),) = _thawed(run, [manifest_key])
        if not ready:
            return Plan(unit="records", large=True)
        head = open_manifest(run, backup_id, self._vault_of).head
        total = sum(head.contents[content.name].count for content in RESTORED)
        return Plan(total, "records", large=total > _FEW or head.file_bytes > _SMALL_BYTES)

    def carry_out(self, run: JobRun) -> None:
        """Check, write, and compare."""
        state = RestoreState.of(run.checkpoint) if run.checkpoint is not None else RestoreState()
        if state.stage is Stage.THAW:
            _thaw(run, state)
            _go_on(run, state, Stage.CHECK)
        manifest = open_manifest(run, _backup_id(run), self._vault_of)
        files = BackupFiles(run, _backup_id(run), manifest.vault)
        mode = _parameters(run).mode
        problems = Problems(run, self._tables, state.problems)
        if state.stage is Stage.CHECK:
            _check(run, state, manifest, files)
            _go_on(run, state, Stage.WRITE)
        if state.stage is Stage.WRITE:
            write_back(run, state, manifest, files, mode, problems)
            _go_on(run, state, Stage.TRASH if mode is RestoreMode.EXACT else Stage.COMPARE)
        if state.stage is Stage.TRASH:
            trash_others(run, state, manifest, files, self._ids, problems)
            _go_on(run, state, Stage.COMPARE)
        if state.stage is Stage.COMPARE:
            read_all(run, state)
            _go_on(run, state, Stage.DONE)

    def finalize(self, run: JobRun) -> JobResult:
        """Say what was done, and how the tenant compares with the backup by now."""
        state = RestoreState.of(run.checkpoint)
        file = Problems(run, self._tables, state.problems).file()
        summary: dict[str, Any] = {
            "mode": _parameters(run).mode.value,
            "backupId": _backup_id(run),
            "outcomes": state.counts,
        }
        if state.stage is Stage.DONE:
            said = open_manifest(run, _backup_id(run), self._vault_of).sums
            summary["comparison"] = compared = comparison(said, state.found)
            summary["equal"] = all(each["equal"] for each in compared.values())
        if state.counts:
            details = {"mode": summary["mode"], "backup": summary["backupId"], "records": state.done}
            entry = new_audit_event(run.context, "backup.restored", clock=run.clock, details=details)
            # Under the job's id, so that a repeated step says it once.
            run.workspace.audit.record(entry.model_copy(update={"id": run.job_id}))
        return JobResult(summary, (file,) if file is not None else ())


def _parameters(run: JobRun) -> RestoreParameters:
    return RestoreParameters.model_validate_json(run.job.parameters)


def _backup_id(run: JobRun) -> str:
    if run.job.parent_id is None:
        raise BackupDamagedError("This restore names no backup.")
    return run.job.parent_id


def _go_on(run: JobRun, state: RestoreState, stage: Stage) -> None:
    state.go_on(stage)
    run.save(state.json(), note=stage.value)


def _thawed(run: JobRun, keys: list[str]) -> list[tuple[str, bool]]:
    """Ask for files of the backup; return each and whether it can be read. Raises BackupDamagedError."""
    streams = run.streams(PURPOSE)
    try:
        return [(key, streams.thaw(key, days=_THAWED_DAYS)) for key in keys]
    except NotFoundError as error:
        raise BackupDamagedError("This backup is not there any more.") from error


def _thaw(run: JobRun, state: RestoreState) -> None:
    """Wait until every file of the backup can be read. Raises JobStop while one cannot."""
    prefix = f"{run.objects(PURPOSE).key(FOLDER, _backup_id(run))}/"
    keys = [key for key, _ in run.streams(PURPOSE).keys(prefix)]
    waiting = [key for key, ready in _thawed(run, keys[state.at :]) if not ready]
    if waiting:
        # All were asked for; those before the first that sleeps need not be looked at again.
        state.at = keys.index(waiting[0])
        run.save(state.json(), note="waiting for cold storage")
        run.wait(_THAW_SECONDS)


def _check(run: JobRun, state: RestoreState, manifest: Manifest, files: BackupFiles) -> None:
    """Read every file of the backup to its end. Raises BackupDamagedError, JobStop."""

    def save(number: int) -> None:
        state.at = number
        run.save(state.json(), note="checking the backup")

    check_parts(run, files, manifest.entries(run), state.checked, state.at, save)
    check_sums(manifest.sums, state.checked)
