"""The customers service as it is deployed: two tenants of each isolation model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from deployed_stack import MODELS, Deployment, Member, running_stack

from zebros_core.tenancy.registry import Tenant


@pytest.fixture(scope="session")
def deployment() -> Iterator[Deployment]:
    with running_stack() as deployment:
        yield deployment


@pytest.fixture(scope="session")
def tenants(deployment: Deployment) -> dict[str, tuple[Tenant, Tenant]]:
    """Two tenants of each model, made once: tests tell their records apart by unique names."""
    return {model: (deployment.register(model), deployment.register(model)) for model in MODELS}


@pytest.fixture(params=MODELS)
def pair(
    request: pytest.FixtureRequest, deployment: Deployment, tenants: dict[str, tuple[Tenant, Tenant]]
) -> tuple[Member, Member]:
    """The admins of two tenants that are kept apart by the same model."""
    home, other = tenants[request.param]
    return deployment.member(home), deployment.member(other)


@pytest.fixture
def home(pair: tuple[Member, Member]) -> Member:
    return pair[0]


@pytest.fixture
def stranger(pair: tuple[Member, Member]) -> Member:
    return pair[1]


@pytest.fixture
def pool(deployment: Deployment, tenants: dict[str, tuple[Tenant, Tenant]]) -> tuple[Member, Member]:
    """The admins of two tenants that share tables, where the model makes no difference."""
    home, other = tenants["pool"]
    return deployment.member(home), deployment.member(other)
