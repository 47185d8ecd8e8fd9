"""The product through its public doors: the command line, the SDK, the deployed API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Terminal
from deployed_stack import Deployment, Member, running_stack

from zebros_local.settings import CHECKOUT


@pytest.fixture(scope="session")
def deployment() -> Iterator[Deployment]:
    with running_stack() as deployment:
        yield deployment


@pytest.fixture(scope="module")
def pair(deployment: Deployment) -> tuple[Member, Member]:
    """The admins of two new tenants: one that shares tables, one with its own."""
    return deployment.member(deployment.register("pool")), deployment.member(deployment.register("silo"))


@pytest.fixture
def home(pair: tuple[Member, Member]) -> Member:
    return pair[0]


@pytest.fixture
def stranger(pair: tuple[Member, Member]) -> Member:
    return pair[1]


@pytest.fixture
def terminal(deployment: Deployment, tmp_path: Path) -> Terminal:
    return Terminal(deployment, tmp_path / "config")


@pytest.fixture(scope="session")
def checkout() -> Path:
    return CHECKOUT
