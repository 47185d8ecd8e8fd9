"""Entries of a history, in whatever order events and the erasure come: no value is left, and no version is open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from proof import examples

from zebros_core.clock import FixedClock, HybridLogicalClock
from zebros_core.dynamodb import DataAccess, TenantStore
from zebros_core.privacy.history import HistoryErasure
from zebros_core.records.history import FieldChange, HistoryEntry, HistoryRepository
from zebros_core.tenancy.context import ERASURE_CAUSE, SystemContext

LOOKUP = "widgets-lookup"
_NUMBERS = count(1)
AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def access() -> Iterator[DataAccess]:
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "testing")
        client: Any = boto3.client("dynamodb", region_name="eu-central-1")
        client.create_table(
            TableName=f"z-{LOOKUP}",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
        )
        clock = FixedClock(AT)
        yield DataAccess(
            client, table_prefix="z", cursor_key=b"k" * 32, clock=clock, hlc=HybridLogicalClock(clock)
        )


def store_of(access: DataAccess, tenant: str = "aurora") -> TenantStore:
    return access.bind(SystemContext(tenant, ERASURE_CAUSE))


def entry(version: int, value: str = "Jane Doe") -> HistoryEntry:
    changes = {"name": FieldChange(before=value, after=value), "size": FieldChange(after=version)}
    return HistoryEntry(version=version, operation="updated", at=AT, actor="u-1", changes=changes)


def rewrite(name: str, value: Any) -> Any:
    return "erased" if name == "name" and value is not None else value


@settings(
    max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    before=st.lists(st.integers(1, 6), max_size=8),
    after=st.lists(st.integers(1, 6), max_size=8),
)
def test_events_before_and_after_leave_nothing(
    access: DataAccess, before: list[int], after: list[int]
) -> None:
    id = f"W{next(_NUMBERS)}"
    store = store_of(access)
    history, erasure = HistoryRepository(store, LOOKUP), HistoryErasure(store, LOOKUP)
    for version in before:
        history.append("widget", id, entry(version))
    assert erasure.close("widget", id, 7, rewrite, AT) == len(set(before))
    for version in after:
        assert not history.append("widget", id, entry(version)), "its place is taken"
    assert erasure.close("widget", id, 7, rewrite, AT) == 0, "once more changes nothing"
    history.append("widget", id, entry(7, "New"))
    rows = erasure.entries("widget", id)
    assert [row["version"] for row in rows] == list(range(1, 8))
    assert "Jane Doe" not in str(rows)
    shown = history.page("widget", id, limit=50, cursor=None).items
    assert [found.version for found in shown] == sorted({*before, 7}, reverse=True)
    assert all(found.changes["size"].after == found.version for found in shown), "and what is business stays"


def test_another_tenants_history_of_the_same_id_is_not_touched(access: DataAccess) -> None:
    for tenant in ("aurora", "borealis"):
        HistoryRepository(store_of(access, tenant), LOOKUP).append("widget", "W1", entry(1))
    HistoryErasure(store_of(access), LOOKUP).close("widget", "W1", 3, rewrite, AT)
    (kept,) = HistoryErasure(store_of(access, "borealis"), LOOKUP).entries("widget", "W1")
    assert kept["changes"]["name"]["after"] == "Jane Doe"
