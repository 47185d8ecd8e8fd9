"""Starting, stopping and reporting on the parts of a stack, with stand-ins for the real ones."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from io import StringIO

import pytest

from zebros_local import ports
from zebros_local.errors import LocalStackError, NotRunningError, PartFailedError
from zebros_local.stack import Stack

MakeStack = Callable[..., Stack]

CRASH = "import sys; print('cannot read the key file'); sys.exit(7)"


def test_up_starts_every_part_and_says_where_it_listens(make_stack: MakeStack, transcript: StringIO) -> None:
    state = make_stack().up()
    assert f"the emulator · 127.0.0.1:{state.emulator_port}" in transcript.getvalue()
    assert f"the cache · 127.0.0.1:{state.cache_port}" in transcript.getvalue()


def test_up_again_leaves_running_parts_alone(make_stack: MakeStack) -> None:
    stack = make_stack()
    stack.up()
    before = [part.pid for part in stack.status()]
    stack.up()
    assert [part.pid for part in stack.status()] == before


def test_down_stops_every_part_and_keeps_the_ports(make_stack: MakeStack) -> None:
    stack = make_stack()
    state = stack.up()
    assert stack.down()
    assert ports.is_free(state.emulator_port)
    assert ports.is_free(state.cache_port)
    assert stack.up() == state


def test_down_with_nothing_running_says_so(make_stack: MakeStack) -> None:
    assert not make_stack().down()


def test_a_port_taken_since_is_replaced_and_the_others_are_kept(
    make_stack: MakeStack, transcript: StringIO
) -> None:
    stack = make_stack()
    before = stack.up()
    stack.down()
    with socket.socket() as other:
        other.bind((ports.LOOPBACK, before.emulator_port))
        other.listen()
        after = stack.up()
        assert after.emulator_port != before.emulator_port
        assert after.cache_port == before.cache_port
        assert (
            f"Port {before.emulator_port} is taken; using {after.emulator_port} (emulator)"
            in transcript.getvalue()
        )
        stack.down()


def test_a_part_that_does_not_start_is_named_with_the_end_of_its_log(make_stack: MakeStack) -> None:
    with pytest.raises(PartFailedError) as failure:
        make_stack(cache_program=CRASH).up()
    assert failure.value.part == "the cache"
    assert "exit status 7" in failure.value.reason
    assert "cannot read the key file" in str(failure.value)


def test_a_part_that_dies_later_is_reported_and_up_starts_it_again(make_stack: MakeStack) -> None:
    stack = make_stack()
    stack.up()
    emulator, cache = stack.status()
    os.kill(cache.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while stack.status()[1].pid and time.monotonic() < deadline:
        time.sleep(0.02)
    emulator, cache = stack.status()
    assert emulator.healthy
    assert not cache.healthy
    assert "stopped by itself" in cache.description
    stack.up()
    assert all(part.healthy for part in stack.status())


def test_one_part_can_be_restarted_alone(make_stack: MakeStack) -> None:
    stack = make_stack()
    stack.up()
    emulator, cache = stack.status()
    stack.restart(["cache"])
    after_emulator, after_cache = stack.status()
    assert after_emulator.pid == emulator.pid
    assert after_cache.pid != cache.pid


def test_restarting_an_unknown_part_names_the_known_ones(make_stack: MakeStack) -> None:
    stack = make_stack()
    stack.up()
    with pytest.raises(LocalStackError, match="there are emulator, cache"):
        stack.restart(["keycloak"])


def test_two_stacks_run_side_by_side(make_stack: MakeStack) -> None:
    first, second = make_stack("first"), make_stack("second")
    first.up()
    second.up()
    assert first.state.emulator_port != second.state.emulator_port
    second.down()
    assert first.running()
    assert all(part.healthy for part in first.status())


def test_commands_that_need_a_stack_say_how_to_start_one(make_stack: MakeStack) -> None:
    with pytest.raises(NotRunningError, match="make up"):
        make_stack().require_running()
