"""A tenant leaves sync: its log, its copies and what is known of its devices go, and its neighbour's stay."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from callers import Person
from service_in_process import REGION

from zebros_core.ids import new_id
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy import offboarding as library
from zebros_sync.bootstrap import Container
from zebros_sync.handlers import offboarding
from zebros_sync.handlers.events import consumer

EXPORTS = "zebros-test-exports"
TABLES = ("sync-log", "sync-states")


@pytest.fixture(scope="module")
def _bucket(container: Container) -> Iterator[None]:
    boto3.client("s3").create_bucket(Bucket=EXPORTS, CreateBucketConfiguration={"LocationConstraint": REGION})
    before = container.core
    container.core = replace(before, exports_bucket=EXPORTS)
    yield
    container.core = before


@pytest.fixture
def door(container: Container, _bucket: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(offboarding.DOOR, "_container", lambda: container)
    monkeypatch.setitem(vars(container), "current_registry", container.registry)

    def call(tenant: str, verb: str) -> dict[str, int]:
        """Call until it is done; return the counts."""
        token = container.internal_tokens.sign(
            TenantContext(tenant, "root", scopes=frozenset({library.OFFBOARDING_SCOPE})),
            audience="zebros-sync-test-offboarding",
        )
        resume = None
        while True:
            answer = offboarding.handler({"verb": verb, "token": token, "resume": resume}, None)
            assert "problem" not in answer, answer
            resume = json.loads(json.dumps(answer["resume"]))
            if answer["done"]:
                return answer["counts"]

    return call


def rows(container: Container, tenant: str) -> list[str]:
    """Every stored row of a tenant, whichever way it is found."""
    silo = container.registry.get(tenant).isolation == "silo"
    prefix = f"zebros-test-{f't-{tenant}-' if silo else ''}"
    return sorted(
        json.dumps([base, item], sort_keys=True, default=repr)
        for base in TABLES
        for item in container.dynamodb.scan(TableName=f"{prefix}{base}")["Items"]
        if item["tenantId"]["S"] == tenant
    )


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
