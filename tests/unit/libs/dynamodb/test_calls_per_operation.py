"""How many calls each operation costs: counted at the client, in every isolation model."""

from __future__ import annotations

import pytest
from widget_world import Part, PartRepository, Widget, WidgetRepository, World

from zebros_core.dynamodb import TenantStore


@pytest.fixture
def store(world: World, isolation: str) -> TenantStore:
    return world.store("aurora", isolation)  # pyright: ignore


def test_a_read_by_id_is_one_call(world: World, store: TenantStore, isolation: str) -> None:
    widget = WidgetRepository(store).add(Widget(widget_id=store.new_id(), name="Gear"))
    part = PartRepository(store).add(Part(part_id=store.new_id()))
    with world.counted() as calls:
        WidgetRepository(store).get(widget.widget_id)
    assert calls == (["Query"] if isolation == "pool" else ["GetItem"])
    with world.counted() as calls:
        PartRepository(store).get(part.part_id)
    assert calls == ["Query"]


def test_a_create_is_one_write(world: World, store: TenantStore) -> None:
    with world.counted() as calls:
        WidgetRepository(store).create(Widget(widget_id=store.new_id(), name="Gear"), idempotency="f")
    assert calls == ["PutItem"]
    with world.counted() as calls:
        WidgetRepository(store).add(Widget(widget_id=store.new_id(), name="Gear", external_id="x"))
    assert calls == ["TransactWriteItems"]
    with world.counted() as calls:
        PartRepository(store).create(Part(part_id=store.new_id()), idempotency="f")
    assert calls == ["TransactWriteItems"]


def test_saves_and_removes_are_one_write(world: World, store: TenantStore) -> None:
    widgets = WidgetRepository(store)
    widget = widgets.add(Widget(widget_id=store.new_id(), name="Gear"))
    with world.counted() as calls:
        widget = widgets.save(widget.model_copy(update={"name": "Cog"}), previous=widget)
        tombstone = widgets.remove(widget)
        widgets.restore(tombstone)
    assert calls == ["PutItem"] * 3


def test_a_page_is_one_query_with_one_filter_too(world: World, store: TenantStore) -> None:
    widgets = WidgetRepository(store)
    for number in range(8):
        widgets.add(Widget(widget_id=store.new_id(), name=f"W{number}", owner_id=f"o{number % 2}"))
    for page in (lambda: widgets.page_by_created(limit=3), lambda: widgets.page_by_owner("o1", limit=4)):
        with world.counted() as calls:
            page()
        assert calls == ["Query"]


def test_a_page_of_a_sharded_index_is_one_query_per_shard(world: World, isolation: str) -> None:
    widgets = WidgetRepository(world.store("aurora", isolation, index_shards=4))  # pyright: ignore
    for number in range(20):
        widgets.add(Widget(widget_id=f"W{number}", name="n"))
    with world.counted() as calls:
        widgets.page_by_created(limit=5)
    assert calls == ["Query"] * 4


def test_batch_get_is_one_call_per_hundred(world: World, store: TenantStore) -> None:
    with world.counted() as calls:
        WidgetRepository(store).batch_get([store.new_id() for _ in range(201)])
    assert calls == ["BatchGetItem"] * 3


def test_binding_and_building_make_no_call(world: World, store: TenantStore) -> None:
    with world.counted() as calls:
        WidgetRepository(world.store())
    assert calls == []
