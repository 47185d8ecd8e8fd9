"""One stretch of a job's work: the lease, the checkpoint, and what the work may reach.

A worker holds the job's lease while it works and renews it with every checkpoint. Whatever was done after the last
checkpoint is done again by the next worker, so every write of a job has to be one that may be repeated: mutations carry
ids made of job and row, files are written in parts with names made of their number.
"""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Any, Final, NoReturn, Self

from zebros_core.bulk.client import BulkDoorClient
from zebros_core.clock import Clock
from zebros_core.errors import UnavailableError
from zebros_core.ids import new_id
from zebros_core.storage import ObjectStore, ObjectStreams
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.registry import Tenant
from zebros_jobs.domain.errors import CancelledError, LeaseLostError, PausedError
from zebros_jobs.domain.job import Job
from zebros_jobs.domain.work import JobResult, Plan
from zebros_jobs.repositories.progress import Progress
from zebros_jobs.use_cases.workspace import Workspace

__all__ = ["Deadline", "JobRun", "Work", "open_run"]

MOST_WAIT_SECONDS: Final = 120
"""Longer than this a job may not be silent: the reaper would take it for dead."""

_LOG = logging.getLogger(__name__)


class Deadline:
    """When a worker has to stop: its function's time, or somebody who tells it to."""

    def __init__(self, seconds: float | None = None) -> None:
        """`seconds` from now; None for no limit."""
        self._ends_at = None if seconds is None else time.monotonic() + seconds
        self._told = False

    def stop(self) -> None:
        """Tell the worker to stop at its next checkpoint."""
        self._told = True

    @property
    def is_over(self) -> bool:
        """Whether to stop now."""
        return self._told or (self._ends_at is not None and time.monotonic() >= self._ends_at)


class JobRun:
    """A worker's hold on one job. Made by `open_run`; leaving its `with` block gives the lease back."""

    def __init__(self, workspace: Workspace, job: Job, progress: Progress, deadline: Deadline) -> None:
        self.workspace = workspace
        """Our machinery's, in the job's tenant and in the name of the job."""
        self.job = job
        self.progress = progress
        self._deadline = deadline
        self._ended = threading.Event()

    @property
    def job_id(self) -> str:
        """The job's id, which makes ids of mutations and names of parts."""
        return self.job.id

    @property
    def tenant(self) -> Tenant:
        """The tenant as it is registered."""
        return self.workspace.tenant()

    @property
    def clock(self) -> Clock:
        """The clock."""
        return self.workspace.clock

    @property
    def logger(self) -> logging.Logger:
        """Where to log; never a value of a row."""
        return _LOG

    @property
    def context(self) -> TenantContext:
        """As whom the job works: its requester, with the rights of the moment at which it was started."""
        acting, own = self.job.acting, self.workspace.context
        return replace(
            own,
            user_id=acting.user_id,
            team_id=acting.team_id,
            roles=frozenset(acting.roles),
            scopes=frozenset(acting.scopes),
            job_id=self.job.id,
        )

    @property
    def checkpoint(self) -> Mapping[str, Any] | None:
        """Where the work was when it last said so; None at its beginning."""
        return self.progress.checkpoint

    @property
    def is_over(self) -> bool:
        """Whether the worker's time is over: the next `save` raises PausedError."""
        return self._deadline.is_over

    def door(self, service: str) -> BulkDoorClient:
        """Return another service's bulk door, with the requester's rights."""
        return self.workspace.door(service, self.context)

    def system_door(self, service: str) -> BulkDoorClient:
        """Return another service's bulk door, with our machinery's rights."""
        return self.workspace.system_door(service)

    def objects(self, purpose: str) -> ObjectStore:
        """Return the tenant's objects in the bucket of a purpose."""
        return self.workspace.objects(purpose)

    def streams(self, purpose: str) -> ObjectStreams:
        """Return the same as streams."""
        return self.workspace.streams(purpose)

    def save(
        self,
        checkpoint: Mapping[str, Any],
        *,
        done: int | None = None,
        counters: Mapping[str, int] | None = None,
        note: str | None = None,
    ) -> None:
        """Store a checkpoint and renew the lease.

        Raises LeaseLostError when another worker has the job, in which case nothing was stored; CancelledError and
        PausedError after it was stored.
        """
        progress = replace(
            self.progress,
            checkpoint=checkpoint,
            done=self.progress.done if done is None else done,
            counters=self.progress.counters if counters is None else counters,
            note=self.progress.note if note is None else note,
            wait_until=None,
        )
        self._store(progress)
        if self.workspace.progress.get(self.job_id).cancelled:
            raise CancelledError
        if self._deadline.is_over:
            raise PausedError

    def wait(self, seconds: int) -> NoReturn:
        """End this stretch of work at the last checkpoint: for so long, at most two minutes, there is nothing to do.

        Raises PausedError. (A worker costs while it waits, a state machine does not.)
        """
        wait = min(max(1, seconds), MOST_WAIT_SECONDS)
        self._store(replace(self.progress, wait_until=self.clock.now() + timedelta(seconds=wait)))
        raise PausedError(wait)

    def finish(self) -> None:
        """Note that the work is whole. Raises LeaseLostError."""
        self._store(replace(self.progress, worked=True, checkpoint=self.progress.checkpoint or {}))

    def _store(self, progress: Progress) -> None:
        saved = self.workspace.progress.save(self.job_id, progress, lease=self.workspace.settings.lease)
        if saved is None:
            raise LeaseLostError
        self.progress = saved

    def __enter__(self) -> Self:
        """Renew the lease from now on while the worker lives, however long a batch takes."""
        beat = self.workspace.settings.beat
        if beat is not None:
            threading.Thread(target=self._beat, args=(beat.total_seconds(),), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the lease back. A worker that dies does not get here, and its lease runs out."""
        self._ended.set()
        if kind is None or issubclass(kind, Exception):
            self.workspace.progress.release(self.job_id, self.progress.holder, in_order=kind is None)

    def _beat(self, seconds: float) -> None:
        while not self._ended.wait(seconds):
            until = self.clock.now() + self.workspace.settings.lease
            try:
                if not self.workspace.progress.renew(self.job_id, self.progress.holder, until):
                    return  # lost: the next checkpoint says so
            except UnavailableError:
                continue  # the lease outlives a beat that was missed


class Work(ABC):
    """What one kind of job does. Objects of it keep nothing: what has to be known later is in the checkpoint."""

    @abstractmethod
    def prepare(self, run: JobRun) -> Plan:
        """Check what the job was given, and say how much work it is. Raises JobInputError."""

    @abstractmethod
    def carry_out(self, run: JobRun) -> None:
        """Do the work from the checkpoint on, and return when all of it is done. Raises JobInputError, JobStop."""

    @abstractmethod
    def finalize(self, run: JobRun) -> JobResult:
        """Say what the work came to, and put its files together; also of work that failed or was cancelled half-way."""

    def notify(self, run: JobRun) -> None:  # noqa: B027 - most kinds have nobody to tell
        """Tell whom the job itself has to tell, beside its requester, who is told by the job's event."""


def open_run(workspace: Workspace, job: Job, deadline: Deadline) -> JobRun | None:
    """Take the job's lease for a new worker; None while another one has it."""
    holder = f"{job.attempt}:{new_id(workspace.clock)}"
    until = workspace.now + workspace.settings.lease
    progress = workspace.progress.claim(job.id, holder, until)
    return None if progress is None else JobRun(workspace, job, progress, deadline)
