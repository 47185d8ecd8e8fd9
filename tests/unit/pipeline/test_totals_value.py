"""What the pipeline is worth, over the API: by stage, currency, owner and team, for whoever may see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from callers import Person
from totals_world import Counting, Sales

from zebros_core.cache import NullCache
from zebros_pipeline.bootstrap import Container

VALUE = "/v1/pipeline/value"


@pytest.fixture
def counting(container: Container) -> Counting:
    return Counting(container)


@pytest.fixture
def sales(admin: Person, counting: Counting) -> Sales:
    return Sales(admin, counting)


def stages(answer: Any) -> dict[str, Any]:
    """The stages that have something, by key."""
    assert answer.status == 200, answer.text
    return {stage["stage"]: stage for stage in answer.body["stages"] if stage["count"]}


def test_each_stage_tells_its_deals_their_sum_and_their_weight(admin: Person, sales: Sales) -> None:
    sales.deal(value=1000, stage="proposal")
    sales.deal(value=500, stage="proposal", probability=90)
    sales.deal(stage="qualification")
    found = admin.get(VALUE)
    assert stages(found)["proposal"] == {
        "stage": "proposal",
        "name": "Proposal",
        "kind": "open",
        "count": 2,
        "values": [{"currency": "EUR", "sum": 1500, "weighted": 950}],
        "converted": {"sum": 1500, "weighted": 950},
    }
    assert stages(found)["qualification"]["count"] == 1
    assert [stage["stage"] for stage in found.body["stages"]] == [
        "prospecting",
        "qualification",
        "proposal",
        "negotiation",
        "won",
        "lost",
    ]
    assert found.body["groups"] is None and found.body["missingRates"] == []


def test_an_empty_pipeline_is_worth_nothing(admin: Person) -> None:
    found = admin.get(VALUE).body
    assert found["asOf"] is None and all(stage["count"] == 0 for stage in found["stages"])
    assert found["stages"][0]["converted"] == {"sum": 0, "weighted": 0}
    assert found["summary"] == {
        "openCount": 0,
        "open": {"sum": 0, "weighted": 0},
        "wonCount": 0,
        "won": 0,
        "lostCount": 0,
        "winRate": None,
    }


def test_a_deal_is_followed_through_its_life(admin: Person, sales: Sales) -> None:
    path = sales.deal(value=1000)
    sales.change(path, value=1200.5)
    sales.move(path, "negotiation")
    assert stages(admin.get(VALUE))["negotiation"]["values"] == [
        {"currency": "EUR", "sum": 1200.5, "weighted": 900.38}
    ]
    sales.move(path, "won")
    found = admin.get(VALUE)
    assert list(stages(found)) == ["won"] and found.body["summary"]["won"] == 1200.5
    sales.delete(path)
    assert stages(admin.get(VALUE)) == {}
    sales.restore(path)
    assert stages(admin.get(VALUE))["won"]["count"] == 1


def test_the_win_rate_is_won_to_won_and_lost(admin: Person, sales: Sales) -> None:
    for _ in range(2):
        sales.deal(value=10, stage="won")
    sales.deal(value=99, stage="lost", lossReason="price")
    summary = admin.get(VALUE).body["summary"]
    assert (summary["wonCount"], summary["lostCount"], summary["winRate"]) == (2, 1, 0.6667)
    assert summary["won"] == 20


def test_a_probability_of_the_stage_holds_at_once_and_one_of_the_deals_own_stays(
    admin: Person, sales: Sales
) -> None:
    sales.deal(value=100, stage="proposal")
    sales.deal(value=100, stage="proposal", probability=10)
    settings = admin.get("/v1/pipeline/stages")
    changed = [
        {**stage, "probability": 60} if stage["key"] == "proposal" else stage
        for stage in settings.body["stages"]
    ]
    put = admin.put("/v1/pipeline/stages", {"stages": changed}, if_match=settings.headers["etag"])
    assert put.status == 200, put.text
    assert stages(admin.get(VALUE))["proposal"]["converted"] == {"sum": 200, "weighted": 70}


def test_currencies_are_never_added_raw(admin: Person, sales: Sales) -> None:
    sales.deal(value=100, stage="proposal")
    sales.deal(value=200, stage="proposal", currency="USD")
    sales.deal(stage="proposal", currency="CHF")
    found = admin.get(VALUE)
    proposal = stages(found)["proposal"]
    assert [(worth["currency"], worth["sum"]) for worth in proposal["values"]] == [
        ("CHF", 0),
        ("EUR", 100),
        ("USD", 200),
    ]
    assert proposal["converted"] is None and found.body["summary"]["open"] is None
    assert found.body["missingRates"] == ["USD"], "a deal without a value needs no rate"
    assert found.body["summary"]["openCount"] == 3


def test_currencies_with_rates_are_converted_and_rounded_at_the_end(admin: Person, sales: Sales) -> None:
    put = admin.put(
        "/v1/pipeline/currencies",
        {"baseCurrency": "JPY", "rates": {"USD": 150.5, "EUR": 163.25}},
        if_match='"1"',
    )
    assert put.status == 200, put.text
    for _ in range(3):
        sales.deal(value=0.01, stage="proposal", currency="USD")
    sales.deal(value=1, stage="qualification", currency="EUR")
    found = admin.get(VALUE)
    assert found.body["baseCurrency"] == "JPY"
    # 3 x 1.505 is 4.515 yen, where three rounded ones would be 6; and in all 167.765.
    assert stages(found)["proposal"]["converted"] == {"sum": 5, "weighted": 2}
    assert found.body["summary"]["open"] == {"sum": 168, "weighted": 43}


def test_a_deal_that_changes_its_currency_leaves_nothing_behind(admin: Person, sales: Sales) -> None:
    path = sales.deal(value=100, currency="USD")
    sales.change(path, currency="GBP", value=80)
    values = stages(admin.get(VALUE))["prospecting"]["values"]
    assert values == [{"currency": "GBP", "sum": 80, "weighted": 8}]


def test_views_narrow_what_somebody_sees_and_never_widen_it(
    person: Callable[..., Person], admin: Person, counting: Counting
) -> None:
    sales = Sales(admin, counting)
    sales.deal(value=1, ownerId="rep-1", teamId="north")
    sales.deal(value=10, ownerId="rep-2", teamId="north")
    sales.deal(value=100, ownerId="rep-3", teamId="south")
    rep = person(user="rep-1", roles=("sales-rep",), team="north")
    lonely = person(user="rep-3", roles=("sales-rep",), team=None)
    manager = person(user="boss", roles=("sales-manager",), team="south")

    def total(answer: Any) -> Any:
        assert answer.status == 200, answer.text
        return answer.body["summary"]["open"]["sum"]

    assert total(admin.get(VALUE)) == total(manager.get(VALUE, view="all")) == 111
    assert total(manager.get(VALUE, view="team")) == 100
    assert total(manager.get(VALUE, view="own")) == 0
    assert total(rep.get(VALUE)) == total(rep.get(VALUE, view="team")) == 11
    assert total(rep.get(VALUE, view="own")) == 1
    assert total(lonely.get(VALUE)) == 100, "somebody without a team sees their own"
    refused = rep.get(VALUE, view="all")
    assert refused.status == 403
    assert rep.get(VALUE, view="everything").status == 400


def test_groups_split_the_view_and_nothing_of_others_is_in_them(
    person: Callable[..., Person], admin: Person, counting: Counting
) -> None:
    sales = Sales(admin, counting)
    sales.deal(value=1, ownerId="rep-1", teamId="north")
    sales.deal(value=10, ownerId="rep-2", teamId="north", stage="won")
    moved = sales.deal(value=100, ownerId="rep-1", teamId="south")
    sales.deal(value=1000, ownerId="rep-9")
    rep = person(user="rep-1", roles=("sales-rep",), team="north")

    def groups(answer: Any) -> dict[str | None, Any]:
        assert answer.status == 200, answer.text
        return {
            group["id"]: {stage["stage"]: stage["converted"]["sum"] for stage in group["stages"]}
            for group in answer.body["groups"]
        }

    by_owner = admin.get(VALUE, groupBy="owner")
    assert groups(by_owner) == {
        "rep-1": {"prospecting": 101},
        "rep-2": {"won": 10},
        "rep-9": {"prospecting": 1000},
    }
    assert by_owner.body["summary"]["open"]["sum"] == 1101, "the whole is the sum of its groups"
    assert list(groups(admin.get(VALUE, groupBy="team"))) == ["north", "south", None]
    assert groups(rep.get(VALUE, groupBy="owner")) == {"rep-1": {"prospecting": 1}, "rep-2": {"won": 10}}
    for refused in (
        rep.get(VALUE, groupBy="team"),
        admin.get(VALUE, view="own", groupBy="owner"),
        admin.get(VALUE, view="team", groupBy="team"),
        admin.get(VALUE, groupBy="stage"),
    ):
        assert refused.status == 400 and refused.body["errors"][0]["field"] == "groupBy", refused.text
    sales.change(moved, ownerId="rep-2", teamId="south")
    assert groups(admin.get(VALUE, groupBy="owner"))["rep-1"] == {"prospecting": 1}
    sales.delete(moved)
    assert list(groups(admin.get(VALUE, groupBy="team"))) == ["north", None], (
        "a team without deals is not shown"
    )


def test_each_tenant_has_totals_of_its_own(both: tuple[Person, Person], counting: Counting) -> None:
    ours, theirs = both
    Sales(ours, counting).deal(value=5)
    Sales(theirs, counting).deal(value=7)
    Sales(theirs, counting).deal(value=7)
    assert ours.get(VALUE).body["summary"]["open"]["sum"] == 5
    assert theirs.get(VALUE).body["summary"]["open"]["sum"] == 14


def test_as_of_is_the_newest_change_that_was_counted(admin: Person, sales: Sales) -> None:
    sales.deal(value=5)
    sales.person.clock.advance(minutes=5)
    late = sales.person.clock.now()
    sales.deal(value=5)
    sales.counting.deliver(sales.counting.sent[0])
    assert admin.get(VALUE).body["asOf"] == late.isoformat().replace("+00:00", "Z")


def test_the_value_takes_two_calls_whatever_the_number_of_deals(
    container: Container, admin: Person, sales: Sales
) -> None:
    vars(container)["cache"] = NullCache()
    costs: list[int] = []
    for deals in (1, 6):
        for number in range(deals):
            sales.deal(value=5, ownerId=f"rep-{number}", teamId="north", currency=("EUR", "USD")[number % 2])
        for query in ({}, {"view": "team"}, {"view": "own"}, {"groupBy": "owner"}, {"groupBy": "team"}):
            with calls_of(container) as made:
                assert admin.get(VALUE, **query).status == 200
            costs.append(len(made))
    assert costs == [2] * 10


@contextmanager
def calls_of(container: Container) -> Iterator[list[str]]:
    """The calls of the database within."""
    made: list[str] = []

    def note(model: Any, **_: Any) -> None:
        made.append(model.name)

    events = container.dynamodb.meta.events
    events.register("before-call.dynamodb", note)
    try:
        yield made
    finally:
        events.unregister("before-call.dynamodb", note)


def test_a_stage_in_use_is_told_with_the_number_of_its_deals(admin: Person, sales: Sales) -> None:
    for _ in range(3):
        sales.deal(stage="proposal")
    settings = admin.get("/v1/pipeline/stages")
    without = [stage for stage in settings.body["stages"] if stage["key"] != "proposal"]
    refused = admin.put("/v1/pipeline/stages", {"stages": without}, if_match=settings.headers["etag"])
    assert refused.status == 409 and "3 opportunities" in refused.body["detail"]


def test_whole_amounts_of_any_size_are_exact(admin: Person, sales: Sales) -> None:
    for _ in range(20):
        sales.deal(value=999_999_999_999_999, probability=1)
    found = admin.get(VALUE)
    assert '"sum":19999999999999980' in found.text
    assert '"weighted":199999999999999.8' in found.text
