"""The sync service as it is deployed: its tables, its queue, its API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from deployed_stack import Deployment, running_stack


@pytest.fixture(scope="session")
def deployment() -> Iterator[Deployment]:
    with running_stack() as deployment:
        yield deployment
