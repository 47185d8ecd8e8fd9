"""The real process manager with the real parts, on a stack of its own that nothing is deployed to."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from zebros_local.identity import LocalIdentity, Realm
from zebros_local.parts import Part
from zebros_local.settings import LocalSettings
from zebros_local.stack import Stack
from zebros_local.supervision import Supervisor

pytestmark = pytest.mark.integration


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(LocalSettings.from_environ(os.environ, tmp_path))
    yield stack
    stack.down()


def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_a_stack_lives_on_between_commands_and_reports_a_crash_by_name(stack: Stack) -> None:
    stack.up()
    later = Stack(stack.settings)
    assert [part.name for part in later.status() if part.healthy] == [
        "emulator",
        "cache",
        "mail",
        "identity",
        "tasks",
    ]

    cache = later.status()[1]
    os.kill(cache.pid, signal.SIGKILL)
    assert eventually(lambda: not later.status()[1].healthy)
    assert later.status()[1].description == "stopped by itself: killed by a signal"
    assert "Ready to accept connections" in later.status()[1].log_tail

    later.restart(["cache"])
    assert all(part.healthy for part in later.status())
    assert later.down()
    assert not stack.running()


def test_tokens_of_before_a_restart_are_still_signed_by_a_published_key(stack: Stack) -> None:
    identity = LocalIdentity(stack.up().identity_url)
    person = Realm.load().person("aurora")
    before = identity.person_token(person).split(".")[0]
    stack.restart(["identity"])
    assert identity.person_token(person).split(".")[0] == before
    identity.rotate_keys()
    assert identity.person_token(person).split(".")[0] != before


def test_no_process_of_a_stack_gets_the_developers_aws_settings(tmp_path: Path) -> None:
    environ = {**os.environ, "AWS_PROFILE": "company"}
    processes = Supervisor(LocalSettings.from_environ(environ, tmp_path))
    show = Part("show", "show", ("env",), port=0, healthy=lambda: True)
    processes.start([show])
    try:
        processes.start_part("show")
        assert eventually(lambda: "PATH=" in processes.log_tail("show", lines=200))
        shown = processes.log_tail("show", lines=200).splitlines()
        assert [line for line in shown if line.startswith("AWS_")] == []
    finally:
        processes.stop()
