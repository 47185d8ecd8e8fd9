"""Which ports a stack takes."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from zebros_local import ports


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind((ports.LOOPBACK, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_preferred_port_is_taken_when_nothing_listens_there(taken_port: int) -> None:
    free = ports.choose(0)
    assert ports.choose(free) == free


def test_another_port_is_chosen_when_something_listens_on_the_preferred_one(taken_port: int) -> None:
    chosen = ports.choose(taken_port)
    assert chosen != taken_port
    assert ports.is_free(chosen)


def test_a_port_promised_to_another_part_is_not_chosen_again() -> None:
    promised = ports.choose(0)
    assert ports.choose(promised, taken=[promised]) != promised
