"""The activities service as it is deployed, beside the others: two companies that share tables, each in its own way."""

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
    return deployment.member(deployment.register("bridge"))


@pytest.fixture(scope="module")
def stranger(deployment: Deployment) -> Member:
    """The admin of another."""
    return deployment.member(deployment.register("pool"))
