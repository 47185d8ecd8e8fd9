"""Two tenants of each isolation model with everything a tenant can have, in process and on a deployed stack."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from api_document import operations
from deployed import DeployedService
from estate import Estate, complete
from in_process import InProcessService, in_process_service
from judge import use_key
from port import MODELS, Caller, Model, Service

from zebros_local.settings import LocalSettings
from zebros_local.state import StackState


@pytest.fixture(scope="session")
def in_process() -> Iterator[InProcessService]:
    """The service in this process."""
    with in_process_service("isolation") as service:
        yield service


@pytest.fixture(scope="session")
def deployed() -> DeployedService:
    """The service on the stack that the suite runner has started for this run."""
    if not os.environ.get("ZEBROS_LOCAL_DIR"):
        pytest.skip("no stack of its own: `make test-isolation` starts one and names it in ZEBROS_LOCAL_DIR")
    state = StackState.load(LocalSettings.from_environ(os.environ).state_file)
    if state is None:
        pytest.skip("the stack of ZEBROS_LOCAL_DIR has never been started")
    return DeployedService(state)


WAYS = ("in_process", "deployed")


@pytest.fixture(scope="session", params=WAYS)
def service(request: pytest.FixtureRequest) -> Service:
    """The service, in each way in which it runs."""
    return request.getfixturevalue(request.param)


def admin_of(service: Service, model: Model) -> Caller:
    """Register a tenant of the model and return its admin."""
    tenant = service.register(model)
    return service.enrol(Caller(tenant, user=f"ada-{tenant}", team=f"north-{tenant}"))


Estates = dict[Model, tuple[Estate, Estate]]


@pytest.fixture(scope="session")
def estates(service: Service) -> Iterator[Estates]:
    """Two tenants of each model, with everything. The first of each makes nothing any more after this.

    Where tests do not look at all rows themselves, those of the first are looked at when all have run.
    """
    made: Estates = {
        model: (Estate(service, admin_of(service, model)), Estate(service, admin_of(service, model)))
        for model in MODELS
    }
    complete([estate for both in made.values() for estate in both], at_once=service.callers_at_once)
    for model, (first, _) in made.items():
        # To use a key up takes things of one's own, which on a stack cost a second: there, in one model.
        if service.pictures_are_cheap or model == "pool":
            for operation in operations().values():
                use_key(operation, first)
        service.settle(first.admin.tenant)
    before = {} if service.pictures_are_cheap else {model: made[model][0].picture() for model in MODELS}
    yield made
    for model, rows in before.items():
        now = made[model][0].picture()
        assert now == rows, f"changed by another tenant: {sorted(set(now) ^ set(rows))}"


@pytest.fixture
def new_admin() -> Callable[[Service, Model], Caller]:
    """Register a tenant and give its admin."""
    return admin_of


class _ByEstates(LoadScopeScheduling):
    """Keep what shares estates on one worker: all of the deployed service, all that is here, and each other file.

    xdist's own groups do it by a mark, which does not come to the scheduler with pytest 9.2 and xdist 3.8: there the
    name of a test is no longer what the mark is added to.
    """

    def _split_scope(self, nodeid: str) -> str:
        path, _, rest = nodeid.partition("::")
        parameters = rest.partition("[")[2].rstrip("]").split("-")
        return next((way for way in WAYS if way in parameters), path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByEstates:
    """Tell xdist how tests go to workers."""
    return _ByEstates(config, log)
