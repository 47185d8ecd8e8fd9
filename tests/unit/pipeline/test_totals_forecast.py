"""What closes in which month, over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import Person
from totals_world import Counting, Sales

from zebros_pipeline.bootstrap import Container

FORECAST = "/v1/pipeline/forecast"


@pytest.fixture
def counting(container: Container) -> Counting:
    return Counting(container)


@pytest.fixture
def sales(admin: Person, counting: Counting) -> Sales:
    return Sales(admin, counting)


def months(answer: Any) -> dict[str, dict[str, Any]]:
    """The months that have something: category to its sum."""
    assert answer.status == 200, answer.text
    found = {
        month["month"]: {
            each["category"]: each["converted"] and each["converted"]["sum"] for each in month["categories"]
        }
        for month in answer.body["months"]
    }
    return {month: categories for month, categories in found.items() if categories}


def test_open_deals_are_in_the_month_in_which_they_are_expected(admin: Person, sales: Sales) -> None:
    sales.deal(value=100, stage="proposal", expectedCloseDate="2026-02-28")
    sales.deal(value=10, stage="negotiation", expectedCloseDate="2026-02-01")
    sales.deal(value=1, expectedCloseDate="2026-03-01", forecastCategory="commit")
    sales.deal(value=7)
    found = admin.get(FORECAST, **{"from": "2026-01", "to": "2026-04"})
    assert months(found) == {"2026-02": {"bestCase": 100, "commit": 10}, "2026-03": {"commit": 1}}
    assert [month["month"] for month in found.body["months"]] == ["2026-01", "2026-02", "2026-03", "2026-04"]
    assert found.body["months"][1]["categories"][0] == {
        "category": "bestCase",
        "count": 1,
        "values": [{"currency": "EUR", "sum": 100, "weighted": 50}],
        "converted": {"sum": 100, "weighted": 50},
    }
    assert [each["category"] for each in found.body["undated"]["categories"]] == ["pipeline"]


def test_won_deals_are_in_the_month_of_their_close_and_lost_ones_in_none(admin: Person, sales: Sales) -> None:
    path = sales.deal(value=100, stage="proposal", expectedCloseDate="2026-02-10")
    sales.move(path, "won", closeDate="2026-04-02", value=120)
    sales.deal(value=50, stage="lost", lossReason="price", closeDate="2026-04-02")
    assert months(admin.get(FORECAST, **{"from": "2026-01", "to": "2026-12"})) == {"2026-04": {"closed": 120}}
    assert admin.get(FORECAST, **{"from": "2026-01", "to": "2026-12"}).body["undated"] == {"categories": []}


def test_a_deal_that_slips_leaves_its_month(admin: Person, sales: Sales) -> None:
    path = sales.deal(value=100, expectedCloseDate="2026-01-31")
    sales.change(path, expectedCloseDate="2026-02-01")
    assert months(admin.get(FORECAST)) == {"2026-02": {"pipeline": 100}}
    sales.change(path, expectedCloseDate=None)
    found = admin.get(FORECAST)
    assert months(found) == {} and found.body["undated"]["categories"][0]["count"] == 1


def test_without_months_it_begins_with_this_one_where_the_tenant_is(
    person: Callable[..., Person], tenant: Callable[..., str]
) -> None:
    auckland, honolulu = (person(tenant(timeZone=zone)) for zone in ("Pacific/Auckland", "Pacific/Honolulu"))
    now = auckland.clock.now().replace(month=6, day=30, hour=15, year=2026)
    auckland.clock.advance((now - auckland.clock.now()).total_seconds())
    assert [month["month"] for month in auckland.get(FORECAST).body["months"]] == [
        f"2026-{month:02}" for month in range(7, 13)
    ]
    assert honolulu.get(FORECAST).body["months"][0]["month"] == "2026-06"
    assert len(honolulu.get(FORECAST, to="2026-07").body["months"]) == 2
    assert len(honolulu.get(FORECAST, **{"from": "2025-11"}).body["months"]) == 6


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({"from": "2026-13"}, "from", "string_pattern_mismatch"),
        ({"from": "2026-1"}, "from", "string_pattern_mismatch"),
        ({"to": "2026-01-01"}, "to", "string_pattern_mismatch"),
        ({"from": "2026-05", "to": "2026-04"}, "to", "before_from"),
        ({"from": "2026-01", "to": "2029-01"}, "to", "too_many_months"),
        ({"view": "mine"}, "view", "enum"),
        ({"until": "2026-01"}, "until", "extra_forbidden"),
    ],
)
def test_wrong_months_are_named(admin: Person, query: dict[str, str], field: str, code: str) -> None:
    refused = admin.get(FORECAST, **query)
    assert refused.status == 400
    assert (refused.body["errors"][0]["field"], refused.body["errors"][0]["code"]) == (field, code)


def test_the_longest_range_is_36_months(admin: Person) -> None:
    found = admin.get(FORECAST, **{"from": "2026-01", "to": "2028-12"})
    assert len(found.body["months"]) == 36


def test_the_forecast_is_of_the_callers_view(
    person: Callable[..., Person], admin: Person, sales: Sales
) -> None:
    dated = {"expectedCloseDate": "2026-01-15"}
    sales.deal(value=1, ownerId="rep-1", teamId="north", **dated)
    sales.deal(value=10, ownerId="rep-2", teamId="north", **dated)
    sales.deal(value=100, ownerId="rep-3", teamId="south", **dated)
    rep = person(user="rep-1", roles=("sales-rep",), team="north")
    period = {"from": "2026-01", "to": "2026-01"}
    assert months(rep.get(FORECAST, **period)) == {"2026-01": {"pipeline": 11}}
    assert months(rep.get(FORECAST, view="own", **period)) == {"2026-01": {"pipeline": 1}}
    assert months(admin.get(FORECAST, **period)) == {"2026-01": {"pipeline": 111}}
    assert rep.get(FORECAST, view="all", **period).status == 403


def test_an_amount_without_a_rate_is_told_apart(admin: Person, sales: Sales) -> None:
    sales.deal(value=1, expectedCloseDate="2026-01-15")
    sales.deal(value=2, expectedCloseDate="2026-01-15", currency="USD")
    found = admin.get(FORECAST, **{"from": "2026-01", "to": "2026-01"})
    assert months(found) == {"2026-01": {"pipeline": None}} and found.body["missingRates"] == ["USD"]
    other = admin.get(FORECAST, **{"from": "2026-02", "to": "2026-02"})
    assert other.body["missingRates"] == [], "only what is shown counts"
