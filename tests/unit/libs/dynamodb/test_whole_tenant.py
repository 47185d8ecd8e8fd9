"""Whole tenants: what is one's is found and erased, and nothing else is touched, whatever is in the tables."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from widget_world import (
    LOOKUP,
    PARTS,
    PREFIX,
    TENANTS,
    WIDGETS,
    Part,
    PartRepository,
    Widget,
    WidgetRepository,
    World,
)

from zebros_core.dynamodb import ForeignRowError
from zebros_core.dynamodb.whole_tenant import TenantTable, WholeTenant
from zebros_core.tenancy import IsolationName, TenantContext

TABLES = (TenantTable.of(WIDGETS), TenantTable.of(PARTS), TenantTable.lookup(LOOKUP))
MODELS: tuple[IsolationName, ...] = ("pool", "bridge", "silo")


def whole(world: World, tenant: str, isolation: IsolationName) -> WholeTenant:
    return WholeTenant(world.client, TenantContext(tenant, "root", isolation=isolation), table_prefix=PREFIX)


def stored(world: World) -> dict[str, list[str]]:
    """Every row of every table by the tenant that it names, to the byte."""
    found: dict[str, list[str]] = {}
    for name in world.client.list_tables()["TableNames"]:
        for item in world.client.scan(TableName=name)["Items"]:
            row = json.dumps([name, item], sort_keys=True, default=repr)
            found.setdefault(item["tenantId"]["S"], []).append(row)
    return {tenant: sorted(rows) for tenant, rows in found.items()}


def fill(world: World, tenant: str, isolation: IsolationName, widgets: int, parts: int) -> None:
    store = world.store(tenant, isolation)
    repository = WidgetRepository(store)
    made = [
        repository.add(Widget(widget_id=store.new_id(), name=f"W{n}", external_id=f"{n}"))
        for n in range(widgets)
    ]
    for n in range(parts):
        parent = made[n % len(made)].widget_id if made else None
        PartRepository(store).add(Part(part_id=store.new_id(), widget_id=parent))
    if made:
        repository.remove(made[0])


def erased(found: WholeTenant, limit_pages: int = 100) -> int:
    total = 0
    for table in TABLES:
        start = None
        for _ in range(limit_pages):
            page = found.page(table, start, keys_only=True)
            total += found.erase(table, page.items)
            start = page.next
            if start is None:
                break
    return total


@settings(max_examples=12, deadline=None)
@given(
    models=st.tuples(st.sampled_from(MODELS), st.sampled_from(MODELS)),
    sizes=st.tuples(*[st.integers(0, 4)] * 4),
)
def test_an_erasure_leaves_the_other_tenants_rows_to_the_byte(
    shared_world: World, models: tuple[IsolationName, IsolationName], sizes: tuple[int, ...]
) -> None:
    shared_world.reset()
    world = shared_world
    for tenant, model, widgets, parts in zip(TENANTS, models, sizes[:2], sizes[2:], strict=True):
        fill(world, tenant, model, widgets, parts)
    before = stored(world)
    leaving, staying = TENANTS
    assert erased(whole(world, leaving, models[0])) == len(before.get(leaving, []))
    assert stored(world) == {t: rows for t, rows in before.items() if t == staying}
    assert erased(whole(world, leaving, models[0])) == 0


@pytest.mark.parametrize("isolation", MODELS)
def test_a_row_that_became_anothers_meanwhile_is_not_erased(world: World, isolation: IsolationName) -> None:
    fill(world, "aurora", isolation, 2, 0)
    found = whole(world, "aurora", isolation)
    table = TABLES[0]
    page = found.page(table, keys_only=True)
    name = f"{PREFIX}-t-aurora-widgets" if isolation == "silo" else f"{PREFIX}-widgets"
    world.client.update_item(
        TableName=name,
        Key={"widgetId": page.items[0]["widgetId"]},
        UpdateExpression="SET tenantId = :t",
        ExpressionAttributeValues={":t": {"S": "borealis"}},
    )
    with pytest.raises(ForeignRowError):
        found.erase(table, page.items)
    assert len(world.client.scan(TableName=name)["Items"]) == 2


@pytest.mark.parametrize("isolation", ["silo", "bridge"])
def test_a_foreign_row_among_ones_own_stops_everything(world: World, isolation: IsolationName) -> None:
    name = f"{PREFIX}-t-aurora-widgets" if isolation == "silo" else f"{PREFIX}-widgets"
    world.client.put_item(
        TableName=name, Item={"widgetId": {"S": "aurora#W1"}, "tenantId": {"S": "borealis"}}
    )
    with pytest.raises(ForeignRowError):
        whole(world, "aurora", isolation).page(TABLES[0])


def test_a_longer_id_with_the_same_beginning_is_another_tenant(world: World) -> None:
    for tenant in ("auror", "aurora"):
        fill(world, tenant, "bridge", 2, 1)
    before = stored(world)
    erased(whole(world, "auror", "bridge"))
    assert stored(world) == {"aurora": before["aurora"]}
