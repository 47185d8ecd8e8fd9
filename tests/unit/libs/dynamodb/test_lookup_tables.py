"""Lookup tables, the guards in them, transactions and idempotency records."""

from __future__ import annotations

from decimal import Decimal

import pytest
from widget_world import LOOKUP, Part, PartRepository, Widget, WidgetRepository, World

from zebros_core.dynamodb import IdempotencyRecords, LookupTable, TenantStore, request_fingerprint
from zebros_core.dynamodb.operations import write
from zebros_core.dynamodb.transaction import TransactionBuilder
from zebros_core.errors import (
    AlreadyExistsError,
    BadRequestError,
    ConflictError,
    DuplicateError,
    IdempotencyKeyReusedError,
    VersionMismatchError,
)


@pytest.fixture
def store(world: World, isolation: str) -> TenantStore:
    return world.store("aurora", isolation)  # pyright: ignore


@pytest.fixture
def lookup(store: TenantStore) -> LookupTable:
    return LookupTable(store, LOOKUP)


@pytest.fixture
def theirs(world: World, isolation: str) -> LookupTable:
    lookup = LookupTable(world.store("borealis", isolation), LOOKUP)  # pyright: ignore
    lookup.put(["tokens", "gear"], "foreign", {"n": 1})
    return lookup


def test_items_are_put_got_and_deleted(lookup: LookupTable, theirs: LookupTable) -> None:
    assert lookup.put(["tokens", "gear"], "a", {"n": Decimal("1.5"), "tags": {"x"}})
    assert lookup.get(["tokens", "gear"], "a") == {"n": Decimal("1.5"), "tags": {"x"}}
    assert lookup.get(["tokens", "gear"], "foreign") is None
    lookup.delete(["tokens", "gear"], "a")
    lookup.delete(["tokens", "gear"], "a")
    assert lookup.get(["tokens", "gear"], "a") is None
    assert theirs.get(["tokens", "gear"], "foreign") == {"n": 1}


def test_an_item_may_have_to_be_absent(lookup: LookupTable, world: World) -> None:
    assert lookup.put(["k"], "a", {"n": 1}, condition="absent", ttl_seconds=10)
    assert not lookup.put(["k"], "a", {"n": 2}, condition="absent")
    world.clock.advance(10)
    assert lookup.get(["k"], "a") is None
    assert lookup.put(["k"], "a", {"n": 3}, condition="absent")
    assert lookup.get(["k"], "a") == {"n": 3}


def test_a_partition_is_paged_in_order(lookup: LookupTable, theirs: LookupTable) -> None:
    for number in range(7):
        lookup.put(["tokens", "gear"], f"s{number}", {"n": number})
    first = lookup.query(["tokens", "gear"], limit=3)
    second = lookup.query(["tokens", "gear"], limit=4, cursor=first.next_cursor)
    assert [item["n"] for item in [*first.items, *second.items]] == list(range(7))
    assert first.items[0] == {"sk": "s0", "n": 0}
    assert second.next_cursor is None
    assert [item["n"] for item in lookup.query(["tokens", "gear"], limit=2, descending=True).items] == [6, 5]
    assert [item["n"] for item in lookup.query(["tokens", "gear"], sk_prefix="s3").items] == [3]
    assert [item["n"] for item in lookup.query(["tokens", "gear"], sk_between=("s2", "s4")).items] == [
        2,
        3,
        4,
    ]
    for foreign in (theirs, lookup):
        with pytest.raises(BadRequestError) as caught:
            foreign.query(["tokens", "gear" if foreign is theirs else "cog"], cursor=first.next_cursor)
        assert caught.value.fields[0].field == "cursor"


@pytest.mark.parametrize("part", ["a#b", "", "a\n"])
def test_parts_that_could_reach_into_another_key_are_refused(lookup: LookupTable, part: str) -> None:
    with pytest.raises(BadRequestError):
        lookup.get(["tokens", part], "a")


def test_reserved_attributes_are_refused(lookup: LookupTable) -> None:
    with pytest.raises(ValueError, match="tenantId"):
        lookup.put(["k"], "a", {"tenantId": "borealis"})


