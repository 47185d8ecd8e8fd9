"""Eight consumers append to one log at once, over a real table: dense, each change once, and no reader skips."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from deployed_stack import Deployment
from sync_device import Device
from sync_in_memory import InMemoryOwners

from zebros_core.auth.permissions import Visibility
from zebros_core.clock import HybridLogicalClock, SystemClock
from zebros_core.dynamodb.store import DataAccess
from zebros_core.errors import UnavailableError
from zebros_core.messaging import EntityChanged
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.context import IsolationName, SystemContext
from zebros_core.tenancy.registry import Tenant
from zebros_local.settings import STAGE
from zebros_sync.domain.log import Segment
from zebros_sync.domain.sight import Sight
from zebros_sync.repositories.change_log import DynamoDbChangeLog
from zebros_sync.use_cases.append_changes import append_changes
from zebros_sync.use_cases.pull_changes import pull_changes

pytestmark = pytest.mark.integration

APPENDERS = 8
RECORDS = 60
WRITES = 240


def log_of(deployment: Deployment, tenant: Tenant) -> DynamoDbChangeLog:
    """The tenant's log as a function of its own reaches it."""
    clock = SystemClock()
    access = DataAccess(
        deployment.aws("dynamodb"),
        table_prefix=f"zebros-{STAGE}",
        cursor_key=b"of these tests, sealing nothing",
        clock=clock,
        hlc=HybridLogicalClock(clock),
    )
    return DynamoDbChangeLog(access.bind(SystemContext(tenant.id, "sync", isolation=tenant.isolation)))


def append_as_a_queue_does(log: DynamoDbChangeLog, batch: Sequence[EntityChanged]) -> None:
    """Append, and again when there was no room for it among the others: the queue gives what failed once more."""
    for _ in range(20):
        try:
            append_changes(log, batch)
        except UnavailableError:
            continue
        return
    raise AssertionError("no room for a batch after many tries")


def whole_log(log: DynamoDbChangeLog) -> list[Segment]:
    found: list[Segment] = []
    while segments := log.segments(found[-1].last + 1 if found else 1, most=7):
        found += segments
    return found


@pytest.mark.parametrize("model", ["pool", "bridge", "silo"])
def test_appenders_at_once_leave_a_dense_log_and_a_reader_meanwhile_misses_nothing(
    deployment: Deployment, model: IsolationName
) -> None:
    tenant, stranger = deployment.register(model), deployment.register(model)
    owners, chance = InMemoryOwners(tenant_id=tenant.id), random.Random(11)
    for number in range(WRITES):
        key = ("customer", f"c{number % RECORDS:04}")
        owners.write(key, {"name": f"n{number}", "ownerId": "ada", "teamId": "north"})
        if number % 29 == 0:
            owners.delete(key)
    # Each event comes twice, to whichever consumer, in any order.
    events = owners.published * 2
    chance.shuffle(events)
    shares = [events[number::APPENDERS] for number in range(APPENDERS)]
    reader, over = Device("reader"), threading.Event()
    sight = Sight(TenantContext(tenant.id, "ada", team_id="north"), {"customer": Visibility.ALL})

    def read_to_the_end() -> None:
        log = log_of(deployment, tenant)
        while reader.pull(lambda cursor: pull_changes(log, sight, cursor, schema=1, most_bytes=1500)):
            pass

    def read_meanwhile() -> None:
        while not over.is_set():
            read_to_the_end()

    def append_share(share: list[EntityChanged]) -> None:
        log = log_of(deployment, tenant)
        for first in range(0, len(share), 15):
            append_as_a_queue_does(log, share[first : first + 15])

    with ThreadPoolExecutor(APPENDERS + 1) as pool:
        reading = pool.submit(read_meanwhile)
        try:
            list(pool.map(append_share, shares))
        finally:
            over.set()
        reading.result()
    read_to_the_end()

    log = log_of(deployment, tenant)
    entries = [entry for segment in whole_log(log) for entry in segment.entries]
    assert len(entries) == log.head().sequence, "dense"
    versions = [(entry.key, entry.version) for entry in entries]
    assert len(set(versions)) == len(versions), "no change twice"
    last = {entry.key: entry.version for entry in entries}
    assert last == {key: record["version"] for key, record in owners.records.items()}
    live = {key: record for key, record in owners.records.items() if not record.get("deletedAt")}
    assert {key: version for key, (version, _) in reader.held.items()} == {
        key: record["version"] for key, record in live.items()
    }
    assert {key: record["name"] for key, (_, record) in reader.held.items()} == {
        key: record["name"] for key, record in live.items()
    }
    assert reader.resets == []

    before = log.head()
    append_as_a_queue_does(log, events)
    assert log.head() == before, "what was there appends nothing"
    assert log_of(deployment, stranger).head().sequence == 0
