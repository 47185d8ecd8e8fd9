"""What a repository promises, the same in every isolation model and for each of two tenants side by side."""

from __future__ import annotations

from decimal import Decimal

import pytest
from widget_world import Maker, Part, PartRepository, Widget, WidgetRepository, World

from zebros_core.dynamodb import TenantStore
from zebros_core.errors import (
    AlreadyExistsError,
    BadRequestError,
    DuplicateError,
    IdempotencyKeyReusedError,
    NotFoundError,
    ValidationError,
    VersionMismatchError,
)


@pytest.fixture
def store(world: World, tenant: str, isolation: str) -> TenantStore:
    return world.store(tenant, isolation)  # pyright: ignore


@pytest.fixture
def other(world: World, tenant: str, isolation: str) -> TenantStore:
    return world.store("borealis" if tenant == "aurora" else "aurora", isolation)  # pyright: ignore


@pytest.fixture
def widgets(store: TenantStore, other: TenantStore) -> WidgetRepository:
    WidgetRepository(other).add(
        Widget(widget_id=other.new_id(), name="foreign", owner_id="o1", external_id="x-1")
    )
    return WidgetRepository(store)


@pytest.fixture
def parts(store: TenantStore) -> PartRepository:
    return PartRepository(store)


def a_widget(store: TenantStore, **values: object) -> Widget:
    return Widget.model_validate({"widget_id": store.new_id(), "name": "Gear", **values})


def test_a_record_is_read_back_as_it_was_stored(widgets: WidgetRepository, store: TenantStore) -> None:
    added = widgets.add(
        a_widget(
            store,
            owner_id="o#1",
            colour="red",
            price=Decimal("12.345678901234"),
            maker=Maker(full_name="Zoë", city=None),
            tags={"a", "b"},
            custom={"size": 2, "weight": 1.5, "kinds": ["x"], "flag": False, "text": ""},
            note=None,
        )
    )
    assert widgets.get(added.widget_id) == added
    assert added.custom["weight"] == Decimal("1.5")
    assert added.owner_id == "o#1"
    assert (added.version, added.tenant_id, added.created_by) == (1, store.tenant_id, store.context.actor)


def test_a_missing_record_is_found_as_none_and_got_as_an_error(
    widgets: WidgetRepository, store: TenantStore
) -> None:
    id = store.new_id()
    assert widgets.find(id) is None
    with pytest.raises(NotFoundError) as caught:
        widgets.get(id)
    assert (caught.value.entity, caught.value.id) == ("widget", id)


def test_an_id_is_taken_once(widgets: WidgetRepository, store: TenantStore) -> None:
    widget = a_widget(store)
    widgets.add(widget)
    with pytest.raises(AlreadyExistsError):
        widgets.add(widget)


def test_a_save_stamps_what_changed(widgets: WidgetRepository, store: TenantStore, world: World) -> None:
    first = widgets.add(a_widget(store, colour="red"))
    world.clock.advance(5)
    second = widgets.save(first.model_copy(update={"name": "Cog", "tags": frozenset({"t"})}), previous=first)
    third = widgets.save(second.model_copy(update={"colour": None}), previous=second)
    assert (second.version, dict(second.field_versions)) == (2, {"n": 2, "tg": 2})
    assert (third.version, dict(third.field_versions)) == (3, {"n": 2, "tg": 2, "c": 3})
    assert first.hlc < second.hlc < third.hlc
    assert second.updated_at > first.updated_at == second.created_at
    assert widgets.get(first.widget_id) == third


def test_a_save_without_a_change_writes_nothing(
    widgets: WidgetRepository, store: TenantStore, world: World
) -> None:
    first = widgets.add(a_widget(store))
    with world.counted() as calls:
        again = widgets.save(first.model_copy(update={"name": "Gear", "version": 99}), previous=first)
    assert (again, calls) == (first, [])


def test_a_lost_race_tells_the_current_version(widgets: WidgetRepository, store: TenantStore) -> None:
    first = widgets.add(a_widget(store))
    widgets.save(first.model_copy(update={"name": "Cog"}), previous=first)
    with pytest.raises(VersionMismatchError) as caught:
        widgets.save(first.model_copy(update={"name": "Wheel"}), previous=first)
    assert caught.value.current_version == 2
    assert widgets.get(first.widget_id).name == "Cog"


def test_a_copy_that_breaks_the_models_rules_is_refused_by_field(
    widgets: WidgetRepository, store: TenantStore
) -> None:
    first = widgets.add(a_widget(store))
    with pytest.raises(ValidationError) as caught:
        widgets.save(first.model_copy(update={"name": "", "maker": {"fullName": 3}}), previous=first)
    assert {fault.field for fault in caught.value.fields} == {"/name", "/maker/fullName"}


