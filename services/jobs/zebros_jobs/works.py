"""What each kind of job does, wired with what it needs; a kind's modules are loaded when a job of it is worked on."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from zebros_core.auth.permissions import PermissionTable
from zebros_jobs.domain.job import JobKind
from zebros_jobs.settings import Settings
from zebros_jobs.use_cases.run_job import Work

__all__ = ["work_of"]


def work_of(kind: JobKind) -> Work:
    """Return the work of a kind of job. Raises ValueError for a kind that no worker knows."""
    match kind:
        case JobKind.IMPORT:
            from zebros_jobs.adapters.import_files.rejected_files import RejectedFiles
            from zebros_jobs.adapters.scratch import SqliteSeenRows
            from zebros_jobs.use_cases.imports.work import ImportWork

            return ImportWork(SqliteSeenRows, RejectedFiles())
        case JobKind.UNDO:
            from zebros_jobs.adapters.scratch import SqliteKeptValues
            from zebros_jobs.adapters.tables.files import Files
            from zebros_jobs.use_cases.undos.work import UndoWork

            return UndoWork(Files(), SqliteKeptValues)
        case JobKind.EXPORT:
            from zebros_jobs.adapters.tables.files import Files
            from zebros_jobs.use_cases.exports.work import ExportWork

            return ExportWork(Files())
        case JobKind.PRIVACY:
            from zebros_jobs.adapters.pdf.certificates import print_certificate
            from zebros_jobs.adapters.pdf.letters import draw_letter
            from zebros_jobs.use_cases.privacy.work import PrivacyWork

            return PrivacyWork(draw_letter, print_certificate)
        case JobKind.RETENTION:
            from zebros_jobs.use_cases.retention.work import RetentionWork

            return RetentionWork()
        case JobKind.BACKUP:
            from zebros_jobs.adapters.backups.sealing import SealingVault
            from zebros_jobs.use_cases.backups.work import BackupWork

            return BackupWork(SealingVault)
        case JobKind.REPORT:
            from zebros_jobs.adapters.reports.engine import DuckDbEngine
            from zebros_jobs.adapters.reports.mail import SesReportMailer
            from zebros_jobs.adapters.reports.writers import FileWriters
            from zebros_jobs.use_cases.reports.work import ReportWork

            return ReportWork(DuckDbEngine, FileWriters(), SesReportMailer, _role_table)
        case JobKind.RESTORE:
            from zebros_jobs.adapters.backups.id_set import DiskIds
            from zebros_jobs.adapters.backups.sealing import SealingVault
            from zebros_jobs.adapters.tables.files import Files
            from zebros_jobs.use_cases.backups.restore_work import RestoreWork

            return RestoreWork(SealingVault, DiskIds, Files())
        case _:
            raise ValueError(f"no worker knows jobs of kind {kind.value}")


@cache
def _role_table(settings: Settings) -> PermissionTable:
    return PermissionTable.load(Path(settings.core.permissions_file).read_bytes())
