"""A store that gathers: reads made beforehand, writes that share transactions, and what becomes of those refused."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from test_retries import Timeline, Troubled, cancelled, client_error
from widget_world import LOOKUP, Part, PartRepository, Widget, WidgetRepository, World

from zebros_core.dynamodb import ForeignRowError, LookupTable, TenantStore
from zebros_core.dynamodb.gathering import EntangledError, Gathering, gathering
from zebros_core.dynamodb.operations import WriteOp, write
from zebros_core.dynamodb.shared_writes import Unwritten
from zebros_core.errors import DuplicateError, VersionMismatchError

TENANTS = ("aurora", "borealis")


def promise(gathered: Gathering, work: Callable[[], object]) -> None:
    """Do the work as a unit, which waits to be written."""
    with gathered.unit() as unit:
        work()
    gathered.promise(unit)


def add(store: TenantStore, id: str, **values: Any) -> Callable[[], object]:
    return lambda: WidgetRepository(store).add(Widget(widget_id=id, name=values.pop("name", id), **values))


def change(store: TenantStore, id: str, **values: Any) -> Callable[[], object]:
    def work() -> None:
        widgets = WidgetRepository(store)
        before = widgets.get(id)
        widgets.save(before.model_copy(update=values), previous=before)

    return work


def refused(unwritten: list[Unwritten]) -> list[list[str]]:
    """The ids of the records that were not written, unit by unit; none of them for want of capacity."""
    assert all(found.error is None for found in unwritten)
    return [[str(operation.partition) for operation in found.unit.operations] for found in unwritten]


@pytest.fixture
def stores(world: World, isolation: Any) -> list[TenantStore]:
    """Both tenants' stores, in each isolation model."""
    return [world.store(tenant, isolation) for tenant in TENANTS]


# -- reads


def test_records_are_read_a_hundred_at_once_for_the_units_that_follow(
    world: World, stores: list[TenantStore], isolation: str
) -> None:
    for store in stores:
        for number in range(3):
            add(store, f"{store.tenant_id}{number}", external_id=f"E{number}")()
    mine, theirs = stores
    widgets = WidgetRepository(mine)
    wanted = [f"aurora{number}" for number in range(3)]
    missing = [f"nobody{number}" for number in range(120)]
    with gathering(mine) as gathered, world.counted() as made:
        widgets.prefetch([*missing, "borealis0"], external_ids=["E0", "E1", "E2", "E9"])
        with gathered.unit():
            assert [widgets.get(id).widget_id for id in wanted] == wanted
            assert widgets.find_by_external_id("E1").widget_id == "aurora1"  # pyright: ignore
            assert [widgets.find(id) for id in (*missing, "borealis0")] == [None] * 121
    if isolation == "pool":
        # Anybody's ids have no room in a call that takes keys alone: each is asked for with the tenant.
        assert made.count("Query") == 121
        assert sorted(set(made)) == ["BatchGetItem", "Query"] and made.count("BatchGetItem") == 2
    else:
        assert made == ["BatchGetItem"] * 3
    assert WidgetRepository(theirs).get("borealis0").external_id == "E0"


def test_records_whose_key_has_a_parent_are_read_one_by_one(world: World, stores: list[TenantStore]) -> None:
    for store in stores:
        PartRepository(store).add(Part(part_id=f"P-{store.tenant_id}", widget_id="W1"))
    parts = PartRepository(stores[0])
    with gathering(stores[0]) as gathered, world.counted() as made:
        parts.prefetch(["P-aurora", "P-borealis", "P-aurora"])
        with gathered.unit():
            assert parts.get("P-aurora").widget_id == "W1"
            assert parts.find("P-borealis") is None
    assert made == ["Query", "Query"]


def test_without_a_gathering_nothing_is_read_beforehand(world: World) -> None:
    store = world.store()
    with world.counted() as made:
        WidgetRepository(store).prefetch(["W1"], external_ids=["E1"])
        assert LookupTable(store, LOOKUP).prefetch([(("a",), "-")]) is False
    assert made == []


def test_what_was_not_read_beforehand_is_read_once(world: World, stores: list[TenantStore]) -> None:
    add(stores[0], "W1")()
    widgets = WidgetRepository(stores[0])
    with gathering(stores[0]) as gathered, world.counted() as made:
        for _ in range(2):
            with gathered.unit():
                assert widgets.get("W1").name == "W1"
                assert widgets.find("W2") is None
    assert len(made) == 2


def test_a_guard_that_names_another_tenants_record_is_an_alarm(world: World) -> None:
    mine, theirs = (world.store(tenant, "pool") for tenant in TENANTS)
    add(theirs, "W1")()
    write(mine, [LookupTable(mine, LOOKUP).put_guard("widget.externalId", "E1", entity="widget", id="W1")])
    with gathering(mine), pytest.raises(ForeignRowError):
        WidgetRepository(mine).prefetch([], external_ids=["E1"])


# -- writes


