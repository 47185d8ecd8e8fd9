"""The day's figures, over the API: from the totals of three services, in the tenant's days, and cached."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from callers import Person
from pipeline_in_process import SalesWorld
from totals_world import Counting, Sales

from zebros_core.clock import FixedClock
from zebros_core.ids import new_id
from zebros_core.messaging import EntityChanged, Operation
from zebros_pipeline.bootstrap import Container

DASHBOARD = "/v1/dashboard"


@pytest.fixture
def counting(container: Container) -> Counting:
    return Counting(container)


@pytest.fixture
def sales(admin: Person, counting: Counting) -> Sales:
    return Sales(admin, counting)


def activity(tenant: str, clock: FixedClock, due: datetime | None, **facts: Any) -> EntityChanged:
    """Return the event of a task that is open unless told otherwise."""
    id = facts.pop("id", None) or new_id(clock)
    snapshot = {
        "tenantId": tenant,
        "activityId": id,
        "status": "open",
        "scheduledAt": None if due is None else due.isoformat(),
        "ownerId": "user-1",
        "teamId": None,
        **facts,
    }
    return EntityChanged(
        event_id=f"{id}-{facts.get('version', 1)}",
        tenant_id=tenant,
        entity="activity",
        id=id,
        version=facts.get("version", 1),
        operation=Operation.UPDATED,
        occurred_at=clock.now(),
        snapshot=snapshot,
    )


def shown(person: Person, **query: Any) -> Any:
    """The dashboard as it is when nothing is cached any more."""
    person.clock.advance(minutes=1)
    answer = person.get(DASHBOARD, **query)
    assert answer.status == 200, answer.text
    return answer.body


def test_the_pipeline_and_what_closes_this_month(admin: Person, sales: Sales) -> None:
    today = admin.clock.now().date()
    first, after = today.replace(day=1), today.replace(day=28) + timedelta(days=7)
    sales.deal(value=100, stage="proposal", expectedCloseDate=f"{today.replace(day=28)}")
    sales.deal(value=10, stage="proposal", expectedCloseDate=f"{after}")
    sales.deal(value=5, stage="won", closeDate=f"{first}")
    sales.deal(value=6, stage="won", closeDate=f"{first - timedelta(days=1)}")
    sales.deal(value=7, stage="lost", closeDate=f"{first}", lossReason="price")
    found = shown(admin)
    by_stage = {stage["stage"]: stage["count"] for stage in found["pipelineByStage"]}
    assert by_stage["proposal"] == by_stage["won"] == 2
    assert found["closingThisMonth"] == {
        "count": 1,
        "values": [{"currency": "EUR", "sum": 100, "weighted": 50}],
        "converted": {"sum": 100, "weighted": 50},
    }
    assert found["wonThisMonth"]["count"] == 1 and found["wonThisMonth"]["converted"]["sum"] == 5
    assert found["winRate"] == 0.6667 and found["baseCurrency"] == "EUR" and found["asOf"] is not None


def test_overdue_activities_are_told_by_the_age_of_their_day(admin: Person, counting: Counting) -> None:
    clock, tenant = admin.clock, admin.tenant
    today = clock.now().replace(hour=12)
    for days in (0, 0, 1, 7, 8, 30, 31, 400, -1):
        counting.deliver(activity(tenant, clock, today - timedelta(days=days)))
    counting.deliver(activity(tenant, clock, None), activity(tenant, clock, today, status="completed"))
    assert shown(admin)["overdueActivities"] == {
        "today": 2,
        "days1to7": 2,
        "days8to30": 2,
        "over30": 2,
        "total": 8,
    }


def test_an_activity_that_is_done_is_not_overdue_any_more(admin: Person, counting: Counting) -> None:
    clock, tenant = admin.clock, admin.tenant
    due = clock.now() - timedelta(days=3)
    task = activity(tenant, clock, due)
    counting.deliver(task)
    assert shown(admin)["overdueActivities"]["total"] == 1
    counting.deliver(activity(tenant, clock, due, id=task.id, version=2, status="completed"))
    counting.deliver(task)
    assert shown(admin)["overdueActivities"]["total"] == 0


def test_new_customers_come_from_the_customers_service(
    world: SalesWorld, admin: Person, of_customers: Callable[[Person], Person], counting: Counting
) -> None:
    seller = of_customers(admin)
    ids = [
        seller.post("/v1/customers", {"companyName": f"Tidewater {n}"}).body["customerId"] for n in range(3)
    ]
    for id in ids:
        counting.follow(admin, "customer", id, of=world.customers)
    assert shown(admin)["newCustomers"] == {"thisMonth": 3, "last30Days": 3}
    assert seller.delete(f"/v1/customers/{ids[0]}").status == 204
    counting.follow(admin, "customer", ids[0], of=world.customers)
    assert shown(admin)["newCustomers"] == {"thisMonth": 2, "last30Days": 2}
    admin.clock.advance(days=31)
    assert shown(admin)["newCustomers"] == {"thisMonth": 0, "last30Days": 0}


def test_days_are_those_of_the_tenants_time_zone(
    person: Callable[..., Person], tenant: Callable[..., str], counting: Counting, clock: FixedClock
) -> None:
    auckland, honolulu = (person(tenant(timeZone=zone)) for zone in ("Pacific/Auckland", "Pacific/Honolulu"))
    # Noon of 28 February in UTC: already March in Auckland (13 hours ahead), the small hours in Honolulu.
    noon = datetime(clock.now().year + 1, 2, 28, 12, tzinfo=clock.now().tzinfo)
    clock.advance((noon - clock.now()).total_seconds())
    for one in (auckland, honolulu):
        Sales(one, counting).deal(value=1, expectedCloseDate=f"{noon.year}-03-31")
        counting.deliver(activity(one.tenant, clock, noon - timedelta(hours=2)))
    assert shown(auckland)["overdueActivities"]["days1to7"] == 1
    assert shown(honolulu)["overdueActivities"]["today"] == 1
    assert shown(auckland)["closingThisMonth"]["count"] == 1
    assert shown(honolulu)["closingThisMonth"]["count"] == 0


def test_it_is_kept_for_15_seconds_and_then_read_anew(admin: Person, sales: Sales) -> None:
    shown(admin)
    sales.deal(value=1)
    assert admin.get(DASHBOARD).body["pipelineByStage"][0]["count"] == 0
    admin.clock.advance(seconds=16)
    assert admin.get(DASHBOARD).body["pipelineByStage"][0]["count"] == 1


def test_what_one_is_shown_is_never_kept_for_others(
    person: Callable[..., Person], admin: Person, counting: Counting
) -> None:
    sales = Sales(admin, counting)
    sales.deal(value=1, ownerId="boss-1", teamId="north")
    sales.deal(value=10, ownerId="boss-2", teamId="south")
    first, second = (
        person(user=f"boss-{n}", roles=("sales-manager",), team=team)
        for n, team in ((1, "north"), (2, "south"))
    )
    rep = person(user="boss-1", roles=("sales-rep",), team="north")

    def total(one: Person, **query: Any) -> Any:
        return one.get(DASHBOARD, **query).body["pipelineByStage"][0]["converted"]["sum"]

    admin.clock.advance(minutes=1)
    for _ in range(2):  # The second time from the cache.
        assert total(first) == total(second) == total(first, view="all") == 11
        assert (total(first, view="own"), total(second, view="own")) == (1, 10)
        assert (total(first, view="team"), total(second, view="team")) == (1, 10)
        assert (total(rep), total(rep, view="team"), total(rep, view="own")) == (1, 1, 1)
        assert rep.get(DASHBOARD, view="all").status == 403


def test_two_tenants_see_their_own_day(both: tuple[Person, Person], counting: Counting) -> None:
    ours, theirs = both
    Sales(ours, counting).deal(value=5)
    counting.deliver(activity(theirs.tenant, theirs.clock, theirs.clock.now()))
    assert shown(ours)["pipelineByStage"][0]["count"] == 1
    assert shown(ours)["overdueActivities"]["total"] == 0
    assert shown(theirs)["pipelineByStage"][0]["count"] == 0
    assert shown(theirs)["overdueActivities"]["total"] == 1


def test_a_missing_rate_is_named(admin: Person, sales: Sales) -> None:
    sales.deal(value=5, currency="USD", expectedCloseDate=f"{admin.clock.now().date()}")
    found = shown(admin)
    assert found["missingRates"] == ["USD"] and found["closingThisMonth"]["converted"] is None
