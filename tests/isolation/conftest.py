"""Two tenants of each isolation model with everything a tenant can have, in process and on a deployed stack."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from api_document import operations
from deployed import DeployedService
from estate import Estate
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


@pytest.fixture(scope="session", params=["in_process", "deployed"])
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
    made: Estates = {}
    for model in MODELS:
        first, second = (Estate(service, admin_of(service, model)).complete() for _ in range(2))
        # To use a key up takes things of one's own, which on a stack cost a second: there, in one model.
        if service.pictures_are_cheap or model == "pool":
            for operation in operations().values():
                use_key(operation, first)
        made[model] = first, second
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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what shares estates on one worker: all of the deployed service, all that uses those here, and each file."""
    for item in items:
        parameters = (
            item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        )
        fixtures = item.fixturenames if isinstance(item, pytest.Function) else ()
        if parameters.get("service") == "deployed":
            group = "deployed"
        else:
            group = "estates" if "estates" in fixtures else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))
