"""A test of the net itself: repositories and stores broken on purpose, which must never give a foreign
row.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from widget_world import PREFIX, Part, PartRepository, Widget, WidgetRepository, World

from zebros_core.dynamodb import ForeignRowError
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.transaction import TransactionBuilder
from zebros_core.tenancy import PlatformContext


class LeakyClient:
    """A client whose answers are always another tenant's: as if keys, filters and conditions had been
    forgotten.
    """

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {"Item": dict(self._rows[0])}

    def query(self, **_: Any) -> dict[str, Any]:
        return {"Items": [dict(row) for row in self._rows]}

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        return {"Responses": {table: [dict(row) for row in self._rows] for table in request["RequestItems"]}}


READS: list[Callable[[WidgetRepository], object]] = [
    lambda widgets: widgets.get("W1"),
    lambda widgets: widgets.find("W1"),
    lambda widgets: widgets.get_any("W1"),
    lambda widgets: widgets.batch_get(["W1"]),
    lambda widgets: widgets.page_by_created(),
    lambda widgets: widgets.page_by_name(filters={"colour": "red"}),
    lambda widgets: widgets.page_by_owner("o1"),
    lambda widgets: widgets.find_by_external_id("x"),
]


@pytest.mark.parametrize("read", READS)
def test_a_broken_read_raises_and_alarms_instead_of_answering(
    world: World, isolation: str, read: Callable[[WidgetRepository], object], caplog: pytest.LogCaptureFixture
) -> None:
    theirs = world.store("borealis", isolation)  # pyright: ignore
    WidgetRepository(theirs).add(Widget(widget_id="W1", name="secret", owner_id="o1"))
    rows = world.client.scan(TableName=theirs.table("widgets"))["Items"]
    access = world.access_with(LeakyClient(rows))
    mine = WidgetRepository(access.bind(world.store("aurora", isolation).context))  # pyright: ignore
    with caplog.at_level(logging.CRITICAL), pytest.raises(ForeignRowError):
        read(mine)
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    assert "secret" not in caplog.text


def test_a_row_that_mixes_tenants_is_refused(world: World, isolation: str) -> None:
    store = world.store("aurora", isolation)  # pyright: ignore
    WidgetRepository(store).add(Widget(widget_id="W1", name="n", owner_id="o1"))
    row = world.client.scan(TableName=store.table("widgets"))["Items"][0]
    mixed = [{**row, "ownerId": {"S": "borealis#o1"}}]
    if isolation == "bridge":
        mixed.append({**row, "widgetId": {"S": "borealis#W1"}})
    for bad in mixed:
        widgets = WidgetRepository(world.access_with(LeakyClient([bad])).bind(store.context))
        with pytest.raises(ForeignRowError):
            widgets.get("W1")


def test_asking_for_a_foreign_row_by_batch_raises_in_a_pooled_table(world: World) -> None:
    WidgetRepository(world.store("borealis")).add(Widget(widget_id="W1", name="n"))
    WidgetRepository(world.store("aurora")).add(Widget(widget_id="W2", name="n"))
    with pytest.raises(ForeignRowError):
        WidgetRepository(world.store("aurora")).batch_get(["W2", "W1"])


def test_pooled_tenants_may_hold_the_same_id_under_different_parents(world: World) -> None:
    mine, theirs = PartRepository(world.store("aurora")), PartRepository(world.store("borealis"))
    mine.add(Part(part_id="P", widget_id="W1", name="mine"))
    theirs.add(Part(part_id="P", widget_id="W2", name="theirs"))
    assert (mine.get("P").name, theirs.get("P").name) == ("mine", "theirs")


def test_what_is_stored_names_its_tenant_in_every_key(world: World) -> None:
    for tenant in ("aurora", "borealis"):
        store = world.store(tenant, "bridge")
        widgets, parts = WidgetRepository(store), PartRepository(store)
        widgets.remove(widgets.add(Widget(widget_id="W0", name="n", owner_id="o", external_id="x")))
        widgets.add(Widget(widget_id="W1", name="n", owner_id="o", colour="red", external_id="x"))
        parts.add(Part(part_id="P1", widget_id="W1"), client_supplied_id=True)
        LookupTable(store, "widgets-lookup").put(["tokens", "gear"], "W1", {"name": "Gear"})
    for table in ("widgets", "parts", "widgets-lookup"):
        for row in world.rows(table):
            tenant = row["tenantId"]["S"]
            for name in (
                "widgetId" if table == "widgets" else "partId",
                "pk",
                "ownerId",
                "colour",
                "shardKey",
                "widgetKey",
            ):
                if name in row:
                    assert row[name]["S"].startswith(f"{tenant}#")
    index_attributes = {"shardKey", "nameKey", "ownerId", "colour", "createdAt"}
    tombstones = [row for row in world.rows("widgets") if "deletedAt" in row]
    assert len(tombstones) == 2
    assert all(not index_attributes & row.keys() for row in tombstones)


def test_no_store_is_made_for_a_platform_administrator(world: World) -> None:
    with pytest.raises(TypeError, match="PlatformContext"):
        world.access.bind(PlatformContext("root"))  # pyright: ignore


def test_a_transaction_refuses_another_tenants_repository(world: World) -> None:
    transaction = TransactionBuilder(world.store("aurora"))
    with pytest.raises(ValueError, match="another tenant"):
        transaction.add(WidgetRepository(world.store("borealis")), Widget(widget_id="W", name="n"))
    assert f"{PREFIX}-widgets" == world.store().table("widgets")
