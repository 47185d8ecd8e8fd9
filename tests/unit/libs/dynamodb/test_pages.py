"""Pages: order, ends, filters, shards, and whom a cursor belongs to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from widget_world import Widget, WidgetRepository, World

from zebros_core.dynamodb import Page, TenantStore
from zebros_core.errors import BadRequestError


@pytest.fixture
def store(world: World, isolation: str) -> TenantStore:
    return world.store("aurora", isolation)  # pyright: ignore


def filled(world: World, store: TenantStore, count: int, **values: Any) -> list[str]:
    """Widgets one second apart, beside some of the other tenant's; their ids in order."""
    widgets, ids = WidgetRepository(store), list[str]()
    others = WidgetRepository(world.store("borealis", store.isolation.name))
    for number in range(count):
        ids.append(store.new_id())
        given = {key: value(number) if callable(value) else value for key, value in values.items()}
        widgets.add(Widget.model_validate({"widget_id": ids[-1], "name": f"W{number:03}", **given}))
        if number % 3 == 0:
            others.add(Widget(widget_id=store.new_id(), name=f"W{number:03}", owner_id="o1"))
        world.clock.advance(1)
    return ids


def walked(page: Callable[[str | None], Page[Widget]]) -> tuple[list[str], list[int]]:
    """Every id from the first page to the last, and the size of each page."""
    ids, sizes, cursor = list[str](), list[int](), None
    while True:
        given = page(cursor)
        ids += [widget.widget_id for widget in given.items]
        sizes.append(len(given.items))
        cursor = given.next_cursor
        if cursor is None:
            return ids, sizes
        assert len(cursor) <= 1024


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("shards", [1, 3, 8])
def test_pages_give_every_record_once_in_order(
    world: World, isolation: str, shards: int, descending: bool
) -> None:
    store = world.store("aurora", isolation, index_shards=shards)  # pyright: ignore
    ids = filled(world, store, 20)
    widgets = WidgetRepository(store)
    found, sizes = walked(
        lambda cursor: widgets.page_by_created(limit=5, cursor=cursor, descending=descending)
    )
    assert found == (ids[::-1] if descending else ids)
    assert sizes == [5, 5, 5, 5], "a full last page has no cursor to an empty one"


def test_records_of_the_same_instant_are_all_given(world: World, isolation: str) -> None:
    store = world.store("aurora", isolation, index_shards=3)  # pyright: ignore
    widgets = WidgetRepository(store)
    ids = {widgets.add(Widget(widget_id=store.new_id(), name="same")).widget_id for _ in range(13)}
    found, _ = walked(lambda cursor: widgets.page_by_created(limit=4, cursor=cursor))
    assert len(found) == 13
    assert set(found) == ids
    assert set(walked(lambda cursor: widgets.page_by_name(limit=4, cursor=cursor))[0]) == ids


def test_a_rare_match_costs_at_most_five_queries_a_page(world: World) -> None:
    store = world.store()
    ids = filled(world, store, 520, tags=lambda number: {"rare"} if number == 510 else {"usual"})
    widgets = WidgetRepository(store)
    with world.counted() as calls:
        first = widgets.page_by_created(limit=2, contains={"tags": "rare"})
    assert calls == ["Query"] * 5
    assert first.items == []
    assert first.next_cursor is not None
    found, _ = walked(
        lambda cursor: widgets.page_by_created(limit=2, cursor=cursor, contains={"tags": "rare"})
    )
    assert found == [ids[510]]


def test_filters_take_plain_values_of_scoped_attributes(world: World, store: TenantStore) -> None:
    ids = filled(
        world,
        store,
        12,
        owner_id=lambda number: f"o{number % 2}",
        colour=lambda number: ["red", "blue"][number % 3 == 0],
    )
    widgets = WidgetRepository(store)
    found, sizes = walked(
        lambda cursor: widgets.page_by_owner("o1", limit=2, cursor=cursor, filters={"colour": "blue"})
    )
    assert found == [ids[3], ids[9]]
    assert sizes[0] == 2


def test_the_sort_key_can_be_narrowed(world: World, store: TenantStore) -> None:
    ids = filled(world, store, 12)
    widgets = WidgetRepository(store)
    prefixed, _ = walked(lambda cursor: widgets.page_by_name(limit=2, cursor=cursor, sort_prefix="w00"))
    between, _ = walked(
        lambda cursor: widgets.page_by_name(limit=2, cursor=cursor, sort_between=("w003", "w006"))
    )
    assert prefixed == ids[:10]
    assert between == ids[3:7]


def test_a_cursor_survives_the_removal_of_the_record_it_points_at(world: World, store: TenantStore) -> None:
    ids = filled(world, store, 6)
    widgets = WidgetRepository(store)
    first = widgets.page_by_created(limit=3)
    widgets.remove(first.items[-1])
    rest = widgets.page_by_created(limit=3, cursor=first.next_cursor)
    assert [widget.widget_id for widget in rest.items] == ids[3:]


def test_a_cursor_is_good_for_its_own_list_only(world: World, store: TenantStore) -> None:
    filled(world, store, 6, owner_id="o1")
    widgets = WidgetRepository(store)
    cursor = widgets.page_by_owner("o1", limit=2).next_cursor
    assert cursor is not None
    theirs = WidgetRepository(world.store("borealis", store.isolation.name))
    resharded = WidgetRepository(world.store("aurora", store.isolation.name, index_shards=2))
    created = widgets.page_by_created(limit=2).next_cursor
    attempts: list[Callable[[], object]] = [
        lambda: theirs.page_by_owner("o1", cursor=cursor),
        lambda: widgets.page_by_owner("o2", cursor=cursor),
        lambda: widgets.page_by_name(cursor=cursor),
        lambda: widgets.page_by_owner("o1", cursor=cursor, filters={"colour": "red"}),
        lambda: widgets.page_by_owner("o1", cursor=cursor, descending=True),
        lambda: widgets.page_by_owner("o1", cursor=cursor, visibility_key="own:u"),
        lambda: widgets.page_by_owner("o1", cursor=cursor[:-1]),
        lambda: widgets.page_by_owner("o1", cursor=""),
        lambda: widgets.page_by_owner("o1", cursor="ä"),
        lambda: resharded.page_by_created(cursor=created),
    ]
    for attempt in attempts:
        with pytest.raises(BadRequestError) as caught:
            attempt()
        assert [fault.field for fault in caught.value.fields] == ["cursor"]


def test_a_page_of_nothing_is_refused(store: TenantStore) -> None:
    with pytest.raises(BadRequestError) as caught:
        WidgetRepository(store).page_by_created(limit=0)
    assert caught.value.fields[0].field == "limit"


def test_the_longest_names_are_paged_too(world: World, store: TenantStore) -> None:
    widgets = WidgetRepository(store)
    names = [kind * 600 for kind in ("ä", '"', "\\", "a\x01")]
    ids = {widgets.add(Widget(widget_id=store.new_id(), name=name)).widget_id for name in names}
    assert set(walked(lambda cursor: widgets.page_by_name(limit=1, cursor=cursor))[0]) == ids
