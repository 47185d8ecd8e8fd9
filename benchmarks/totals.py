"""The maintained totals: how fast changes are counted, how soon all of them are, and what a look at them costs.

The rate is compared with the same transactions sent raw: each is caught on its way, and sent again for another tenant
by a client as everybody makes it. How soon: changes are written by the service's repository, read from the table's
stream by its publisher, and counted by its consumer, with a bus in memory between the two. What a look costs is
counted, with 1,000, 10,000 and 100,000 opportunities in the totals.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from benchmarks.changes import delivering, rate_row
from benchmarks.metering import Cost, Meter, flat_rows
from benchmarks.rows import Row
from benchmarks.sales import opportunities, sizes
from benchmarks.world import PREFIX, Caller, World, core_settings
from zebros_core.tenancy.registry import CachedTenantRegistry, DynamoDbTenantRegistry
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.domain.contribution import (
    EVERYBODY,
    Amount,
    Contribution,
    Deltas,
    Kind,
    add,
    contribution_of,
)
from zebros_pipeline.domain.generations import MAX_OPERATIONS, Transaction
from zebros_pipeline.domain.opportunity import Opportunity
from zebros_pipeline.domain.totals import by_slot
from zebros_pipeline.handlers.routes import ROUTES
from zebros_pipeline.handlers.totals import consumer
from zebros_pipeline.repositories.keys import OPPORTUNITIES
from zebros_pipeline.repositories.totals import TotalsRepository
from zebros_pipeline.settings import Settings

_COUNTED = 3_000
_CHANGES = 10_000
_LEVEL_SECONDS = 5.0
_VALUE_CALLS = 2
_SOURCE = "zebros.pipeline"


def rows(world: World, say: Callable[[str], None]) -> list[Row]:
    """Return the rows of the totals."""
    say(f"counting {_COUNTED:,} changes, and sending the same transactions raw")
    counted = _rate(world)
    say(f"writing {_CHANGES:,} changes, and waiting until they are counted")
    level = _level(world)
    return [counted, level, *_looks(world, say)]


def _container(world: World, dynamodb: Any = None) -> Container:
    """Return the service as it is measured: it takes the run's tokens, and reads the registry once."""
    container = Container(Settings(core_settings(world.engines, service="pipeline")), dynamodb=dynamodb)
    inner = DynamoDbTenantRegistry(container.dynamodb, f"{PREFIX}-tenants")
    vars(container)["registry"] = CachedTenantRegistry(inner, container.clock, staleness_seconds=3600)
    return world.trusting(container)


# -- the rate ------------------------------------------------------------------------------------------------------


def _rate(world: World) -> Row:
    container = _container(world)
    tenants = (world.tenant("ratea", "pool"), world.tenant("rateb", "pool"))
    handler = consumer(container).handler
    return rate_row(
        world,
        container,
        handler,
        "count a change in the totals",
        source=_SOURCE,
        tenants=tenants,
        count=_COUNTED,
    )


# -- how soon ------------------------------------------------------------------------------------------------------


def _level(world: World) -> Row:
    tenant = world.tenant("level", "pool")
    container, counting = _container(world), _container(world)
    with delivering(world, OPPORTUNITIES, counting, consumer(counting).handler) as delivery:
        _write(container, tenant)
        written_at = time.perf_counter()
        totals = container.system_workspace(tenant, "bench").totals
        delivery.wait(lambda: _in_stage(totals, "won") >= _CHANGES // 2)
        taken = time.perf_counter() - written_at
    name = f"all of {_CHANGES:,} changes counted after the last one"
    return Row(name, taken, _LEVEL_SECONDS, "s", 1.0, "5 seconds")


def _write(container: Container, tenant: str) -> None:
    """Create deals, and win each: a change each."""
    repository = container.system_workspace(tenant, "bench").opportunities
    now = datetime.now(UTC).replace(microsecond=0)
    for number, record in enumerate(opportunities(tenant, _CHANGES // 2, now)):
        id = f"01K2000000{number:016d}"
        deal = record.model_copy(update={"opportunity_id": id, "stage": "proposal", "version": 1})
        created = repository.create_unique(
            deal, repeat=None, client_supplied_id=False, skip_duplicates=False
        ).entity
        won = created.model_copy(update={"stage": "won"})
        repository.save_unique(won, previous=created, skip_duplicates=False)


def _in_stage(totals: TotalsRepository, stage: str) -> int:
    counters = totals.group(totals.state().current, Kind.VALUE, EVERYBODY)
    return sum(int(by_slot(row.numbers).get(stage, {}).get(Amount.COUNT, 0)) for row in counters)


# -- what a look costs ---------------------------------------------------------------------------------------------


def _looks(world: World, say: Callable[[str], None]) -> list[Row]:
    container = _container(world, world.patient)
    app = container.http_app(ROUTES)
    meter = Meter()
    meter.attach(world.patient)
    now = datetime.now(UTC).replace(microsecond=0)
    costs: list[dict[str, Cost]] = []
    counted = sizes()
    for size in counted:
        tenant = world.tenant(f"look{size}", "pool")
        say(f"counting {size:,} opportunities in the totals")
        totals = container.system_workspace(tenant, "bench").totals
        _fill(totals, map(_contribution, opportunities(tenant, size, now)))
        costs.append(_look(meter, Caller(app, world.signing.token(tenant))))
    calls = max(cost["value"].calls for cost in costs)
    note = f"{counted[0]:,} to {counted[-1]:,} opportunities"
    return [
        Row("calls for the value of the pipeline", calls, _VALUE_CALLS, "calls", 1.0, f"2 calls, {note}"),
        *flat_rows("flat: totals", costs, note),
    ]


def _fill(totals: TotalsRepository, contributions: Iterable[Contribution]) -> None:
    """Add the contributions to the counters. The rows of the records are left out: no look reads them."""
    deltas: Deltas = {}
    for contribution in contributions:
        add(deltas, contribution)
    counters, state = iter(deltas.items()), totals.state()
    while some := dict(islice(counters, MAX_OPERATIONS - 1)):
        totals.commit(Transaction((), {state.current: some}), state)


def _contribution(record: Opportunity) -> Contribution:
    return contribution_of("opportunity", record.model_dump(mode="json", by_alias=True), UTC)


def _look(meter: Meter, caller: Caller) -> dict[str, Cost]:
    """Return what each look costs; the first request reads the registry and is not counted."""
    caller.call("GET", "/v1/pipeline/stages")
    value, found = "/v1/pipeline/value", dict[str, Cost]()
    for name, path, query in (
        ("value", value, {}),
        ("value of a team", value, {"view": "team"}),
        ("value of an owner", value, {"view": "own"}),
        ("value by owner", value, {"groupBy": "owner"}),
        ("value by team", value, {"groupBy": "team"}),
        ("forecast", "/v1/pipeline/forecast", {}),
        ("dashboard", "/v1/dashboard", {}),
    ):
        found[name] = meter.of(lambda path=path, query=query: caller.call("GET", path, **query))
    return found
