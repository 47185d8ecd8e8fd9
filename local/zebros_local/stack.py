"""One local stack: its parts started in order, checked, and stopped without losing what they hold."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from zebros_local import keycloak, ports
from zebros_local.errors import LocalStackError, NotRunningError, PartFailedError
from zebros_local.parts import Part, address, forget_stream_positions, stack_parts
from zebros_local.progress import Progress
from zebros_local.settings import LocalSettings, ProviderName
from zebros_local.state import StackState
from zebros_local.supervision import ProcessManager, Supervisor


@dataclass(frozen=True)
class PartStatus:
    """What `status` reports of a part: healthy, or why not with the end of its log."""

    name: str
    title: str
    port: int
    pid: int
    healthy: bool
    description: str
    log_tail: str


class Stack:
    """A stack in one folder. Several may run at once, each in its own folder and on its own ports."""

    def __init__(
        self,
        settings: LocalSettings,
        progress: Progress | None = None,
        *,
        processes: ProcessManager | None = None,
        parts: Callable[[LocalSettings, StackState], Sequence[Part]] = stack_parts,
    ) -> None:
        self.settings = settings
        self._progress = progress or Progress()
        self._processes = processes or Supervisor(settings)
        self._parts = parts

    @property
    def state(self) -> StackState:
        """The recorded state; `NotRunningError` before the first start."""
        state = StackState.load(self.settings.state_file)
        if state is None:
            raise NotRunningError("There is no local stack here yet. Start it with `make up`.")
        return state

    def running(self) -> bool:
        return self._processes.running()

    def require_running(self) -> StackState:
        """Return the state of a stack that is up; `NotRunningError` otherwise."""
        if not self.running():
            raise NotRunningError("The local stack is not running. Start it with `make up`.")
        return self.state

    def up(self) -> StackState:
        """Start what is not running and wait until every part answers.

        Raises `PartFailedError` naming the part that did not come up, with the end of its log, and
        `KeycloakUnavailableError` when the real Keycloak was asked for and cannot be had.
        """
        if self.running():
            self._refuse_another_provider()
        else:
            if self._provider() == "keycloak":
                server = keycloak.distribution(self.settings.environ).prepare(self._progress)
                keycloak.furnish(server, self.settings.directory / "keycloak")
            state = self._choose_ports()
            self._make_folders()
            forget_stream_positions(self.settings)
            self._processes.start(self._parts(self.settings, state))
        state = self.state
        for part in self._parts(self.settings, state):
            with self._progress.step(part.title) as step:
                self._start(part)
                step.note(address(part.port))
        return state

    def down(self) -> bool:
        """Stop everything and keep the state; False when nothing was running."""
        if not self.running():
            return False
        with self._progress.step("stopping, saving state"):
            self._processes.stop()
        return True

    def restart(self, names: Sequence[str] = ()) -> StackState:
        """Restart the named parts, or every one."""
        state = self.require_running()
        parts = self._named(state, names)
        for part in parts:
            with self._progress.step(f"restarting {part.title}"):
                self._processes.stop_part(part.name)
                if part.name == "emulator":
                    forget_stream_positions(self.settings)
                self._start(part)
        return state

    def reset(self) -> None:
        """Empty the emulator: no table, bucket or function is left, and nothing counts as deployed."""
        state = self.require_running()
        request = urllib.request.Request(f"{state.endpoint}/_ministack/reset", method="POST")  # noqa: S310
        with self._progress.step("emptying the emulator"), urllib.request.urlopen(request, timeout=30):  # noqa: S310
            self.record(replace(state, deployed={}))

    def status(self) -> list[PartStatus]:
        """Every part as it is now. The stack has to have been started once."""
        state = self.require_running()
        found: list[PartStatus] = []
        for part in self._parts(self.settings, state):
            process = self._processes.status(part.name)
            healthy = process.running and part.healthy()
            description = "does not answer" if process.running and not healthy else process.description
            tail = "" if healthy else self._processes.log_tail(part.name)
            found.append(
                PartStatus(part.name, part.title, part.port, process.pid, healthy, description, tail)
            )
        return found

    def log_files(self, names: Sequence[str] = ()) -> dict[str, str]:
        """Path of each part's log, by part."""
        return {
            part.name: str(self._processes.log_file(part.name)) for part in self._named(self.state, names)
        }

    def record(self, state: StackState) -> None:
        state.save(self.settings.state_file)

    def _named(self, state: StackState, names: Sequence[str]) -> list[Part]:
        parts = {part.name: part for part in self._parts(self.settings, state)}
        unknown = [name for name in names if name not in parts]
        if unknown:
            raise LocalStackError(f"No part is called {', '.join(unknown)}; there are {', '.join(parts)}.")
        return [parts[name] for name in names or parts]

    def _choose_ports(self) -> StackState:
        """Keep recorded ports, which tokens and deployed functions know; change only one that is taken."""
        known = StackState.load(self.settings.state_file)
        wanted = {
            "emulator_port": known.emulator_port if known else self.settings.emulator_port,
            "cache_port": known.cache_port if known else self.settings.cache_port,
            "identity_port": known.identity_port if known else self.settings.identity_port,
            "mail_port": (known.mail_port if known else 0) or self.settings.mail_port,
        }
        chosen: dict[str, int] = {}
        for name, preferred in wanted.items():
            chosen[name] = ports.choose(preferred, chosen.values())
            if preferred and chosen[name] != preferred:
                self._progress.say(
                    f"Port {preferred} is taken; using {chosen[name]} ({name.removesuffix('_port')})."
                )
        state = StackState(
            **chosen, identity=self._provider(), deployed=dict(known.deployed) if known else {}
        )
        self.record(state)
        return state

    def _provider(self) -> ProviderName:
        """The provider that was asked for, else the one before."""
        known = StackState.load(self.settings.state_file)
        return self.settings.identity or (known.identity if known else "stand-in")

    def _refuse_another_provider(self) -> None:
        """Functions keep the issuer's keys for a while: only a stack that is down can change its provider."""
        if self._provider() != self.state.identity:
            raise LocalStackError(
                f"This stack runs with {self.state.identity}. `make down` first, then `make up"
                f" IDENTITY={self._provider()}`: its data stays, and people made meanwhile stay in the other one."
            )

    def _make_folders(self) -> None:
        for folder in ("logs", "identity", "emulator/state", "emulator/s3", "emulator/tmp"):
            (self.settings.directory / folder).mkdir(parents=True, exist_ok=True)

    def _start(self, part: Part) -> None:
        self._processes.start_part(part.name)
        deadline = time.monotonic() + part.healthy_within_seconds
        while not part.healthy():
            process = self._processes.status(part.name)
            if not process.running:
                raise PartFailedError(part.title, process.description, self._processes.log_tail(part.name))
            if time.monotonic() > deadline:
                where = f" on port {part.port}" if part.port else ""
                reason = f"did not answer{where} within {part.healthy_within_seconds:.0f} s"
                raise PartFailedError(part.title, reason, self._processes.log_tail(part.name))
            time.sleep(0.1)
