"""Offline sync: what a pull takes against reading the same rows raw, and what keeping the log and the states takes.

A pull goes through the HTTP handler: a token is verified, a cursor opened and sealed, the page written as JSON and
compressed; the raw reads end with what boto3 has parsed. Both read strongly. The device has a page's default size.
What a delta costs is counted, with 1,000, 10,000 and 100,000 entities that did not change beside those that did.
"""

from __future__ import annotations

import base64
import gzip
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from benchmarks.changes import delivering, rate_row
from benchmarks.measuring import Timed, medians
from benchmarks.metering import Cost, Meter, flat_rows
from benchmarks.rows import Row
from benchmarks.sales import opportunities
from benchmarks.world import OWNERS, PREFIX, Caller, World, core_settings, customers
from zebros_activities import settings as activities_settings
from zebros_activities.bootstrap import Container as ActivitiesContainer
from zebros_activities.handlers.bulk import DOOR as ACTIVITIES_DOOR
from zebros_core.bootstrap import ServiceContainer
from zebros_core.bulk.client import BulkDoors
from zebros_core.bulk.door import BulkDoor
from zebros_core.tenancy.registry import CachedTenantRegistry, DynamoDbTenantRegistry
from zebros_customers import settings as customers_settings
from zebros_customers.bootstrap import Container as CustomersContainer
from zebros_customers.handlers.bulk import DOOR as CUSTOMERS_DOOR
from zebros_pipeline import settings as pipeline_settings
from zebros_pipeline.bootstrap import Container as PipelineContainer
from zebros_pipeline.domain.product import Product
from zebros_pipeline.handlers.bulk import DOOR as PIPELINE_DOOR
from zebros_pipeline.repositories.keys import PRODUCTS
from zebros_sync.bootstrap import Container
from zebros_sync.domain.log import MAX_ENTRIES, STATE_SHARDS, Segment, State, shard_of
from zebros_sync.domain.ports import ChangeLog
from zebros_sync.handlers.events import consumer
from zebros_sync.handlers.routes import ROUTES
from zebros_sync.repositories.keys import STATE_TABLE
from zebros_sync.settings import Settings
from zebros_sync.use_cases.append_changes import append_states, state_of_record

ENTITIES = 30_000
_CHANGED = 1_000
_FULL_ROUNDS = 5
_DELTA_ROUNDS = 15
_OF_READS = round(1 / 0.7, 2)
"""At least 0.7 of the rate is at most so many times the time."""
_APPENDED = 3_000
_CHANGES = 10_000
_LEVEL_SECONDS = 5.0
SIZES = (1_000, 10_000, 100_000)
_FEW = 200
_SOURCE = "zebros.pipeline"
_LAST_VERSION = 2
_KEYS = 100
"""That BatchGetItem takes."""
_STATES = f"{PREFIX}-{STATE_TABLE}"


def rows(world: World, say: Callable[[str], None]) -> list[Row]:
    """Return the rows of sync."""
    say(f"pulling {ENTITIES:,} entities, and reading the same rows raw")
    pulled = _pulls(world)
    say(f"appending {_APPENDED:,} changes, and sending the same transactions raw")
    appended = _appends(world)
    say(f"writing {_CHANGES:,} changes, and waiting until all are in the log")
    level = _level(world)
    return [*pulled, appended, level, *_deltas(world, say)]


def _container(world: World, dynamodb: Any = None) -> Container:
    """Return the service as it is measured: with the run's tokens and the owners' doors, the registry read once."""
    container = Container(Settings(core_settings(world.engines, service="sync")), dynamodb=dynamodb)
    inner = DynamoDbTenantRegistry(container.dynamodb, f"{PREFIX}-tenants")
    vars(container)["registry"] = CachedTenantRegistry(inner, container.clock, staleness_seconds=3600)
    vars(container)["bulk_doors"] = _doors(world, container)
    return world.trusting(container)


