"""The pipeline service as it is deployed, beside the others: a company with tables of its own, and one that shares."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from deployed_stack import Deployment, Member, running_stack


@pytest.fixture(scope="session")
def deployment() -> Iterator[Deployment]:
    with running_stack() as deployment:
        yield deployment


@pytest.fixture(scope="module")
def home(deployment: Deployment) -> Member:
    """The admin of a company that has nothing yet."""
    return deployment.member(deployment.register("silo"))


@pytest.fixture(scope="module")
def stranger(deployment: Deployment) -> Member:
    """The admin of another."""
    return deployment.member(deployment.register("pool"))