def test_a_guarded_value_belongs_to_one_record(
    lookup: LookupTable, theirs: LookupTable, store: TenantStore
) -> None:
    write(store, [lookup.put_guard("widget.email", "a#b", entity="widget", id="W1", match="email")])
    write(store, [lookup.put_guard("widget.email", "a#b", entity="widget", id="W1", match="email")])
    assert lookup.guarded_id("widget.email", "a#b") == "W1"
    assert theirs.guarded_id("widget.email", "a#b") is None
    with pytest.raises(DuplicateError) as caught:
        write(store, [lookup.put_guard("widget.email", "a#b", entity="widget", id="W2", match="email")])
    assert caught.value.records[0] == {"entity": "widget", "id": "W1", "match": "email"}
    with pytest.raises(ConflictError):
        write(store, [lookup.delete_guard("widget.email", "a#b", id="W2")])
    write(store, [lookup.delete_guard("widget.email", "a#b", id="W1")])
    assert lookup.guarded_id("widget.email", "a#b") is None


def test_a_transaction_does_all_or_nothing(store: TenantStore, lookup: LookupTable, world: World) -> None:
    widgets, parts = WidgetRepository(store), PartRepository(store)
    old = widgets.add(Widget(widget_id="W0", name="old"))
    transaction = TransactionBuilder(store)
    added = transaction.add(widgets, Widget(widget_id="W1", name="Gear"))
    part = transaction.add(parts, Part(part_id="P1", widget_id="W1"))
    gone = transaction.remove(widgets, old)
    transaction.put_guard(lookup, "widget.name", "gear", entity="widget", id="W1")
    transaction.include(lookup.put_op(["tokens", "gear"], "W1", {}))
    assert len(transaction) == 5
    with world.counted() as calls:
        transaction.commit()
    assert calls == ["TransactWriteItems"]
    assert (widgets.get("W1"), parts.get("P1"), widgets.get_any("W0")) == (added, part, gone)

    again = TransactionBuilder(store)
    again.save(widgets, added.model_copy(update={"name": "Cog"}), previous=added)
    again.restore(widgets, gone)
    again.add(parts, Part(part_id="P1", widget_id="W1"))
    with pytest.raises(AlreadyExistsError):
        again.commit()
    assert widgets.get("W1").name == "Gear"
    assert widgets.find("W0") is None

    stale = TransactionBuilder(store)
    widgets.save(added.model_copy(update={"name": "Wheel"}), previous=added)
    stale.save(widgets, added.model_copy(update={"name": "Cog"}), previous=added)
    stale.delete_guard(lookup, "widget.name", "gear", id="W1")
    with pytest.raises(VersionMismatchError):
        stale.commit()
    assert lookup.guarded_id("widget.name", "gear") == "W1"


def test_a_transaction_has_at_most_a_hundred_operations(store: TenantStore, lookup: LookupTable) -> None:
    transaction = TransactionBuilder(store)
    transaction.include(*(lookup.put_op(["k"], str(number), {}) for number in range(100)))
    with pytest.raises(ValueError, match="100"):
        transaction.include(lookup.put_op(["k"], "more", {}))
    transaction.commit()
    transaction.commit()  # empty by now: no call
    assert len(lookup.query(["k"], limit=200).items) == 100


def test_a_request_is_carried_out_once_per_key(
    lookup: LookupTable, theirs: LookupTable, world: World
) -> None:
    records = IdempotencyRecords(lookup)
    print_1, print_2 = request_fingerprint("POST /merges", b"{}"), request_fingerprint("POST /merges", b"[]")
    claim = records.claim("POST /merges", "key#1", print_1)
    assert claim.outcome is None
    with pytest.raises(ConflictError):
        records.claim("POST /merges", "key#1", print_1)
    records.complete(claim, b"done \xff")
    assert records.claim("POST /merges", "key#1", print_1).outcome == b"done \xff"
    with pytest.raises(IdempotencyKeyReusedError):
        records.claim("POST /merges", "key#1", print_2)
    assert records.claim("POST /other", "key#1", print_2).outcome is None
    assert IdempotencyRecords(theirs).claim("POST /merges", "key#1", print_1).outcome is None
    world.clock.advance(days=1)
    assert records.claim("POST /merges", "key#1", print_2).outcome is None


def test_a_claim_ends_by_release_or_by_time(lookup: LookupTable, world: World) -> None:
    records = IdempotencyRecords(lookup)
    records.release(records.claim("r", "k", "f"))
    assert records.claim("r", "k", "g", lease_seconds=60).outcome is None
    world.clock.advance(60)
    assert records.claim("r", "k", "h").outcome is None


def test_a_request_whose_outcome_does_not_fit_is_not_carried_out_again(lookup: LookupTable) -> None:
    records = IdempotencyRecords(lookup)
    records.complete(records.claim("r", "k", "f"), b"x" * 300_001)
    with pytest.raises(ConflictError, match="too large"):
        records.claim("r", "k", "f")
    with pytest.raises(IdempotencyKeyReusedError):
        records.claim("r", "k", "g")


