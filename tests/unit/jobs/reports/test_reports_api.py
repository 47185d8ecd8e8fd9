"""Reports from the request to the answer: who may, what is given, what is given again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from callers import Person

from zebros_core.clock import FixedClock

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


@pytest.mark.parametrize(
    ("roles", "status"),
    [
        (("tenant-admin",), 202),
        (("sales-manager",), 202),
        (("viewer",), 202),
        (("sales-rep",), 403),
        ((), 403),
    ],
)
def test_reports_are_for_whom_the_role_table_says(
    company: Callable[..., Company], person: Callable[..., Person], roles: tuple[str, ...], status: int
) -> None:
    one = company()
    who = person(one.id, user="somebody", roles=roles)
    answer = who.post("/v1/reports", {"report": "sales", "period": "2017"})
    assert answer.status == status
    if status == 202:
        job_id = answer.body["jobId"]
        assert answer.headers["location"] == f"/v1/reports/{job_id}"
        shown = who.get(f"/v1/reports/{job_id}")
        assert (shown.status, shown.body["state"], shown.body["result"]) == (200, "queued", None)
    else:
        other = person(one.id).post("/v1/reports", {"report": "sales", "period": "2017"}).body["jobId"]
        assert who.get(f"/v1/reports/{other}").status == 403
        assert who.get(f"/v1/reports/{other}/files").status == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"period": "2017"}, "/report"),
        ({"report": "sales"}, "/period"),
        ({"report": "sales", "period": 2017}, "/period"),
        ({"report": "sales", "period": "soon"}, "/period"),
        ({"report": "sales", "period": "2017", "by": "month"}, "/by"),
        ({"report": "sales", "period": "2017", "by": ["month", "type"]}, "/by"),
        ({"report": "sales", "period": "2017", "tenantId": "other"}, "/tenantId"),
        ({"report": "sales", "period": "2017", "today": "2017-01-01"}, "/today"),
        (
            {"report": "sales", "period": "2017", "recipients": ["stranger@elsewhere.example"]},
            "/recipients/0",
        ),
        ({"report": "sales", "period": "2017", "recipients": ["x"] * 21}, "/recipients"),
    ],
)
def test_what_cannot_be_reported_is_refused_with_the_field(
    company: Callable[..., Company], person: Callable[..., Person], body: dict[str, Any], field: str
) -> None:
    answer = person(company().id).post("/v1/reports", body)
    assert answer.status == 422, answer.text
    assert any(fault["field"].startswith(field) for fault in answer.body["errors"]), answer.body


def test_any_report_of_the_company_may_be_read_by_who_may_see_reports(
    company: Callable[..., Company], make: Callable[..., Any], person: Callable[..., Person]
) -> None:
    one, other = company(), company()
    one.deal()
    made = make(one, report="sales", period="2017", formats=["csv"])
    viewer = person(one.id, user="viewer-1", roles=("viewer",), team=None)
    assert viewer.get(f"/v1/reports/{made['jobId']}").body == made
    (link,) = viewer.get(f"/v1/reports/{made['jobId']}/files").body["items"]
    assert link["name"] == "sales-2017.csv"
    assert viewer.get(f"/v1/jobs/{made['jobId']}").status == 404, "the job itself is its requester's"
    assert person(other.id).get(f"/v1/reports/{made['jobId']}").status == 404


def test_what_is_no_report_is_not_found(
    company: Callable[..., Company], person: Callable[..., Person]
) -> None:
    who = person(company().id)
    export = who.post("/v1/exports", {"entity": "customer", "format": "csv"}).body["jobId"]
    for id in (export, "01JC8Z4T5V6W7X8Y9ZABCDEFGH"):
        assert who.get(f"/v1/reports/{id}").status == 404
    assert who.get("/v1/reports/not-an-id").status == 404


# -- the same again --------------------------------------------------------------------------------------------------


def test_the_same_report_is_answered_with_the_one_that_there_is(
    company: Callable[..., Company],
    ask: Callable[..., str],
    carry: Callable[..., Any],
    person: Callable[..., Person],
    clock: FixedClock,
) -> None:
    one, other = company(), company()
    for each in (one, other):
        each.deal()
    asked = {"report": "sales", "period": "2017", "formats": ["csv", "json"]}
    first = ask(one, **asked)
    assert ask(one, **asked) != first, "it is not made yet"
    carry(one, first)
    assert ask(one, status=200, **asked) == first
    assert ask(one, person(one.id, user="user-2", roles=("viewer",)), status=200, **asked) == first
    # Nothing of what it shows is different: the split that is usual anyway, fewer files, another name of the days.
    assert ask(one, status=200, report="sales", period="2017", by=["month"], formats=["csv"]) == first
    for different in (
        {"formats": ["pdf"]},
        {"by": ["team"]},
        {"compare": "none"},
        {"period": "2017-Q1"},
        {"filters": {"ownerIds": ["ada"]}},
        {"title": "Another"},
        {"fresh": True},
    ):
        assert ask(one, **{**asked, **different}) != first
    assert ask(other, **asked) != first
    again = person(one.id).post("/v1/reports", asked, cache_control="no-cache")
    assert (again.status, again.body["jobId"] != first) == (202, True)
    clock.advance(minutes=15)
    assert ask(one, **asked) != first, "a quarter of an hour is over"


def test_another_day_is_another_report(
    company: Callable[..., Company], ask: Callable[..., str], carry: Callable[..., Any], clock: FixedClock
) -> None:
    one = company(timeZone="Pacific/Auckland")
    # Ten minutes before midnight there.
    now = clock.now()
    clock.advance((10 + 24 - now.hour) % 24 * 3600 - now.minute * 60 - now.second + 50 * 60)
    first = ask(one, report="sales", period="this-year", formats=[])
    carry(one, first)
    assert ask(one, status=200, report="sales", period="this-year", formats=[]) == first
    clock.advance(minutes=11)
    assert ask(one, report="sales", period="this-year", formats=[]) != first


def test_a_request_that_is_repeated_gets_its_own_job(
    company: Callable[..., Company],
    ask: Callable[..., str],
    carry: Callable[..., Any],
    person: Callable[..., Person],
) -> None:
    one = company()
    who = person(one.id)
    asked = {"report": "sales", "period": "2017", "formats": []}
    first = who.post("/v1/reports", asked, idempotency_key="k-1")
    assert first.status == 202
    again = who.post("/v1/reports", asked, idempotency_key="k-1")
    assert again.body["jobId"] == first.body["jobId"]
    carry(one, first.body["jobId"])
    made = who.post("/v1/reports", asked, idempotency_key="k-1")
    assert (made.status, made.body["jobId"]) == (200, first.body["jobId"])
    assert who.post("/v1/reports", {**asked, "by": ["team"]}, idempotency_key="k-1").status == 422
    newer = who.post("/v1/reports", {**asked, "fresh": True}, idempotency_key="k-2")
    carry(one, newer.body["jobId"])
    assert who.post("/v1/reports", asked, idempotency_key="k-1").body["jobId"] == first.body["jobId"]


def test_a_failed_or_cancelled_one_is_no_answer(
    company: Callable[..., Company],
    ask: Callable[..., str],
    carry: Callable[..., Any],
    person: Callable[..., Person],
) -> None:
    one = company()
    first = ask(one, report="sales", period="2017", formats=[])
    person(one.id).post(f"/v1/jobs/{first}:cancel")
    carry(one, first)
    assert ask(one, report="sales", period="2017", formats=[]) != first


def test_a_report_that_is_made_is_kept_in_the_cache_and_has_an_etag(
    company: Callable[..., Company], make: Callable[..., Any], person: Callable[..., Person], container: Any
) -> None:
    one, other = company(), company()
    one.deal()
    job_id = make(one, report="sales", period="2017")["jobId"]
    who = person(one.id)
    first = who.get(f"/v1/reports/{job_id}")
    assert (
        who.call("GET", f"/v1/reports/{job_id}", headers={"If-None-Match": first.headers["etag"]}).status
        == 304
    )
    # What is in the cache is read from nowhere else, and by nobody of another company.
    for entry in (
        boto3.client("s3").list_objects_v2(Bucket=container.settings.reports_bucket).get("Contents", ())
    ):
        boto3.client("s3").delete_object(Bucket=container.settings.reports_bucket, Key=entry["Key"])
    assert who.get(f"/v1/reports/{job_id}").text == first.text
    assert person(one.id, user="rep", roles=("sales-rep",)).get(f"/v1/reports/{job_id}").status == 403
    assert person(other.id).get(f"/v1/reports/{job_id}").status == 404