@pytest.mark.parametrize(
    ("update", "field"),
    [
        ({"price": Decimal("1" * 39)}, "/price"),
        ({"custom": {"n": Decimal("1E200")}}, "/custom/n"),
        ({"colour": "x" * 2100}, "/colour"),
    ],
)
def test_what_cannot_be_stored_is_refused_by_field(
    widgets: WidgetRepository, store: TenantStore, update: dict[str, object], field: str
) -> None:
    first = widgets.add(a_widget(store))
    with pytest.raises(ValidationError) as caught:
        widgets.save(first.model_copy(update=update), previous=first)
    assert [fault.field for fault in caught.value.fields] == [field]


@pytest.mark.parametrize("id", ["", "a#b", "a\x00b", "~\n"])
def test_ids_with_separators_or_control_characters_are_refused(widgets: WidgetRepository, id: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        widgets.add(Widget(widget_id=id, name="n"))
    assert caught.value.fields[0].field == "/widgetId"


def test_a_deleted_record_looks_missing_and_can_be_restored(
    widgets: WidgetRepository, store: TenantStore, world: World
) -> None:
    widget = widgets.add(a_widget(store, owner_id="o1", external_id="x-1", tags={"t"}))
    world.clock.advance(1)
    tombstone = widgets.remove(widget)
    assert widgets.find(widget.widget_id) is None
    assert widgets.get_any(widget.widget_id) == tombstone
    assert (tombstone.version, tombstone.deleted_by) == (2, store.context.actor)
    assert widgets.page_by_created().items == widgets.page_by_name().items == []
    assert widgets.page_by_owner("o1").items == []
    assert widgets.batch_get([widget.widget_id]) == {}
    restored = widgets.restore(tombstone)
    assert restored.version == 3
    assert widgets.get(widget.widget_id) == restored
    assert [found.widget_id for found in widgets.page_by_owner("o1").items] == [widget.widget_id]


def test_a_write_over_a_deleted_record_finds_nothing(widgets: WidgetRepository, store: TenantStore) -> None:
    widget = widgets.add(a_widget(store))
    widgets.remove(widget)
    with pytest.raises(NotFoundError):
        widgets.save(widget.model_copy(update={"name": "Cog"}), previous=widget)
    with pytest.raises(NotFoundError):
        widgets.remove(widget)


def test_after_180_days_a_tombstone_counts_as_gone_but_its_id_stays_taken(
    widgets: WidgetRepository, store: TenantStore, world: World
) -> None:
    widget = widgets.add(a_widget(store))
    widgets.remove(widget)
    world.clock.advance(days=180)
    assert widgets.find_any(widget.widget_id) is None
    with pytest.raises(AlreadyExistsError):
        widgets.add(a_widget(store, widget_id=widget.widget_id))


def test_an_external_id_is_unique_in_the_tenant_and_free_again_after_a_delete(
    widgets: WidgetRepository, store: TenantStore
) -> None:
    first = widgets.add(a_widget(store, external_id="x-1"))  # the other tenant has one with x-1 too
    assert widgets.find_by_external_id("x-1") == first
    with pytest.raises(DuplicateError) as caught:
        widgets.add(a_widget(store, external_id="x-1"))
    assert caught.value.records == ({"entity": "widget", "id": first.widget_id, "match": "externalId"},)
    renamed = widgets.save(first.model_copy(update={"external_id": "x#2%"}), previous=first)
    second = widgets.add(a_widget(store, external_id="x-1"))
    tombstone = widgets.remove(second)
    third = widgets.add(a_widget(store, external_id="x-1"))
    with pytest.raises(DuplicateError):
        widgets.restore(tombstone)
    assert widgets.find_by_external_id("x#2%") == renamed
    assert widgets.find_by_external_id("x-1") == third
    assert widgets.find_by_external_id("x-3") is None


def test_a_create_with_a_key_happens_once(
    widgets: WidgetRepository, store: TenantStore, other: TenantStore
) -> None:
    id = store.derived_id("POST /widgets", "key-1")
    first = widgets.create(a_widget(store, widget_id=id), idempotency="print-1")
    changed = widgets.save(first.entity.model_copy(update={"name": "Cog"}), previous=first.entity)
    again = widgets.create(a_widget(store, widget_id=id), idempotency="print-1")
    assert (first.replayed, again.replayed) == (False, True)
    assert again.entity == changed
    with pytest.raises(IdempotencyKeyReusedError):
        widgets.create(a_widget(store, widget_id=id, name="Else"), idempotency="print-2")
    assert other.derived_id("POST /widgets", "key-1") != id
    tombstone = widgets.remove(changed)
    assert widgets.create(a_widget(store, widget_id=id), idempotency="print-1").entity == tombstone


def test_a_create_with_a_key_happens_once_under_whatever_parent(
    parts: PartRepository, store: TenantStore
) -> None:
    id = store.derived_id("POST /parts", "key-1")
    first = parts.create(Part(part_id=id, widget_id="W1"), idempotency="print-1").entity
    with pytest.raises(IdempotencyKeyReusedError):
        parts.create(Part(part_id=id, widget_id="W2"), idempotency="print-2")
    moved = parts.rekey(first, "W3")
    again = parts.create(Part(part_id=id, widget_id="W1"), idempotency="print-1")
    assert (again.entity, again.replayed) == (moved, True)


def test_a_client_supplied_id_is_taken_once_under_whatever_parent(
    parts: PartRepository, store: TenantStore
) -> None:
    id = store.new_id()
    parts.add(Part(part_id=id, widget_id="W1"), client_supplied_id=True)
    with pytest.raises(AlreadyExistsError):
        parts.add(Part(part_id=id, widget_id="W2"), client_supplied_id=True)


def test_a_new_parent_moves_the_record(parts: PartRepository, store: TenantStore, world: World) -> None:
    part = parts.add(Part(part_id=store.new_id(), name="nut"))
    with world.counted() as calls:
        moved = parts.rekey(part, "W1")
    assert calls == ["TransactWriteItems"]
    assert (moved.version, moved.widget_id, moved.field_versions["w"]) == (3, "W1", 3)
    assert parts.get(part.part_id) == moved
    assert parts.page_by_widget("W1").items == [moved]
    with pytest.raises(VersionMismatchError) as caught:
        parts.save(part.model_copy(update={"name": "bolt"}), previous=part)
    assert caught.value.current_version == 3
    both = parts.save(moved.model_copy(update={"widget_id": None, "name": "screw"}), previous=moved)
    assert (both.version, both.widget_id, both.name) == (5, None, "screw")
    assert parts.page_by_widget("W1").items == []
    assert parts.get(part.part_id) == both


def test_a_part_can_be_deleted_and_restored(parts: PartRepository, store: TenantStore) -> None:
    part = parts.add(Part(part_id=store.new_id(), widget_id="W1"))
    tombstone = parts.remove(part, actor="someone")
    assert tombstone.deleted_by == "someone"
    assert parts.page_by_widget("W1").items == []
    assert parts.get_any(part.part_id).widget_id == "W1"
    assert parts.page_by_widget("W1").items == []
    assert parts.restore(tombstone).version == 3
    assert len(parts.page_by_widget("W1").items) == 1


def test_batch_get_gives_those_that_exist(
    widgets: WidgetRepository, parts: PartRepository, store: TenantStore
) -> None:
    made = [widgets.add(a_widget(store, name=f"W{n}")) for n in range(105)]
    ids = [widget.widget_id for widget in made]
    assert widgets.batch_get([*ids, store.new_id(), ids[0]]) == dict(zip(ids, made, strict=True))
    orphan, child = parts.add(Part(part_id="P1")), parts.add(Part(part_id="P2", widget_id="W"))
    assert parts.batch_get([("P1", None), ("P2", "W"), ("P2", "V")]) == {"P1": orphan, "P2": child}
    assert parts.batch_get(["P1", "P2", "P3"]) == {"P1": orphan, "P2": child}
    assert widgets.batch_get([]) == {}


def test_nothing_of_the_other_tenant_can_be_reached(
    widgets: WidgetRepository, store: TenantStore, other: TenantStore
) -> None:
    theirs = WidgetRepository(other)
    foreign = theirs.add(a_widget(other, owner_id="o1", external_id="theirs"))
    assert widgets.find(foreign.widget_id) is None
    assert widgets.find_any(foreign.widget_id) is None
    assert widgets.find_by_external_id("theirs") is None
    assert widgets.page_by_created().items == widgets.page_by_name().items == []
    assert widgets.page_by_owner("o1").items == []
    with pytest.raises(ValueError, match="another tenant"):
        widgets.save(foreign.model_copy(update={"name": "stolen"}), previous=foreign)
    forged = foreign.model_copy(update={"tenant_id": store.tenant_id})
    with pytest.raises(NotFoundError):
        widgets.save(forged.model_copy(update={"name": "stolen"}), previous=forged)
    with pytest.raises(NotFoundError):
        widgets.remove(forged)
    assert theirs.get(foreign.widget_id) == foreign


def test_an_id_of_the_other_tenant_is_never_confirmed(
    widgets: WidgetRepository, store: TenantStore, other: TenantStore, isolation: str
) -> None:
    foreign = WidgetRepository(other).add(a_widget(other))
    mine = a_widget(store, widget_id=foreign.widget_id)
    if isolation == "pool":
        with pytest.raises(ValidationError) as caught:
            widgets.add(mine)
        assert caught.value.fields[0].code == "unusable_id"
        assert foreign.widget_id not in str(caught.value)
    else:
        assert widgets.add(mine).tenant_id == store.tenant_id
    assert WidgetRepository(other).get(foreign.widget_id) == foreign
