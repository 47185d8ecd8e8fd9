"""A tenant leaves sync: its log, its copies and what is known of its devices go, and its neighbour's stay."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from callers import Person
from leaving_tenant import export_buckets, offboarding_door, rows_of

from zebros_core.ids import new_id
from zebros_sync.bootstrap import Container
from zebros_sync.handlers import offboarding
from zebros_sync.handlers.events import consumer

TABLES = ("sync-log", "sync-states")


@pytest.fixture(scope="module")
def _buckets(container: Container) -> Iterator[None]:
    with export_buckets(container):
        yield


@pytest.fixture
def door(container: Container, _buckets: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    return offboarding_door(container, offboarding, "sync", monkeypatch)


def rows(container: Container, tenant: str) -> list[str]:
    """Every stored row of a tenant."""
    return rows_of(container, tenant, TABLES)


@pytest.mark.parametrize("model", ["pool", "bridge", "silo"])
def test_every_row_of_the_tenant_is_exported_and_erased_and_no_other(
    tenant: Callable[..., str],
    person: Callable[..., Person],
    online: Callable[..., Person],
    deliver: Callable[[], int],
    door: Any,
    container: Container,
    model: str,
) -> None:
    one, other = tenant(model), tenant(model)
    for each in (one, other):
        work(person(each), online(each), deliver)
    mine, theirs = rows(container, one), rows(container, other)
    known = container.registry.get(one)
    container.registry.put(replace(known, status="offboarding", epoch=known.epoch + 1))
    exported = door(one, "exportTenant")
    assert sum(exported[table] for table in TABLES) == len(mine) > 6
    erased = door(one, "eraseTenant")
    assert sum(erased[table] for table in TABLES) == len(mine)
    assert rows(container, one) == []
    assert rows(container, other) == theirs


def test_what_comes_late_for_a_tenant_that_leaves_is_not_kept(
    tenant: Callable[..., str], online: Callable[..., Person], container: Container
) -> None:
    one = tenant()
    record = online(one).post("/v1/customers", {"companyName": "Late"}).body
    known = container.registry.get(one)
    container.registry.put(replace(known, status="offboarded", epoch=known.epoch + 1))
    detail = {
        "schemaVersion": 1,
        "eventId": "late",
        "tenantId": one,
        "entity": "customer",
        "id": record["customerId"],
        "version": 1,
        "operation": "created",
        "occurredAt": record["createdAt"],
        "snapshot": record,
    }
    body = json.dumps({"source": "zebros.customers", "detail-type": "EntityChanged", "detail": detail})
    answer = consumer(container).handler({"Records": [{"messageId": "m1", "body": body}]}, None)
    assert answer == {"batchItemFailures": []}
    assert rows(container, one) == []


def work(device: Person, web: Person, deliver: Callable[[], int]) -> None:
    """A record that is there, one that is gone, and a push with an edit that met another one."""
    kept = web.post("/v1/customers", {"companyName": "Tidewater"})
    web.delete(web.post("/v1/customers", {"companyName": "Gone"}).headers["location"])
    web.patch(kept.headers["location"], {"companyName": "Tidewater Instruments"})
    at = kept.body["createdAt"]
    edit = {
        "mutationId": "m-1",
        "entity": "customer",
        "id": kept.body["customerId"],
        "operation": "update",
        "baseVersion": 1,
        "changes": {"companyName": "Tidewater Ltd"},
        "changedAt": at,
    }
    new = {
        "mutationId": "m-2",
        "entity": "customer",
        "id": new_id(device.clock),
        "operation": "create",
        "changes": {"companyName": "Made offline"},
        "changedAt": at,
    }
    pushed = device.post("/v1/sync/push", {"clientId": "phone", "sentAt": at, "mutations": [edit, new]})
    assert [outcome["outcome"] for outcome in pushed.body["outcomes"]] == ["merged", "applied"]
    deliver()
