"""The lines of a deal that was deleted are kept as long as it can be brought back, and end with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import Person
from counted_calls import counted_calls
from personal_traces import Door, make_versioned
from pipeline_in_process import SalesWorld
from table_changes import TableChanges, queued

from zebros_core.bulk.client import BulkDoorClient
from zebros_core.clock import FixedClock
from zebros_core.tenancy import TenantContext
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.handlers.bulk import DOOR
from zebros_pipeline.handlers.events import consumer
from zebros_pipeline.repositories.keys import LOOKUP_TABLE, SCHEMAS

PATH = "/v1/opportunities"
DAY = 24 * 3600
Both = tuple[Person, Person]
Ends = Callable[[Person, str], int | None]


@pytest.fixture
def ends(container: Container, clock: FixedClock) -> Ends:
    """In how many days the lines of an opportunity end; None for never. There has to be the row, whatever it holds."""

    def look(person: Person, id: str) -> int | None:
        store = container.system_workspace(person.tenant, "test").opportunities.store
        key = {"pk": {"S": f"{person.tenant}#lines#{id}"}, "sk": {"S": "-"}}
        client: Any = container.dynamodb
        row = client.get_item(TableName=store.table(LOOKUP_TABLE), Key=key)["Item"]
        if "expiresAt" not in row:
            return None
        days, rest = divmod(int(row["expiresAt"]["N"]) - int(clock.now().timestamp()), DAY)
        assert rest == 0
        return days

    return look


@pytest.fixture
def door(world: SalesWorld) -> Callable[..., BulkDoorClient]:
    def of(person: Person, *, system: bool = False) -> BulkDoorClient:
        context = TenantContext(
            person.tenant,
            "system:restore" if system else person.user,
            roles=frozenset(person.roles),
            isolation=world.pipeline.registry.get(person.tenant).isolation,
        )
        doors = world.customers.bulk_doors
        return (doors.system_door if system else doors.door)("pipeline", context)

    return of


def make(person: Person, name: str = "GTX", **facts: Any) -> str:
    product = person.post("/v1/products", {"name": name, "unitPrice": 5}).body["productId"]
    made = person.post(PATH, {"title": "Deal", "lines": [{"productId": product, "quantity": 2}], **facts})
    assert made.status == 201, made.text
    id: str = made.body["opportunityId"]
    return id


def names(person: Person, id: str) -> list[str]:
    return [line["name"] for line in person.get(f"{PATH}/{id}").body["lines"]]


def test_lines_end_a_day_after_the_tombstone_and_last_again_once_restored(both: Both, ends: Ends) -> None:
    one, other = both
    mine, theirs = make(one), make(other)
    assert other.delete(f"{PATH}/{mine}").status == 404
    assert ends(one, mine) is None
    assert one.delete(f"{PATH}/{mine}").status == 204
    assert (ends(one, mine), ends(other, theirs)) == (181, None)
    one.clock.advance(days=179)
    restored = one.post(f"{PATH}/{mine}/restore")
    assert [line["name"] for line in restored.body["lines"]] == ["GTX"]
    assert ends(one, mine) is None
    one.clock.advance(days=10)
    assert (names(one, mine), names(other, theirs)) == (["GTX"], ["GTX"])


def test_a_deletion_that_is_refused_leaves_the_lines_as_they_are(admin: Person, ends: Ends) -> None:
    id = make(admin)
    assert admin.delete(f"{PATH}/{id}", if_match='"7"').status == 412
    assert ends(admin, id) is None


def test_many_deals_with_their_lines_go_and_come_back_together(
    both: Both, door: Callable[..., BulkDoorClient], ends: Ends, container: Container
) -> None:
    one, other = both
    ids, theirs = [make(one, f"GTX {number}") for number in range(5)], make(other)

    def call(operation: str) -> None:
        wish = {"entity": "opportunity", "operation": operation}
        with counted_calls(container) as made:
            outcomes = door(one).apply(
                [{**wish, "mutationId": f"{operation}:{n}", "id": id} for n, id in enumerate(ids)]
            )
        assert {outcome["outcome"] for outcome in outcomes} == {f"{operation}d"}
        assert (made["TransactWriteItems"], made["UpdateItem"], made["PutItem"]) == (1, 0, 0)

    call("delete")
    assert ({ends(one, id) for id in ids}, ends(other, theirs)) == ({181}, None)
    call("restore")
    assert {ends(one, id) for id in ids} == {None}
    assert [names(one, id) for id in ids] == [[f"GTX {number}"] for number in range(5)]


@pytest.mark.parametrize("fate", ["as it was", "with other lines", "with none"])
def test_a_deal_that_a_restore_takes_out_of_the_trash_keeps_the_lines_that_it_has_then(
    both: Both, door: Callable[..., BulkDoorClient], ends: Ends, fate: str
) -> None:
    one, _ = both
    id = make(one)
    system = door(one, system=True)
    if fate == "with none":
        assert one.patch(f"{PATH}/{id}", {"lines": []}).status == 200
    (record,) = system.export_all("opportunity")
    lines = system.call("lines", ids=[id])["items"][0]["lines"]
    if fate != "as it was":
        product = one.post("/v1/products", {"name": "Cable", "unitPrice": 1}).body["productId"]
        assert one.patch(f"{PATH}/{id}", {"lines": [{"productId": product}]}).status == 200
    assert one.delete(f"{PATH}/{id}").status == 204
    assert ends(one, id) == 181
    wish = {"mutationId": "r", "entity": "opportunity", "record": {**record, "lines": lines}}
    assert [outcome["outcome"] for outcome in system.reinstate([wish])] == ["restored"]
    assert ends(one, id) == (181 if fate == "with none" else None)
    assert names(one, id) == ([] if fate == "with none" else ["GTX"])


@pytest.mark.parametrize("named", ["lines", "title"])
def test_an_erasure_that_makes_a_tombstone_anew_lets_its_lines_last_as_long(
    both: Both, world: SalesWorld, ends: Ends, named: str
) -> None:
    one, other = both
    make_versioned(world.pipeline)
    name, title = ("Jane Doe", "Deal") if named == "lines" else ("GTX", "Garden of Jane Doe")
    changes = TableChanges(world.pipeline, SCHEMAS)
    mine, theirs = (make(person, f"Bed of {name}", title=title) for person in both)
    for person, id in ((one, mine), (other, theirs)):
        assert person.delete(f"{PATH}/{id}").status == 204
    told = consumer(world.pipeline, "history").handler(queued(*changes.take(), source="zebros.pipeline"))
    assert told == {"batchItemFailures": []}
    lead = one.post("/v1/leads", {"firstName": "Jane", "lastName": "Doe", "email": "jane@x.example"})
    one.clock.advance(days=170)
    door = Door(world.pipeline, DOOR, one.tenant)
    assert door.erase(door.identify(leadIds=[lead.body["leadId"]]))["done"]
    assert (ends(one, mine), ends(other, theirs)) == (181, 11)
    one.clock.advance(days=100)
    assert one.post(f"{PATH}/{mine}/restore").status == 200
    assert names(one, mine) == [f"Bed of {'[erased]' if named == 'lines' else name}"]
    assert ends(one, mine) is None


def test_an_erasure_leaves_the_lines_of_a_live_deal_without_an_end(
    admin: Person, world: SalesWorld, ends: Ends
) -> None:
    make_versioned(world.pipeline)
    id = make(admin, "Bed of Jane Doe")
    lead = admin.post("/v1/leads", {"firstName": "Jane", "lastName": "Doe", "email": "jane@x.example"})
    door = Door(world.pipeline, DOOR, admin.tenant)
    assert door.erase(door.identify(leadIds=[lead.body["leadId"]]))["done"]
    assert (names(admin, id), ends(admin, id)) == (["Bed of [erased]"], None)


def test_that_a_deal_has_no_lines_any_more_is_known_as_long_as_its_history_asks(
    both: Both, ends: Ends
) -> None:
    one, _ = both
    id = make(one)
    lines = one.get(f"{PATH}/{id}").body["lines"]
    assert one.patch(f"{PATH}/{id}", {"lines": []}).status == 200
    assert ends(one, id) == 15
    one.clock.advance(days=16)
    assert names(one, id) == []
    assert one.patch(f"{PATH}/{id}", {"lines": lines}).status == 200
    assert (names(one, id), ends(one, id)) == (["GTX"], None)


def test_deals_without_lines_are_written_as_often_as_ever(admin: Person, container: Container) -> None:
    id = admin.post(PATH, {"title": "Bare"}).body["opportunityId"]
    with counted_calls(container) as made:
        assert admin.delete(f"{PATH}/{id}").status == 204
        assert admin.post(f"{PATH}/{id}/restore").status == 200
    assert made["PutItem"] == 2
    assert made["TransactWriteItems"] + made["UpdateItem"] + made["GetItem"] == 0
