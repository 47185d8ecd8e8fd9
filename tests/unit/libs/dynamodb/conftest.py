"""An in-process DynamoDB with the tables of two tenants in every isolation model."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

sys.path.insert(0, str(Path(__file__).parent))

from widget_world import World


@pytest.fixture(scope="module")
def shared_world() -> Iterator[World]:
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "testing")
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        with mock_aws():
            yield World()


@pytest.fixture
def world(shared_world: World) -> World:
    shared_world.reset()
    return shared_world


@pytest.fixture(params=["silo", "bridge", "pool"])
def isolation(request: pytest.FixtureRequest) -> str:
    """Each isolation model in turn."""
    return request.param


@pytest.fixture(params=["aurora", "borealis"])
def tenant(request: pytest.FixtureRequest) -> str:
    """Each tenant in turn; the other one has data of its own."""
    return request.param