def test_amounts_are_added_from_nothing_and_exactly(lookup: LookupTable, theirs: LookupTable) -> None:
    add = lookup.add_op(["sums"], "a", {"count": 1, "sum": Decimal("0.1")}, sets={"label": "x"})
    for _ in range(3):
        write(lookup._store, [add])  # pyright: ignore[reportPrivateUsage]
    assert lookup.get(["sums"], "a") == {"count": 3, "sum": Decimal("0.3"), "label": "x"}
    assert theirs.get(["sums"], "a") is None


def test_amounts_are_added_under_a_condition_or_not_at_all(lookup: LookupTable, store: TenantStore) -> None:
    lookup.put(["sums"], "a", {"count": 1, "generation": 1})
    with pytest.raises(ConflictError):
        write(store, [lookup.add_op(["sums"], "a", {"count": 1}, condition={"generation": 2})])
    write(store, [lookup.add_op(["sums"], "a", {"count": 1}, condition={"generation": 1})])
    assert lookup.get(["sums"], "a") == {"count": 2, "generation": 1}


def test_an_item_gets_another_end_and_loses_it(
    lookup: LookupTable, theirs: LookupTable, store: TenantStore, world: World
) -> None:
    for table in (lookup, theirs):
        table.put(["k"], "a", {"n": 1})
    write(store, [lookup.end_op(["k"], "a", 10)])
    write(store, [lookup.end_op(["k"], "a", 20)])
    world.clock.advance(10)
    assert lookup.get(["k"], "a") == {"n": 1}
    write(store, [lookup.end_op(["k"], "a", None)])
    world.clock.advance(10)
    assert lookup.get(["k"], "a") == {"n": 1}
    write(store, [lookup.end_op(["k"], "a", 10)])
    world.clock.advance(10)
    assert (lookup.get(["k"], "a"), theirs.get(["k"], "a")) == (None, {"n": 1})
    for seconds in (10, None):
        with pytest.raises(ConflictError):
            write(store, [lookup.end_op(["k"], "missing", seconds)])
    assert lookup.get(["k"], "missing") is None


def test_the_ends_of_items_are_told_page_by_page(
    lookup: LookupTable, theirs: LookupTable, store: TenantStore, world: World
) -> None:
    now = int(world.clock.now().timestamp())
    for number, sk in enumerate("abc"):
        lookup.put(["k"], sk, {"n": number}, ttl_seconds=number * 10 or None)
    lookup.put(["other"], "a", {})
    theirs.put(["k"], "z", {})
    assert lookup.ends(["k"], limit=2) == ({"a": None, "b": now + 10}, "b")
    world.clock.advance(15)
    assert lookup.get(["k"], "b") is None
    write(store, [lookup.end_at_op(["k"], "b", now + 30)])
    assert lookup.get(["k"], "b") == {"n": 1}
    assert lookup.ends(["k"], limit=2, after="a")[0] == {"b": now + 30, "c": now + 20}
    assert lookup.ends(["k"], limit=5) == ({"a": None, "b": now + 30, "c": now + 20}, None)
    assert theirs.ends(["k"], limit=5) == ({"z": None}, None)


def test_keys_of_an_item_are_not_added_to(lookup: LookupTable) -> None:
    with pytest.raises(ValueError, match="tenantId"):
        lookup.add_op(["sums"], "a", {"tenantId": 1})


def test_a_check_holds_a_transaction_to_another_item(lookup: LookupTable, store: TenantStore) -> None:
    lookup.put(["state"], "-", {"generation": 1})
    put = lookup.put_op(["k"], "a", {"n": 1})
    with pytest.raises(ConflictError):
        write(store, [put, lookup.check_op(["state"], "-", {"generation": 2})])
    with pytest.raises(ConflictError):
        write(store, [put, lookup.check_op(["state"], "-", "absent")])
    assert lookup.get(["k"], "a") is None
    write(
        store,
        [put, lookup.check_op(["state"], "-", {"generation": 1}), lookup.check_op(["x"], "-", "absent")],
    )
    assert lookup.get(["k"], "a") == {"n": 1}


def test_many_items_are_read_at_once_by_their_keys(lookup: LookupTable, theirs: LookupTable) -> None:
    for number in range(120):
        lookup.put(["k", str(number % 3)], str(number), {"n": number})
    keys = [(["k", str(number % 3)], str(number)) for number in range(119, 140)]
    assert lookup.batch_get(keys) == {(("k", "2"), "119"): {"n": 119}}
    found = lookup.batch_get((["k", str(number % 3)], str(number)) for number in range(120))
    assert sorted(item["n"] for item in found.values()) == list(range(120))
    assert theirs.batch_get(keys) == {}
