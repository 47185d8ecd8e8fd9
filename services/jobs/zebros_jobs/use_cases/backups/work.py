"""The work of a backup: write everything, read it back, and say in a manifest what there is."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from zebros_core.audit import new_audit_event
from zebros_core.dynamodb.codec import instant_text
from zebros_jobs.domain.backups.backups import FOLDER, PURPOSE, expires_on
from zebros_jobs.domain.backups.contents import CONTENTS, ContentKind
from zebros_jobs.domain.backups.ports import VaultOf
from zebros_jobs.domain.work import JobResult, Plan
from zebros_jobs.use_cases.backups.check_backup import check_parts, check_sums
from zebros_jobs.use_cases.backups.files import BackupFiles
from zebros_jobs.use_cases.backups.manifests import write_manifest
from zebros_jobs.use_cases.backups.reading import PAGE
from zebros_jobs.use_cases.backups.state import BackupState
from zebros_jobs.use_cases.backups.write_backup import PART_BYTES, BackupWriter
from zebros_jobs.use_cases.run_job import JobRun, Work

__all__ = ["BackupWork"]

_PROBED: Final = ("customer", "opportunity", "activity")
_FEW: Final = 1000


class BackupWork(Work):
    """Backs a tenant up: everything that its services keep of it, but for the trash and histories."""

    def __init__(self, vault_of: VaultOf, *, page: int = PAGE, part_bytes: int = PART_BYTES) -> None:
        self._vault_of = vault_of
        self._page = page
        self._part_bytes = part_bytes

    def prepare(self, run: JobRun) -> Plan:
        """Look whether the records are few."""
        few = all(
            run.system_door(content.service).export(content.entity, limit=_FEW)["nextCursor"] is None
            for content in CONTENTS
            if content.entity in _PROBED
        )
        return Plan(unit="records", large=not few)

    def carry_out(self, run: JobRun) -> None:
        """Write, read back, and write the manifest."""
        keys, tenant_id = run.workspace.data_keys, run.workspace.context.tenant_id
        if run.checkpoint is None:
            first = BackupState.first(keys.new(tenant_id), instant_text(run.clock.now()))
            run.save(first.json(), done=0)
        state = BackupState.of(run.checkpoint)
        if state.manifest_bytes is not None:
            return
        vault = self._vault_of(keys.open(tenant_id, state.wrapped_key).plain)
        files = BackupFiles(run, run.job_id, vault)
        BackupWriter(run, state, files, page=self._page, part_bytes=self._part_bytes).write_all()
        if state.read_at is None:
            state.read_at = instant_text(run.clock.now())
            run.save(state.json(), note="reading it back")
        _read_back(run, state, files)
        state.manifest_bytes = write_manifest(run, state, files, vault)
        run.save(state.json(), note="")

    def finalize(self, run: JobRun) -> JobResult:
        """Say what the backup holds; of one that is not whole nothing is kept."""
        state = BackupState.of(run.checkpoint)
        if state.manifest_bytes is None:
            _remove(run)
            return JobResult({"complete": False})
        state.remove_listing(run)
        entry = new_audit_event(
            run.context, "backup.created", clock=run.clock, details={"records": state.done}
        )
        # Under the job's id, so that a repeated step says it once.
        run.workspace.audit.record(entry.model_copy(update={"id": run.job_id}))
        return JobResult(_summary(run, state))


def _read_back(run: JobRun, state: BackupState, files: BackupFiles) -> None:
    def save(number: int) -> None:
        state.checked_entries = number
        run.save(state.json(), note="reading it back")

    check_parts(run, files, state.all_entries(run), state.checked, state.checked_entries, save)
    check_sums(state.read, state.checked)


def _remove(run: JobRun) -> None:
    objects = run.objects(PURPOSE)
    for key, _ in run.streams(PURPOSE).keys(f"{objects.key(FOLDER, run.job_id)}/"):
        objects.delete(key)


def _summary(run: JobRun, state: BackupState) -> dict[str, Any]:
    counts = {
        content.name: state.read.get(content.name, {"count": 0})["count"]
        for content in CONTENTS
        if content.kind is not ContentKind.FILES
    }
    prefix = f"{run.objects(PURPOSE).key(FOLDER, run.job_id)}/"
    return {
        "complete": True,
        "verified": True,
        "begunAt": state.begun_at,
        "readAt": state.read_at,
        "expiresOn": expires_on(datetime.fromisoformat(state.begun_at)).isoformat(),
        "contents": counts,
        "files": {
            "count": state.read.get("files", {"count": 0})["count"] - state.files["missing"],
            "bytes": state.files["bytes"],
            "missing": state.files["missing"],
        },
        "bytes": sum(size for _, size in run.streams(PURPOSE).keys(prefix)),
    }
