"""Why a backup is not used.

::

    JobInputError
    └── BackupDamagedError    it was changed, cut, mixed up, or is another tenant's: nothing of it is taken
"""

from zebros_jobs.domain.errors import JobInputError

__all__ = ["BackupDamagedError"]


class BackupDamagedError(JobInputError):
    """A backup, or a part of it, is not what was written, or was written for somebody else."""

    code = "backup-damaged"
    default_detail = "This backup cannot be used: it is damaged, or is not this tenant's."
