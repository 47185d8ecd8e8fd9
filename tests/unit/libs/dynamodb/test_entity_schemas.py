"""Schemas: what is refused when they are made, older versions, classification, and the size of what is
stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any

import pytest
from widget_world import PARTS, WIDGETS, Maker, Widget, WidgetRepository, World

from zebros_core.dynamodb import (
    BUSINESS,
    SYSTEM,
    Classification,
    EntitySchema,
    IndexSpec,
    Repository,
    StoredEntity,
)
from zebros_core.dynamodb.entity import classified_fields, unclassified_fields
from zebros_core.dynamodb.mapping import shard_of


class Gadget(StoredEntity):
    gadget_id: Annotated[str, SYSTEM]
    title: Annotated[str, BUSINESS]
    size: Annotated[int, BUSINESS] = 0


def gadgets(**changes: Any) -> EntitySchema[Gadget]:
    options: dict[str, Any] = {
        "entity": "gadget",
        "model": Gadget,
        "table": "widgets",
        "id_field": "gadget_id",
        "field_codes": {"title": "t", "size": "s"},
        **changes,
    }
    return EntitySchema(**options)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id_field": "nothing"}, "no field nothing"),
        ({"field_codes": {"title": "t"}}, "without a code: size"),
        ({"field_codes": {"title": "t", "size": "t"}}, "same code"),
        ({"field_codes": {"title": "t", "size": "tg"}}, "same code"),
        ({"field_codes": {"title": "t", "size": "s", "weight": "w"}}, "do not exist: weight"),
        ({"upcasters": {2: dict}}, "versions 1 to 1"),
        ({"indexes": {"title": IndexSpec("title", "createdAt")}}, "does not start with the tenant"),
        (
            {"indexes": {"c": IndexSpec("k", "createdAt", sharded=True)}, "scoped": frozenset({"k"})},
            "not scoped",
        ),
    ],
)
def test_a_wrong_schema_is_refused_when_it_is_made(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        gadgets(**changes)


def test_an_older_item_is_brought_up_to_date_when_read(world: World) -> None:
    def rename(item: dict[str, Any]) -> dict[str, Any]:
        return {**item, "title": item["name"]}

    def measure(item: dict[str, Any]) -> dict[str, Any]:
        return {**item, "size": len(item["title"])}

    class Gadgets(Repository[Gadget]):
        schema = gadgets(id_field="gadget_id", upcasters={1: rename, 2: measure})

    store = world.store()
    stored: Mapping[str, Any] = {"tenantId": {"S": "aurora"}, "gadgetId": {"S": "G1"}, "name": {"S": "Lever"}}

    class OldItem:
        def query(self, **_: Any) -> Any:
            return {"Items": [stored]}

    found = Gadgets(world.access_with(OldItem()).bind(store.context)).get("G1")
    assert (found.title, found.size, found.schema_version) == ("Lever", 5, 3)


def test_every_field_is_classified() -> None:
    assert unclassified_fields(Widget) == []
    assert classified_fields(Widget)["maker"] is Classification.PERSONAL
    assert classified_fields(Gadget)["gadget_id"] is Classification.SYSTEM


def test_a_realistic_record_stays_well_under_a_kilobyte(world: World, isolation: str) -> None:
    store = world.store("aurora", isolation)  # pyright: ignore
    widgets = WidgetRepository(store)
    widget = widgets.add(
        Widget(
            widget_id=store.new_id(),
            name="Precision gear, hardened steel",
            colour="anthracite",
            owner_id="0f8fad5b-d9cb-469f-a165-70867728950e",
            price=Decimal("129.95"),
            maker=Maker(full_name="Zoë Example", city="Rotterdam"),
            tags=frozenset({"steel", "precision"}),
        ),
        idempotency="f" * 22,
    )
    widgets.save(widget.model_copy(update={"name": "Gear", "colour": "red"}), previous=widget)
    row = world.client.scan(TableName=store.table("widgets"))["Items"][0]
    size = sum(len(name) + len(str(next(iter(value.values())))) for name, value in row.items())
    assert size < 1024
    assert not {"deletedAt", "externalId", "custom", "jobId"} & row.keys()


def test_shards_are_evenly_filled() -> None:
    counts = [0] * 4
    for number in range(4000):
        counts[shard_of(f"W{number}", 4)] += 1
    assert min(counts) > 900


def test_the_deployed_shape_can_be_read_from_a_schema() -> None:
    assert (PARTS.table_spec.partition, PARTS.table_spec.sort) == ("partId", "widgetId")
    assert WIDGETS.table_spec.indexes["owner"].partition == "ownerId"
    assert replace(WIDGETS, entity="thing").key_attribute == "widgetId"
