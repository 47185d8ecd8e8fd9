"""What ends a piece of work before its end.

::

    ZebrosError
    ├── JobStop                 work stops here and nothing is wrong with it
    │   ├── PausedError         the time is over: it goes on from its checkpoint
    │   ├── CancelledError      somebody cancelled the job
    │   └── LeaseLostError      another worker has the job now
    └── ValidationError
        └── JobInputError       what the job was given cannot be used; it fails, and says why
"""

from zebros_core.errors import ValidationError, ZebrosError

__all__ = ["CancelledError", "JobInputError", "JobStop", "LeaseLostError", "PausedError"]


class JobStop(ZebrosError):
    """Work stops here, and nothing is wrong with it."""

    code = "job-stopped"
    default_detail = "The work stopped."


class PausedError(JobStop):
    """The worker's time is over, or it is told to end, or it has to wait: the job goes on from its checkpoint."""

    code = "job-paused"
    default_detail = "The work goes on in a moment."

    def __init__(self, wait_seconds: int = 1) -> None:
        super().__init__()
        self.wait_seconds = wait_seconds


class CancelledError(JobStop):
    """Somebody cancelled the job."""

    code = "job-cancelled"
    default_detail = "The job was cancelled."


class LeaseLostError(JobStop):
    """Another worker has the job now. What this one wrote since its checkpoint is done again, to no effect."""

    code = "lease-lost"
    default_detail = "Another worker carries on with this job."


class JobInputError(ValidationError):
    """What the job was given cannot be used: its file, its mapping, its period. The job fails and says why."""

    code = "job-input"
    default_detail = "The job cannot be carried out with what it was given."
