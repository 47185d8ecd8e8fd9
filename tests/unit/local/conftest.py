"""Stand-ins for the processes of a stack: small enough that a whole stack starts in a fraction of a second."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from zebros_local.parts import Part
from zebros_local.ports import is_free
from zebros_local.progress import Progress
from zebros_local.settings import LocalSettings
from zebros_local.stack import Stack
from zebros_local.state import StackState
from zebros_local.supervision import ProcessStatus, tail

SERVE = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(60)"


class DirectProcesses:
    """A process manager that lives and dies with the test; supervisord needs seconds to stop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: dict[str, Part] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._started = False

    def running(self) -> bool:
        return self._started

    def start(self, parts: Iterable[Part]) -> None:
        self._parts = {part.name: part for part in parts}
        self._started = True

    def start_part(self, name: str) -> None:
        if not self.status(name).running:
            with self.log_file(name).open("ab") as log:
                self._processes[name] = subprocess.Popen(self._parts[name].command, stdout=log, stderr=log)

    def stop_part(self, name: str) -> None:
        if name in self._processes:
            self._processes[name].terminate()
            self._processes[name].wait()

    def stop(self) -> None:
        for name in self._parts:
            self.stop_part(name)
        self._started = False

    def status(self, name: str) -> ProcessStatus:
        process = self._processes.get(name)
        if process is None:
            return ProcessStatus(name, running=False, pid=0, description="stopped")
        if process.poll() is None:
            return ProcessStatus(name, running=True, pid=process.pid, description="running")
        description = f"stopped by itself with exit status {process.returncode}"
        return ProcessStatus(name, running=False, pid=0, description=description)

    def log_file(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def log_tail(self, name: str, lines: int = 20) -> str:
        return tail(self.log_file(name), lines)


@pytest.fixture
def transcript() -> StringIO:
    """What a person at the terminal sees of the steps."""
    return StringIO()


@pytest.fixture
def progress(transcript: StringIO) -> Progress:
    return Progress(Console(file=transcript, highlight=False, width=200))


@pytest.fixture
def make_stack(tmp_path: Path, progress: Progress) -> Iterator[Callable[..., Stack]]:
    """Make a stack of two stand-in parts; the cache's program can be chosen. Stopped after the test."""
    made: list[Stack] = []

    def make(name: str = "stack", cache_program: str = SERVE) -> Stack:
        def parts(_: LocalSettings, state: StackState) -> tuple[Part, ...]:
            return (
                serving_part("emulator", state.emulator_port),
                serving_part("cache", state.cache_port, cache_program),
            )

        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        settings = LocalSettings.from_environ({}, folder)
        made.append(Stack(settings, progress, processes=DirectProcesses(folder), parts=parts))
        return made[-1]

    yield make
    for stack in made:
        stack.down()


def serving_part(name: str, port: int, program: str = SERVE) -> Part:
    """A part that listens on its port and does nothing else."""
    return Part(
        name=name,
        title=f"the {name}",
        command=(sys.executable, "-S", "-c", program, str(port)),
        port=port,
        healthy=lambda: not is_free(port),
    )
