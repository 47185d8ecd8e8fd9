"""``python -m zebros_jobs.task``: the work of one large job, as a container's entry point.

ZEBROS_TENANT_ID, ZEBROS_JOB_ID and ZEBROS_JOB_KIND name the job. SIGTERM makes the work stop at its next checkpoint, so
does the end of TASK_SECONDS. The exit status is 0 when the work is whole, failed or was cancelled, and 75 when it is to
go on: whoever asks looks at the job's progress, not at this.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from typing import Final

from zebros_jobs.handlers.worker import carry_out
from zebros_jobs.use_cases.run_job import Deadline

GOES_ON: Final = 75
"""EX_TEMPFAIL of sysexits.h."""


def main(environ: Mapping[str, str]) -> int:
    """Do the work of the job that the environment names; return the exit status."""
    seconds = environ.get("TASK_SECONDS", "")
    deadline = Deadline(float(seconds) if seconds else None)
    signal.signal(signal.SIGTERM, lambda number, frame: deadline.stop())
    answer = carry_out(
        "work",
        environ["ZEBROS_JOB_KIND"],
        environ["ZEBROS_TENANT_ID"],
        environ["ZEBROS_JOB_ID"],
        deadline,
    )
    return GOES_ON if answer.outcome == "again" else 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