def _doors(world: World, caller: ServiceContainer) -> BulkDoors:
    """Return the doors of the owners, who run in this process."""
    customers_, activities = (
        CustomersContainer(customers_settings.Settings(core_settings(world.engines, service="customers"))),
        ActivitiesContainer(activities_settings.Settings(core_settings(world.engines, service="activities"))),
    )
    owners: tuple[tuple[ServiceContainer, BulkDoor[Any]], ...] = (
        (customers_, CUSTOMERS_DOOR),
        (_pipeline(world), PIPELINE_DOOR),
        (activities, ACTIVITIES_DOOR),
    )
    doors = {have.bulk_function: replace(door, services=lambda have=have: have) for have, door in owners}

    def invoke(function: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        return json.loads(json.dumps(doors[function].handler(payload)))

    return BulkDoors(invoke, caller.internal_tokens.sign, stage=caller.core.stage, clock=caller.clock)


def _pipeline(world: World) -> PipelineContainer:
    return PipelineContainer(pipeline_settings.Settings(core_settings(world.engines, service="pipeline")))


# -- data ----------------------------------------------------------------------------------------------------------


def states_of(tenant_id: str, count: int) -> Iterator[State]:
    """Yield states of customers and half as many opportunities, each as large as the next of its kind."""
    deals = count // 3
    now = datetime.now(UTC).replace(microsecond=0)
    for customer in customers(tenant_id, count - deals):
        yield state_of_record(
            "customer", customer.customer_id, customer.model_dump(mode="json", by_alias=True)
        )
    for deal in opportunities(tenant_id, deals, now):
        yield state_of_record("opportunity", deal.opportunity_id, deal.model_dump(mode="json", by_alias=True))


def _append(log: ChangeLog, states: Iterable[State]) -> None:
    """Append states to a log to which nobody else appends."""
    head = log.head()
    coming = iter(states)
    while portion := list(islice(coming, MAX_ENTRIES)):
        segment = Segment(head.sequence + 1, tuple(state.entry() for state in portion))
        if not log.append(head, segment, portion):
            raise RuntimeError("somebody else appends to the log")
        head = replace(head, sequence=segment.last)


def _next_versions(states: Iterable[State]) -> list[State]:
    return [replace(state, version=state.version + 1) for state in states]


def _spread(states: Sequence[State], count: int) -> list[State]:
    """Return so many of the states from everywhere."""
    return list(states[:: len(states) // count][:count])


# -- pulls ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Device:
    """Somebody's device, as far as it asks."""

    caller: Caller

    def pull(self, cursor: str | None) -> dict[str, Any]:
        """Return the answer with a page."""
        event = self.caller.event(
            "POST", "/v1/sync/pull", {"cursor": cursor}, headers={"accept-encoding": "gzip"}
        )
        answer = self.caller.app.handler(event, None)
        if answer["statusCode"] != 200:
            raise RuntimeError(f"a pull was refused: {answer}")
        return answer

    def pages_after(self, cursor: str | None) -> Iterator[tuple[str | None, dict[str, Any]]]:
        """Pull until there is no more; yield each page with the cursor that it is after."""
        more = True
        while more:
            page = _page(self.pull(cursor))
            yield cursor, page
            cursor, more = page["cursor"], page["more"]


def _page(answer: Mapping[str, Any]) -> dict[str, Any]:
    return json.loads(gzip.decompress(base64.b64decode(answer["body"])))


def _pulls(world: World) -> list[Row]:
    tenant = world.tenant("pulls", "pool")
    container = _container(world)
    log = container.system_workspace(tenant, "bench").log
    states = list(states_of(tenant, ENTITIES))
    _append(log, states)
    device = _Device(Caller(container.http_app(ROUTES), world.signing.token(tenant)))
    full, end = _full_sync(device, world.raw, tenant)
    changed = _next_versions(_spread(states, _CHANGED))
    _append(log, changed)
    return [full, _delta(device, world.raw, tenant, end, changed)]


def _full_sync(device: _Device, raw: Any, tenant: str) -> tuple[Row, str]:
    """Return the row of a full sync, and the cursor at its end."""
    cursors: list[str | None] = []
    end, records = "", 0
    for cursor, page in device.pages_after(None):
        cursors.append(cursor)
        records += len(page["changes"])
        end = page["cursor"]
    assert records == ENTITIES, records

    def ours() -> None:
        # The cursors are known by now, so what a device does with a page is not measured.
        for cursor in cursors:
            device.pull(cursor)

    def theirs() -> None:
        found = 0
        for shard in range(STATE_SHARDS):
            request: dict[str, Any] = {
                "TableName": _STATES,
                "KeyConditionExpression": "pk = :pk",
                "ExpressionAttributeValues": {":pk": {"S": _partition(tenant, shard)}},
                "ConsistentRead": True,
            }
            while True:
                answer = raw.query(**request)
                found += len(answer["Items"])
                if "LastEvaluatedKey" not in answer:
                    break
                request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        assert found == ENTITIES, found

    taken = medians({"ours": Timed(ours), "raw": Timed(theirs)}, rounds=_FULL_ROUNDS, warm_up=1)
    name = f"full sync of {ENTITIES:,} entities in {len(cursors)} pulls"
    against = "boto3 Query of the same rows"
    return Row(name, taken["ours"], taken["raw"], "s", _OF_READS, against), end


def _delta(device: _Device, raw: Any, tenant: str, cursor: str, changed: Sequence[State]) -> Row:
    cursors: list[str | None] = []
    records = 0
    for after, page in device.pages_after(cursor):
        cursors.append(after)
        records += len(page["changes"])
    assert records == len(changed), records
    keys = [
        {
            "pk": {"S": _partition(tenant, shard_of(state.entity, state.id))},
            "sk": {"S": f"{state.entity}#{state.id}"},
        }
        for state in changed
    ]

    def ours() -> None:
        for after in cursors:
            device.pull(after)

    def theirs() -> None:
        found = 0
        for start in range(0, len(keys), _KEYS):
            pending: Any = {_STATES: {"Keys": keys[start : start + _KEYS], "ConsistentRead": True}}
            while pending:
                answer = raw.batch_get_item(RequestItems=pending)
                found += len(answer["Responses"][_STATES])
                pending = answer.get("UnprocessedKeys")
        assert found == len(changed), found

    taken = medians({"ours": Timed(ours), "raw": Timed(theirs)}, rounds=_DELTA_ROUNDS, warm_up=3)
    return Row(
        f"delta of {len(changed):,} changes",
        taken["ours"] * 1000,
        taken["raw"] * 1000,
        "ms",
        _OF_READS,
        "boto3 BatchGetItem of the same rows",
    )


def _partition(tenant: str, shard: int) -> str:
    return f"{tenant}#state#{shard:02d}"


# -- appends -------------------------------------------------------------------------------------------------------


def _appends(world: World) -> Row:
    container = _container(world)
    tenants = (world.tenant("appenda", "pool"), world.tenant("appendb", "pool"))
    handler = consumer(container).handler
    return rate_row(
        world,
        container,
        handler,
        "append a change to the log",
        source=_SOURCE,
        tenants=tenants,
        count=_APPENDED,
    )


def _level(world: World) -> Row:
    tenant = world.tenant("leveled", "pool")
    owner, publishing, container = _pipeline(world), _pipeline(world), _container(world)
    with delivering(world, PRODUCTS, publishing, consumer(container).handler) as delivery:
        ids = _write(owner, tenant)
        written_at = time.perf_counter()
        delivery.wait(lambda: delivery.taken >= _CHANGES)
        taken = time.perf_counter() - written_at
    states = container.system_workspace(tenant, "bench").log.states([("product", id) for id in ids])
    assert len(states) == len(ids), len(states)
    assert all(state.version == _LAST_VERSION for state in states.values())
    name = f"all of {_CHANGES:,} changes in the log after the last one"
    return Row(name, taken, _LEVEL_SECONDS, "s", 1.0, "5 seconds")


def _write(owner: PipelineContainer, tenant: str) -> list[str]:
    """Create products, and change the price of each: a change each. Return their ids."""
    repository = owner.system_workspace(tenant, "bench").products
    now = datetime.now(UTC).replace(microsecond=0)
    ids: list[str] = []
    for number in range(_CHANGES // 2):
        product = Product(
            tenant_id=tenant,
            product_id=f"01K0000000{number:016d}",
            name=f"Instrument {number:06d}",
            series="Harbour",
            unit_price=Decimal(100 + number),
            currency="EUR",
            hlc=f"{number:020d}-bench",
            created_at=now,
            updated_at=now,
            created_by=OWNERS[0],
            updated_by=OWNERS[0],
        )
        kept = repository.create_unique(
            product, repeat=None, client_supplied_id=False, skip_duplicates=False
        ).entity
        dearer = kept.model_copy(update={"unit_price": Decimal(200 + number)})
        repository.save_unique(dearer, previous=kept, skip_duplicates=False)
        ids.append(product.product_id)
    return ids


# -- what a delta costs --------------------------------------------------------------------------------------------


def _deltas(world: World, say: Callable[[str], None]) -> list[Row]:
    """Return three rows an operation: calls, units and items, the most of the larger sizes against the smallest."""
    container = _container(world, world.patient)
    app = container.http_app(ROUTES)
    meter = Meter()
    meter.attach(world.patient)
    costs: list[dict[str, Cost]] = []
    for size in SIZES:
        tenant = world.tenant(f"delta{size}", "pool")
        say(f"counting with {size:,} live entities")
        log = container.system_workspace(tenant, "bench").log
        states = list(states_of(tenant, size))
        _append(log, states)
        device = _Device(Caller(app, world.signing.token(tenant)))
        costs.append(_counted(meter, device, log, states))
    return flat_rows("flat: sync", costs, f"{SIZES[0]:,} to {SIZES[-1]:,} live entities")


def _counted(meter: Meter, device: _Device, log: ChangeLog, states: Sequence[State]) -> dict[str, Cost]:
    """Return what each operation costs."""
    *_, (_, last) = device.pages_after(None)
    changed = _next_versions(_spread(states, _FEW))
    found = {f"append {_FEW} changes": meter.of(lambda: append_states(log, changed))}
    found[f"delta of {_FEW} changes"] = meter.of(lambda: list(device.pages_after(last["cursor"])))
    *_, (_, last) = device.pages_after(last["cursor"])
    found["delta of nothing"] = meter.of(lambda: device.pull(last["cursor"]))
    found["head"] = meter.of(lambda: device.caller.call("GET", "/v1/sync/head"))
    return found
