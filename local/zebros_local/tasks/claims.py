"""Which tasks a runner has begun, in files: so that none is run twice, nor forgotten when the runner dies."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from zebros_local.tasks.system import beginning_of


@dataclass(frozen=True)
class Claim:
    """A task that was begun; with the process that does it, once there is one."""

    arn: str
    pid: int = 0
    begun: str = ""
    """When the process began, in the system's own words: a number is given to another process some day."""


class Claims:
    """The claims in one folder, a file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, arn: str) -> bool:
        """Claim a task; False when it was claimed before."""
        try:
            with self._file(arn).open("x") as claim:
                json.dump({"arn": arn}, claim)
        except FileExistsError:
            return False
        return True

    def note(self, arn: str, pid: int) -> None:
        """Keep which process does it."""
        draft = self._file(arn).with_suffix(".new")
        draft.write_text(json.dumps({"arn": arn, "pid": pid, "begun": beginning_of(pid)}))
        draft.replace(self._file(arn))

    def release(self, arn: str) -> None:
        """Forget a task that has ended and that everybody knows of."""
        self._file(arn).unlink(missing_ok=True)

    def all(self) -> Iterator[Claim]:
        """Yield those that were not released; a damaged file says nothing and is removed."""
        for path in sorted(self._folder.glob("*.json")):
            try:
                yield Claim(**json.loads(path.read_text()))
            except (ValueError, TypeError):
                path.unlink()

    def _file(self, arn: str) -> Path:
        return self._folder / f"{arn.rsplit('/', 1)[-1]}.json"


def end_orphan(claim: Claim, stop_seconds: float) -> bool:
    """End the process of a claim, if it still is that process, with what it started; whether it was there."""
    if not claim.pid or not claim.begun or beginning_of(claim.pid) != claim.begun:
        return False
    for how, patience in ((signal.SIGTERM, stop_seconds), (signal.SIGKILL, 5.0)):
        try:
            os.killpg(claim.pid, how)
        except (ProcessLookupError, PermissionError):
            break
        deadline = time.monotonic() + patience
        while beginning_of(claim.pid) == claim.begun and time.monotonic() < deadline:
            time.sleep(0.02)
    return True