def test_units_share_transactions_of_at_most_a_hundred_operations(
    world: World, stores: list[TenantStore]
) -> None:
    with gathering(stores[0]) as gathered, world.counted() as made:
        for number in range(120):
            # A record and the guard of its external id.
            promise(gathered, add(stores[0], f"W{number}", external_id=f"E{number}"))
        assert gathered.settle() == []
    assert made == ["TransactWriteItems"] * 3
    widgets = WidgetRepository(stores[0])
    assert len(widgets.find_all(f"W{number}" for number in range(120))) == 120
    assert WidgetRepository(stores[1]).find_all(["W0", "W119"]) == {}


def test_large_units_share_no_transaction(world: World) -> None:
    store = world.store()
    lookup = LookupTable(store, LOOKUP)
    with gathering(store) as gathered, world.counted() as made:
        for number in range(3):
            row = {"text": "\N{EURO SIGN}" * 120_000, "more": "x" * 30_000}
            operations = [lookup.put_op((f"{number}{part}",), "-", row) for part in "abc"]
            promise(gathered, lambda operations=operations: write(store, operations))
        assert gathered.settle() == []
    assert made == ["TransactWriteItems"] * 2


def test_nothing_is_written_before_it_is_settled_or_a_transaction_is_full(
    world: World, stores: list[TenantStore]
) -> None:
    with gathering(stores[0]) as gathered:
        promise(gathered, add(stores[0], "W1"))
        assert WidgetRepository(stores[1]).find("W1") is None
        with gathered.aside():
            assert WidgetRepository(stores[0]).find("W1") is None
        gathered.settle()
        with gathered.unit():
            assert WidgetRepository(stores[0]).get("W1").version == 1


def test_a_unit_that_raises_writes_nothing_and_is_in_nobodys_way(stores: list[TenantStore]) -> None:
    def fail() -> None:
        add(stores[0], "W1")()
        raise KeyError("a defect")

    with gathering(stores[0]) as gathered:
        with pytest.raises(KeyError):
            promise(gathered, fail)
        promise(gathered, add(stores[0], "W1", name="other"))
        assert gathered.settle() == []
    assert WidgetRepository(stores[0]).get("W1").name == "other"


@pytest.mark.parametrize(
    "second",
    [
        lambda store: WidgetRepository(store).find("W1"),
        lambda store: WidgetRepository(store).batch_get(["W1"]),
        lambda store: LookupTable(store, LOOKUP).query(("guard", "widget.externalId", "E1")),
        lambda store: LookupTable(store, LOOKUP).count(("guard", "widget.externalId", "E1")),
        lambda store: WidgetRepository(store).find_by_external_id("E1"),
        lambda store: add(store, "W1")(),
        lambda store: add(store, "W2", external_id="E1")(),
    ],
)
def test_a_unit_does_not_meet_what_another_is_still_to_write(
    stores: list[TenantStore], second: Callable[[TenantStore], object]
) -> None:
    with gathering(stores[0]) as gathered:
        promise(gathered, add(stores[0], "W1", external_id="E1"))
        with pytest.raises(EntangledError), gathered.unit():
            second(stores[0])
        promise(gathered, add(stores[0], "W3", external_id="E3"))
        gathered.settle()
        found = WidgetRepository(stores[0])
        with gathered.unit():
            assert found.get("W1").version == 1


def test_a_unit_does_not_write_what_another_relies_on_that_waits(stores: list[TenantStore]) -> None:
    add(stores[0], "W1")()

    def copy() -> None:
        known = WidgetRepository(stores[0]).get("W1")
        add(stores[0], "W2", name=f"of {known.version}")()

    with gathering(stores[0]) as gathered:
        promise(gathered, copy)
        with pytest.raises(EntangledError) as caught:
            promise(gathered, change(stores[0], "W1", name="new"))
        assert caught.value.writing
        gathered.settle()
        promise(gathered, change(stores[0], "W1", name="new"))
        gathered.settle()
    widgets = WidgetRepository(stores[0])
    assert (widgets.get("W1").name, widgets.get("W2").name) == ("new", "of 1")


def test_what_was_written_is_read_anew(stores: list[TenantStore]) -> None:
    add(stores[0], "W1")()
    with gathering(stores[0]) as gathered:
        WidgetRepository(stores[0]).prefetch(["W1"])
        for number in range(3):
            promise(gathered, change(stores[0], "W1", name=f"name {number}"))
            assert gathered.settle() == []
        WidgetRepository(stores[0]).prefetch(["W1"])
        with gathered.aside():
            change(stores[0], "W1", name="aside")()
        promise(gathered, change(stores[0], "W1", name="at last"))
        assert gathered.settle() == []
    assert WidgetRepository(stores[0]).get("W1").version == 6


def test_a_write_that_does_not_say_where_is_not_gathered(world: World) -> None:
    store = world.store()
    put = LookupTable(store, LOOKUP).put_op(("a",), "-", {})
    with gathering(store) as gathered, pytest.raises(EntangledError), gathered.unit():
        write(store, [WriteOp(put.action, put.request, put.refused)])


# -- refusals


