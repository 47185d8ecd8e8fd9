"""One task as a process: what it is given, what it says, how much memory it takes, and how it ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from zebros_local.tasks.cluster import LogEvent
from zebros_local.tasks.images import Image
from zebros_local.tasks.orders import MEGABYTE, TaskOrder
from zebros_local.tasks.system import resident_bytes

_MOST_LINES = 20_000
"""Kept while nobody takes them; more are lost, the oldest first."""
_LONGEST_LINE = 64 * 1024
_KILLED = 128
"""Shells and engines add the signal's number to it."""


class TaskProcess:
    """A running task.

    The memory of a container is bounded by what is resident. So it is here: the process is looked at several times a
    second, and one that has more than its task's memory is killed as by the kernel. An `RLIMIT_AS` would count address
    space instead, of which DuckDB and every thread reserve gigabytes that they never touch: it would refuse what
    Fargate allows.
    """

    def __init__(self, order: TaskOrder, image: Image, folder: Path, environ: Mapping[str, str]) -> None:
        """Start it. `folder` is its own, for its volumes; `environ` what a container of AWS has besides its definition.

        Raises OSError for an entry point that cannot be started.
        """
        self.order = order
        self.peak_bytes = 0
        self._folder = folder
        self._began = time.monotonic()
        self._killed_at: float | None = None
        self._why_killed = ""
        self._lines: deque[LogEvent] = deque(maxlen=_MOST_LINES)
        self._process = subprocess.Popen(
            _command(order, image),
            cwd=image.folder,
            env={**environ, **self._environment()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # A group of its own: a signal to the runner is none to its tasks.
            start_new_session=True,
        )
        assert self._process.stdout is not None  # noqa: S101 - asked for a pipe above
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def seconds(self) -> float:
        """For how long it has run."""
        return time.monotonic() - self._began

    @property
    def is_stopping(self) -> bool:
        return self._killed_at is not None

    def ended(self) -> bool:
        """Look at the process: keep it within its bounds, and tell whether it is over and all it said is here."""
        if self._process.poll() is None:
            self._bound()
            return False
        self._send(signal.SIGKILL)  # whom it started: they would hold its output open
        self._reader.join(timeout=1.0)
        return True

    def stop(self) -> None:
        """Ask it to end, as ECS does; it is killed when its stop timeout is over. Once is enough."""
        if not self.is_stopping:
            self._killed_at = time.monotonic() + self.order.stop_seconds
            self._send(signal.SIGTERM)

    def reason(self) -> str:
        """Why it stopped, in ECS's words, with its exit status."""
        status = self._process.returncode
        status = _KILLED - status if status < 0 else status
        return self._why_killed or f"Essential container in task exited with status {status}"

    def take_lines(self) -> list[LogEvent]:
        """Return what it has said since it was asked last."""
        taken: list[LogEvent] = []
        while self._lines:
            taken.append(self._lines.popleft())
        return taken

    def clear(self) -> None:
        """Remove the files of its volumes."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        """The task's, with each path of a volume as the folder that stands for it."""
        places = {path: self._folder / path.strip("/").replace("/", "-") for path in self.order.volumes}
        for place in places.values():
            place.mkdir(parents=True, exist_ok=True)
        return {name: str(places.get(value, value)) for name, value in self.order.environment.items()}

    def _bound(self) -> None:
        resident = resident_bytes(self.pid)
        self.peak_bytes = max(self.peak_bytes, resident)
        if resident > self.order.memory_bytes:
            limit = self.order.memory_bytes // MEGABYTE
            self._why_killed = f"OutOfMemoryError: container killed due to memory usage above {limit} MB"
            self._send(signal.SIGKILL)
        elif self._killed_at is not None and time.monotonic() > self._killed_at:
            self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return

    def _read(self, output: IO[bytes]) -> None:
        for line in iter(lambda: output.readline(_LONGEST_LINE), b""):
            text = line.decode(errors="replace").rstrip("\n")
            if text:
                self._lines.append((time.time_ns() // 1_000_000, text))


def _command(order: TaskOrder, image: Image) -> list[str]:
    """The image's Python is this one, without its packages: an image has those of its artefact only."""
    command = [*(order.entry_point or image.entry_point), *order.command]
    return [sys.executable, "-S", *command[1:]] if command[:1] == ["python"] else command
