"""The registry: one contract for the table and the dictionary, and the cache in front."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from moto import mock_aws

from zebros_core.clock import FixedClock
from zebros_core.errors import ConflictError, NotFoundError, UnavailableError
from zebros_core.tenancy.registry import (
    CachedTenantRegistry,
    DynamoDbTenantRegistry,
    InMemoryTenantRegistry,
    Tenant,
    TenantRegistry,
)

AURORA = Tenant(
    "aurora", "Aurora", "pool", settings={"currency": "EUR", "indexShards": 2, "rate": Decimal("1.5")}
)
BOREALIS = Tenant("borealis", "Borealis", "silo", status="suspended")


@pytest.fixture(params=["table", "dictionary"])
def registry(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[TenantRegistry]:
    if request.param == "dictionary":
        yield InMemoryTenantRegistry()
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        import botocore.session

        client: Any = botocore.session.get_session().create_client("dynamodb", region_name="eu-central-1")
        client.create_table(
            TableName="zebros-dev-tenants",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "tenantId", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "tenantId", "AttributeType": "S"}],
        )
        yield DynamoDbTenantRegistry(client, "zebros-dev-tenants")


def test_tenants_are_registered_and_read_back(registry: TenantRegistry) -> None:
    registry.put(AURORA)
    registry.put(BOREALIS)
    assert registry.get("aurora") == AURORA
    assert registry.get("borealis") == BOREALIS
    assert (AURORA.index_shards, BOREALIS.index_shards) == (2, 1)
    assert not registry.get("borealis").is_active


@pytest.mark.parametrize("id", ["nobody", "", "../aurora", "AURORA"])
def test_an_unknown_tenant_is_not_found(registry: TenantRegistry, id: str) -> None:
    registry.put(AURORA)
    with pytest.raises(NotFoundError):
        registry.get(id)


def test_an_older_epoch_does_not_overwrite_a_newer_one(registry: TenantRegistry) -> None:
    registry.put(replace(AURORA, epoch=3))
    with pytest.raises(ConflictError):
        registry.put(replace(AURORA, epoch=2, name="Old"))
    registry.put(replace(AURORA, epoch=4, status="suspended"))
    assert registry.get("aurora").epoch == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "a#b"},
        {"id": "platform"},
        {"isolation": "none"},
        {"status": "gone"},
        {"settings": {"indexShards": 9}},
    ],
)
def test_a_wrong_tenant_cannot_be_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"tenant id|isolation|status|indexShards"):
        replace(AURORA, **wrong)


class Counting(InMemoryTenantRegistry):
    def __init__(self, *tenants: Tenant) -> None:
        super().__init__(*tenants)
        self.reads = 0
        self.out_of_reach = False

    def get(self, tenant_id: str) -> Tenant:
        self.reads += 1
        if self.out_of_reach:
            raise UnavailableError
        return super().get(tenant_id)


def test_an_answer_is_at_most_thirty_seconds_old() -> None:
    inner, clock = Counting(AURORA, BOREALIS), FixedClock()
    cached = CachedTenantRegistry(inner, clock)
    assert [cached.get("aurora").epoch for _ in range(3)] == [1, 1, 1]
    assert (cached.get("borealis"), inner.reads) == (BOREALIS, 2)
    inner.put(replace(AURORA, epoch=2, status="suspended"))
    clock.advance(29)
    assert cached.get("aurora").is_active
    clock.advance(1)
    assert not cached.get("aurora").is_active
    assert inner.reads == 3


def test_the_last_known_answer_is_served_through_an_outage_of_an_hour() -> None:
    inner, clock = Counting(AURORA), FixedClock()
    cached = CachedTenantRegistry(inner, clock)
    cached.get("aurora")
    inner.out_of_reach = True
    clock.advance(31)
    assert [cached.get("aurora") for _ in range(5)] == [AURORA] * 5
    assert inner.reads == 2, "an unreachable registry is not asked at every request"
    with pytest.raises(UnavailableError):
        cached.get("borealis")
    clock.advance(3600)
    with pytest.raises(UnavailableError):
        cached.get("aurora")
    inner.out_of_reach = False
    assert cached.get("aurora") == AURORA


def test_a_removed_tenant_is_forgotten_and_an_unknown_one_not_remembered() -> None:
    inner, clock = Counting(), FixedClock()
    cached = CachedTenantRegistry(inner, clock)
    with pytest.raises(NotFoundError):
        cached.get("aurora")
    cached.put(AURORA)
    assert cached.get("aurora") == AURORA
    inner._tenants.clear()  # pyright: ignore[reportPrivateUsage]
    clock.advance(30)
    with pytest.raises(NotFoundError):
        cached.get("aurora")