def test_refused_units_are_given_back_and_their_neighbours_written(
    world: World, stores: list[TenantStore]
) -> None:
    mine = stores[0]
    for store in stores:
        add(store, f"old-{store.tenant_id}", external_id="taken")()
    with gathering(mine) as gathered, world.counted() as made:
        for number in range(10):
            promise(
                gathered,
                add(mine, f"W{number}", external_id="taken" if number == 7 else f"E{number}"),
            )
        (partitions,) = refused(gathered.settle())
    assert partitions[0].endswith("W7")
    assert made == ["TransactWriteItems"] * 2
    assert len(WidgetRepository(mine).find_all(f"W{number}" for number in range(10))) == 9
    with pytest.raises(DuplicateError):
        add(mine, "W7", external_id="taken")()


def test_a_unit_planned_on_something_out_of_date_is_given_back(stores: list[TenantStore]) -> None:
    mine = stores[0]
    add(mine, "W1")(), add(mine, "W2")()
    other = mine.access.bind(mine.context)
    with gathering(mine) as gathered:
        WidgetRepository(mine).prefetch(["W1", "W2"])
        change(other, "W1", name="quicker")()
        promise(gathered, change(mine, "W1", name="late"))
        promise(gathered, change(mine, "W2", name="in time"))
        ((partition,),) = refused(gathered.settle())
        assert partition.endswith("W1")
    widgets = WidgetRepository(mine)
    assert (widgets.get("W1").name, widgets.get("W2").name) == ("quicker", "in time")
    stale = widgets.get("W1").model_copy(update={"version": 1})
    with pytest.raises(VersionMismatchError):
        widgets.save(stale.model_copy(update={"name": "late"}), previous=stale)


def troubled(world: World, time: Timeline, **trouble: Any) -> tuple[TenantStore, Troubled]:
    client = Troubled(world.client, **trouble)
    return world.access_with(client, calls=time.calls()).bind(world.store().context), client


def test_whoever_is_in_the_way_of_another_transaction_is_given_back_at_once(world: World) -> None:
    time = Timeline()
    store, client = troubled(world, time, before=[cancelled("None", "TransactionConflict", "None")])
    with gathering(store) as gathered:
        for number in range(3):
            promise(gathered, add(store, f"W{number}"))
        assert refused(gathered.settle()) == [["W1"]]
    assert (client.made, time.slept) == (2, [])
    assert sorted(WidgetRepository(store).find_all(["W0", "W1", "W2"])) == ["W0", "W2"]


def test_throttled_transactions_are_waited_out(world: World) -> None:
    time = Timeline()
    throttled = [cancelled("None", "ThrottlingError"), client_error("ThrottlingException")]
    store, _ = troubled(world, time, before=throttled)
    with gathering(store) as gathered:
        promise(gathered, add(store, "W0")), promise(gathered, add(store, "W1"))
        assert gathered.settle() == []
    assert len(time.slept) == 2


def test_without_capacity_nothing_more_is_sent(world: World) -> None:
    time = Timeline()
    store, client = troubled(world, time, before=[client_error("ThrottlingException")] * 1000)
    with gathering(store) as gathered:
        for number in range(4):
            promise(gathered, add(store, f"W{number}"))
        unwritten = gathered.settle()
        assert [type(found.error).__name__ for found in unwritten] == ["UnavailableError"] * 4
        assert gathered.busy is unwritten[0].error
        made = client.made
        promise(gathered, add(store, "W9"))
        assert [found.error for found in gathered.settle()] == [gathered.busy]
        assert client.made == made


def test_units_whose_answer_was_lost_are_written_once(world: World) -> None:
    time = Timeline()
    store, _ = troubled(world, time, after=[client_error("InternalServerError")])
    with gathering(store) as gathered:
        # Their conditions find what they wrote themselves: moto knows no tokens of requests.
        promise(gathered, add(store, "W0", external_id="E0")), promise(gathered, add(store, "W1"))
        assert gathered.settle() == []
    assert WidgetRepository(store).get("W1").version == 1


@pytest.mark.parametrize(
    ("trouble", "back"),
    [
        (client_error("ValidationException"), [["W0"], ["W1"]]),
        (cancelled(), [["W0"], ["W1"]]),
        (cancelled("None", "ValidationError"), [["W1"]]),
    ],
)
def test_when_it_is_not_said_who_was_wrong_all_are_given_back(
    world: World, trouble: Exception, back: list[list[str]]
) -> None:
    store, _ = troubled(world, Timeline(), before=[trouble])
    with gathering(store) as gathered:
        promise(gathered, add(store, "W0")), promise(gathered, add(store, "W1"))
        assert refused(gathered.settle()) == back
    assert len(WidgetRepository(store).find_all(["W0", "W1"])) == 2 - len(back)


def test_a_defect_is_raised_when_everything_under_way_has_ended(world: World) -> None:
    store, _ = troubled(world, Timeline(), before=[KeyError("a defect")])
    with pytest.raises(KeyError), gathering(store) as gathered:
        for number in range(250):
            promise(gathered, add(store, f"W{number}"))
        gathered.settle()
    assert store.gathering is None
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("gathering")]
