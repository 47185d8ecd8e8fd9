"""Runs the tasks of a cluster, a few at a time, each once."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from zebros_local.tasks.claims import Claims, end_orphan
from zebros_local.tasks.cluster import Cluster, ClusterAwayError, LogEvent
from zebros_local.tasks.images import ImageError, Images
from zebros_local.tasks.orders import MEGABYTE, LogStream, TaskOrder
from zebros_local.tasks.process import TaskProcess

_FORMER_LIFE = "Its runner ended before it"
_ORPHAN_SECONDS = 10.0
_MOST_UNSENT = 20_000
"""Lines of a stream that are kept while the cluster is away; more are lost, the oldest first."""


class TaskRunner:
    """Begins what the cluster wants to run, and ends what it does not.

    A task is claimed in a file before it begins, and let go when ECS knows that it has stopped. So neither a runner
    that is killed nor an emulator that is away makes a task run twice: what a former runner had begun is ended and
    stopped in ECS, and whoever waits for it starts another one.
    """

    def __init__(
        self,
        cluster: Cluster,
        images: Images,
        folder: Path,
        *,
        environ: Mapping[str, str],
        at_once: int,
        say: Callable[[str], None],
    ) -> None:
        """`folder` holds claims and files of tasks; `at_once`: so many run, the others wait; `say` writes a line."""
        self._cluster = cluster
        self._images = images
        self._folder = folder
        self._environ = environ
        self._at_once = at_once
        self._say = say
        self._claims = Claims(folder / "claims")
        self._running: dict[str, TaskProcess] = {}
        self._over: dict[str, str] = {}
        """Tasks that have ended and of which the cluster does not know so yet, with the reason."""
        self._unsent: dict[LogStream, deque[LogEvent]] = {}
        self._waiting: set[str] = set()

    def recover(self) -> None:
        """End what a former runner left."""
        for claim in self._claims.all():
            if end_orphan(claim, _ORPHAN_SECONDS):
                self._say(f"ended process {claim.pid} of a former runner")
            self._over[claim.arn] = _FORMER_LIFE

    def tick(self) -> None:
        """Look once at the cluster and at the processes. Does nothing for long, except unpack a new artefact."""
        try:
            wanted = {order.arn: order for order in self._cluster.running()}
        except ClusterAwayError:
            self._tend(None)
            return
        self._tend(wanted)
        self._begin(wanted)
        # After that: what has ended is still wanted in what the cluster said above.
        self._report()

    def stop_all(self) -> None:
        """Ask every task to end, and return when all have."""
        for process in self._running.values():
            process.stop()
        while self._running:
            self._tend(None)
            time.sleep(0.02)
        self._report()

    @property
    def running(self) -> int:
        """How many run now."""
        return len(self._running)

    def _tend(self, wanted: Mapping[str, TaskOrder] | None) -> None:
        for arn, process in list(self._running.items()):
            if wanted is not None and arn not in wanted and not process.is_stopping:
                self._say(f"{process.order.id}: stopped by ECS")
                process.stop()
            ended = process.ended()
            self._hear(process)
            if ended:
                self._end(arn, process)

    def _end(self, arn: str, process: TaskProcess) -> None:
        process.clear()
        del self._running[arn]
        self._over[arn] = process.reason()
        self._say(
            f"{process.order.id}: {process.reason()} after {process.seconds:.1f} s,"
            f" at most {process.peak_bytes // MEGABYTE} MB"
        )

    def _hear(self, process: TaskProcess) -> None:
        for moment, line in process.take_lines():
            self._say(f"{process.order.id[:8]} | {line}")
            if process.order.log is not None:
                unsent = self._unsent.setdefault(process.order.log, deque(maxlen=_MOST_UNSENT))
                unsent.append((moment, line))

    def _report(self) -> None:
        """Tell the cluster what it does not know yet; what it does not take now, the next time."""
        for stream, lines in list(self._unsent.items()):
            with suppress(ClusterAwayError):
                self._cluster.log(stream, list(lines))
                del self._unsent[stream]
        for arn, reason in list(self._over.items()):
            with suppress(ClusterAwayError):
                self._cluster.stop(arn, reason)
                self._claims.release(arn)
                del self._over[arn]

    def _begin(self, wanted: Mapping[str, TaskOrder]) -> None:
        self._waiting &= wanted.keys()
        for arn, order in wanted.items():
            if arn in self._running or arn in self._over:
                continue
            if len(self._running) >= self._at_once:
                if arn not in self._waiting:
                    self._say(f"{order.id}: waits, {self._at_once} run already")
                self._waiting.add(arn)
            elif self._claims.take(arn):
                self._start(arn, order)

    def _start(self, arn: str, order: TaskOrder) -> None:
        if order.problem:
            self._refuse(arn, order, order.problem)
            return
        try:
            image = self._images.find(order.image)
            process = TaskProcess(order, image, self._folder / "work" / order.id, self._environ)
        except ImageError as error:
            self._refuse(arn, order, f"CannotPullContainerError: {error}")
            return
        except OSError as error:
            self._refuse(arn, order, f"CannotStartContainerError: {error}")
            return
        self._running[arn] = process
        self._claims.note(arn, process.pid)
        self._say(f"{order.id}: started as process {process.pid}")

    def _refuse(self, arn: str, order: TaskOrder, why: str) -> None:
        self._over[arn] = why
        self._say(f"{order.id}: {why}")
