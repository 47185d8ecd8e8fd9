"""Reports of a real sales team's 8,800 opportunities, to the unit, where that data set is at hand."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jobs_in_process import JobsWorld
from reports_of_records import by_group, report_of

from zebros_core.clock import FixedClock
from zebros_core.ids import new_id
from zebros_core.tenancy import TenantContext
from zebros_jobs.domain.reports.money import Rates
from zebros_jobs.use_cases.reports.work import ReportWork

FOLDER = Path(__file__).parents[5] / "shared" / "data" / "crm-sales-opportunities"

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason=f"the data set is not there: {FOLDER.name}")

DOLLARS = Rates(base_currency="USD", rates={})
WON_BY_MONTH = {
    "2017-03": 1_134_672,
    "2017-04": 721_932,
    "2017-05": 1_025_713,
    "2017-06": 1_338_466,
    "2017-07": 696_932,
    "2017-08": 1_050_059,
    "2017-09": 1_235_264,
    "2017-10": 731_980,
    "2017-11": 938_943,
    "2017-12": 1_131_573,
}
WON_BY_OFFICE = {"West": 3_568_647, "Central": 3_346_293, "East": 3_090_594}


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def offices() -> dict[str, str]:
    return {row["sales_agent"]: row["regional_office"] for row in rows("sales_teams.csv")}


@cache
def deals() -> list[dict[str, Any]]:
    """The opportunities as the pipeline would export them, agents and offices by their names."""
    made: list[dict[str, Any]] = []
    for row in rows("sales_pipeline.csv"):
        stage = row["deal_stage"].lower()
        deal: dict[str, Any] = {
            "opportunityId": row["opportunity_id"],
            "ownerId": row["sales_agent"],
            "teamId": offices()[row["sales_agent"]],
            "currency": "USD",
            "outcome": stage if stage in ("won", "lost") else "open",
            "createdAt": "2026-01-01T00:00:00Z",
            "customerId": row["account"],
            "value": float(row["close_value"]) if row["close_value"] else None,
            "closeDate": row["close_date"],
            "engageDate": row["engage_date"],
            "lines": [{"productId": row["product"], "quantity": 1, "unitPrice": 1}],
            "lineCount": 1,
        }
        made.append({name: value for name, value in deal.items() if value not in ("", None)})
    return made


def of_2017(**asked: Any) -> Any:
    return report_of({"opportunity": deals()}, report="sales", rates=DOLLARS, **{"period": "2017", **asked})


def test_months_are_those_of_the_data() -> None:
    won = {month: int(value) for month, value in by_group(of_2017(by=["month"]), "wonValue").items()}
    assert won == {"2017-01": 0, "2017-02": 0, **WON_BY_MONTH}


def test_the_whole_is_that_of_the_data() -> None:
    totals = of_2017(by=[]).totals.values
    assert (totals["wonValue"], totals["wonCount"], totals["lostCount"]) == (10_005_534, 4_238, 2_473)
    assert totals["winRate"] == Decimal("0.6315")


def test_offices_and_the_best_agent_are_those_of_the_data() -> None:
    assert by_group(of_2017(by=["team"]), "wonValue") == WON_BY_OFFICE
    best = of_2017(by=["owner"]).rows[0]
    assert (best.group[0].id, best.values["wonValue"]) == ("Darcel Schlecht", 1_153_214)


def test_products_add_up_to_the_whole() -> None:
    found = by_group(of_2017(by=["product"]), "wonValue")
    assert len(found) == 7 and sum(found.values()) == 10_005_534
    by_hand: dict[str, float] = {}
    for deal in deals():
        if deal["outcome"] == "won":
            product = deal["lines"][0]["productId"]
            by_hand[product] = by_hand.get(product, 0) + deal["value"]
    assert found == by_hand


def test_quarters_weeks_and_days_add_up_to_the_whole() -> None:
    for grain in ("day", "week", "quarter", "year"):
        assert sum(by_group(of_2017(by=[grain]), "wonValue").values()) == 10_005_534


@pytest.mark.parametrize("until", ["2017-03-03", pytest.param("2017-03-31", marks=pytest.mark.prove)])
def test_what_was_brought_through_the_doors_is_that_of_the_data(
    world: JobsWorld,
    company: Callable[..., Any],
    make: Callable[..., Any],
    work: ReportWork,
    clock: FixedClock,
    until: str,
) -> None:
    one = company(currency="USD")
    agents = {name: f"agent-{number}" for number, name in enumerate(sorted(offices()))}
    for name, id in agents.items():
        one.add(id, role="sales-rep", name=name, team_id=offices()[name].lower())
    for office in WON_BY_OFFICE:
        one.team(office.lower(), office)
    march = [deal for deal in deals() if "2017-03-01" <= deal.get("closeDate", "") <= until]
    won = sum(int(deal["value"]) for deal in march if deal["outcome"] == "won")
    assert len(march) > 40 and (until < "2017-03-31" or won == WON_BY_MONTH["2017-03"])
    context = TenantContext(one.id, "user-1", roles=frozenset({"tenant-admin"}))
    door = world.jobs.bulk_doors.door("pipeline", context)
    wishes = [
        {
            "mutationId": new_id(clock),
            "entity": "opportunity",
            "operation": "create",
            "externalId": deal["opportunityId"],
            "changes": {
                "title": deal["opportunityId"],
                "externalId": deal["opportunityId"],
                "value": deal["value"],
                "currency": "USD",
                "stage": deal["outcome"],
                "engageDate": deal["engageDate"],
                "closeDate": deal["closeDate"],
                "ownerId": agents[deal["ownerId"]],
                "teamId": deal["teamId"].lower(),
                **({"lossReason": "unknown"} if deal["outcome"] == "lost" else {}),
            },
        }
        for deal in march
    ]
    outcomes = door.apply(wishes)
    assert {each["outcome"] for each in outcomes} == {"created"}, json.dumps(outcomes[0])
    clock.advance(hours=1)
    wide = ReportWork(work._engines, work._writers, work._mailers, work._rights, page=200)
    asked = {"report": "sales", "period": "2017", "with_work": wide}
    months = make(one, by=["month"], **asked)["result"]
    assert {
        row["group"][0]["id"]: row["values"]["wonValue"]
        for row in months["rows"]
        if row["values"]["wonValue"]
    } == {"2017-03": won}
    owners = make(one, by=["owner"], **asked)["result"]["rows"]
    expected = by_group(
        report_of({"opportunity": march}, report="sales", period="2017", by=["owner"], rates=DOLLARS),
        "wonValue",
    )
    assert {row["group"][0]["label"]: row["values"]["wonValue"] for row in owners} == expected
    teams = make(one, by=["team"], **asked)["result"]
    assert sum(row["values"]["wonValue"] for row in teams["rows"]) == won
    assert {row["group"][0]["label"] for row in teams["rows"]} == set(WON_BY_OFFICE)
    assert teams["totals"]["values"]["wonCount"] + teams["totals"]["values"]["lostCount"] == len(march)
