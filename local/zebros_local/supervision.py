"""The process manager of a stack: supervisor, told by a generated file and driven over its control socket."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from supervisor import xmlrpc as supervisor_xmlrpc

from zebros_local.errors import LocalStackError
from zebros_local.parts import Part
from zebros_local.settings import LocalSettings, without_aws

START_SECONDS = 15.0
LOG_BYTES = 5_000_000


@dataclass(frozen=True)
class ProcessStatus:
    """A part as the process manager sees it."""

    name: str
    running: bool
    pid: int
    description: str


class ProcessManager(Protocol):
    """Starts, stops and asks about the processes of one stack. `Supervisor` is the real one."""

    def running(self) -> bool: ...

    def start(self, parts: Iterable[Part]) -> None: ...

    def start_part(self, name: str) -> None: ...

    def stop_part(self, name: str) -> None: ...

    def stop(self) -> None: ...

    def status(self, name: str) -> ProcessStatus: ...

    def log_file(self, name: str) -> Path: ...

    def log_tail(self, name: str, lines: int = 20) -> str: ...


class Supervisor:
    """Processes run by supervisord, which outlives the command that started it."""

    def __init__(self, settings: LocalSettings) -> None:
        self._settings = settings
        self._config = settings.directory / "supervisord.conf"
        self._pid_file = settings.directory / "supervisord.pid"

    def running(self) -> bool:
        """Whether this stack's process manager answers."""
        if not self._settings.socket.exists():
            return False
        try:
            self._rpc().getState()
        except (OSError, xmlrpc.client.Error):
            return False
        return True

    def start(self, parts: Iterable[Part]) -> None:
        """Start the process manager with these parts, none of which it starts by itself."""
        self._settings.logs.mkdir(parents=True, exist_ok=True)
        self._config.write_text(self._render(parts))
        self._settings.socket.unlink(missing_ok=True)
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._config)]
        environ = without_aws(self._settings.environ)
        started = subprocess.run(
            command, cwd=self._settings.checkout, env=environ, capture_output=True, text=True, check=False
        )
        if started.returncode != 0:
            raise LocalStackError(f"supervisord did not start: {started.stdout}{started.stderr}".strip())
        self._wait(self.running, "supervisord does not answer")

    def start_part(self, name: str) -> None:
        """Start one part if it is not running. Whether it became healthy is another question."""
        if not self.status(name).running:
            self._rpc().startProcess(name, False)

    def stop_part(self, name: str) -> None:
        if self.status(name).running:
            self._rpc().stopProcess(name, True)

    def stop(self) -> None:
        """Stop every part and the process manager; returns when all are gone."""
        pid = int(self._rpc().getPID())
        self._rpc().shutdown()
        self._wait(lambda: not _alive(pid), "supervisord does not end", seconds=60.0)

    def status(self, name: str) -> ProcessStatus:
        raw = cast(dict[str, Any], self._rpc().getProcessInfo(name))
        return ProcessStatus(
            name=name,
            running=raw["statename"] in ("STARTING", "RUNNING"),
            pid=int(raw["pid"]),
            description=_describe(raw),
        )

    def log_file(self, name: str) -> Path:
        return self._settings.logs / f"{name}.log"

    def log_tail(self, name: str, lines: int = 20) -> str:
        """The last lines of a part's log; empty when it has written nothing."""
        return tail(self.log_file(name), lines)

    def _rpc(self) -> Any:
        transport = supervisor_xmlrpc.SupervisorTransport(None, None, f"unix://{self._settings.socket}")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor

    def _render(self, parts: Iterable[Part]) -> str:
        sections = [
            "[unix_http_server]",
            f"file={_escape(self._settings.socket)}",
            "chmod=0700",
            "[supervisord]",
            f"logfile={_escape(self._settings.logs / 'supervisord.log')}",
            f"pidfile={_escape(self._pid_file)}",
            f"directory={_escape(self._settings.checkout)}",
            "[rpcinterface:supervisor]",
            "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
        ]
        for place, part in enumerate(parts, start=1):
            sections += [f"[program:{part.name}]", *self._program(part, place)]
        return "\n".join(sections) + "\n"

    def _program(self, part: Part, place: int) -> list[str]:
        environment = ",".join(f'{name}="{_escape(value)}"' for name, value in part.environment.items())
        return [
            f"command={_escape(shlex.join(part.command))}",
            f"environment={environment}",
            # The last is stopped first: tasks come to a checkpoint while the emulator is there to keep it.
            f"priority={place}",
            "autostart=false",
            # A part that dies stays down and is reported by name: a silent restart would hide why, and the
            # emulator would come back without the state that it saves only at an orderly end.
            "autorestart=false",
            "startsecs=0",
            "stopsignal=TERM",
            f"stopwaitsecs={part.stop_seconds}",
            "killasgroup=true",
            "redirect_stderr=true",
            f"stdout_logfile={_escape(self.log_file(part.name))}",
            f"stdout_logfile_maxbytes={LOG_BYTES}",
            "stdout_logfile_backups=1",
        ]

    def _wait(self, condition: Any, complaint: str, seconds: float = START_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise LocalStackError(f"{complaint}; see {self._settings.logs / 'supervisord.log'}")
            time.sleep(0.05)


def tail(path: Path, lines: int) -> str:
    """The last lines of a file, read from its last 64 KB; empty when there is no file."""
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 64 * 1024))
        return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])


def _escape(value: object) -> str:
    """Supervisor expands %(name)s in its file."""
    return str(value).replace("%", "%%")


def _describe(raw: dict[str, Any]) -> str:
    state = str(raw["statename"])
    if state == "EXITED":
        if raw["exitstatus"] < 0:  # supervisor keeps no more of a signal than that it was one
            return "stopped by itself: killed by a signal"
        return f"stopped by itself with exit status {raw['exitstatus']}"
    if state in ("FATAL", "BACKOFF"):
        return f"could not be started: {raw['spawnerr'] or state.lower()}"
    if state in ("STARTING", "RUNNING"):
        return "running"
    return "stopped"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
