"""Reports from the request to the answer: who may, what is given, what is given again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import Person

Company = Any


def values(report: Any, key: str) -> dict[Any, Any]:
    return {
        tuple(each["id"] for each in row["group"]): row["values"][key] for row in report["result"]["rows"]
    }


@pytest.mark.parametrize("model", ["silo", "bridge", "pool"])
def test_sales_are_those_of_the_own_company_alone(
    company: Callable[..., Company], make: Callable[..., Any], person: Callable[..., Person], model: str
) -> None:
    here, elsewhere = company(model), company(model)
    here.deal(value=100.5)
    here.deal(value=50, closeDate="2017-05-01")
    here.deal("lost", value=70)
    here.deal(value=9, closeDate="2016-12-31")
    here.put("opportunity", title="Open", value=1000, currency="EUR")
    elsewhere.deal(value=100000)
    report = make(here, report="sales", period="2017", by=["month"])
    assert (report["state"], report["report"]) == ("succeeded", "sales")
    won = values(report, "wonValue")
    assert len(won) == 12 and {k: v for k, v in won.items() if v} == {("2017-03",): 100.5, ("2017-05",): 50}
    totals = report["result"]["totals"]
    assert totals["values"] == {
        "wonValue": 150.5,
        "wonCount": 2,
        "lostValue": 70,
        "lostCount": 1,
        "winRate": 0.6667,
        "averageDeal": 75.25,
        "averageDaysToClose": None,
    }
    assert totals["former"]["wonValue"] == 9
    assert totals["change"]["wonValue"] == {"absolute": 141.5, "percent": 1572.22}
    assert totals["change"]["lostCount"] == {"absolute": 1, "percent": None}
    assert person(elsewhere.id).get(f"/v1/reports/{report['jobId']}").status == 404
    assert person(elsewhere.id).get(f"/v1/reports/{report['jobId']}/files").status == 404
