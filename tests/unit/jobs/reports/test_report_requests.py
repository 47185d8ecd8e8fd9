"""What can be asked of a report, and what is refused with the field that is at fault."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError as PydanticError

from zebros_core.errors import ValidationError
from zebros_jobs.domain.reports.request import ReportKind, ReportParameters, ReportRequest

TODAY = date(2026, 11, 28)


def asked(**fields: Any) -> ReportRequest:
    return ReportRequest.model_validate({"report": "sales", "period": "2017", **fields})


@pytest.mark.parametrize(
    ("report", "split"),
    [
        ("sales", ("month",)),
        ("activities", ("owner",)),
        ("acquisition", ("month",)),
        ("conversion", ("source",)),
    ],
)
def test_a_report_is_split_by_something_usual(report: str, split: tuple[str, ...]) -> None:
    assert asked(report=report).split == split
    assert asked(report=report, by=[]).split == ()


def test_time_comes_first() -> None:
    both = asked(by=["team", "week"])
    assert (both.split, both.grain, both.dimension) == (("week", "team"), "week", "team")


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"by": ["month", "year"]}, ("/by", "too_many")),
        ({"by": ["team", "owner"]}, ("/by", "too_many")),
        ({"by": ["type"]}, ("/by", "not_of_this_report")),
        ({"report": "activities", "by": ["source"]}, ("/by", "not_of_this_report")),
        (
            {"report": "conversion", "filters": {"currencies": ["EUR"]}},
            ("/filters/currencies", "not_of_this_report"),
        ),
        ({"formats": ["pdf", "pdf"]}, ("/formats", "repeated")),
        ({"period": "2000-01-01/2019-12-31", "by": ["day"]}, ("/by", "too_many_steps")),
        ({"period": "2000-01-01/2019-12-31", "by": ["week"]}, ("/by", "too_many_steps")),
        ({"period": "soon"}, ("/period", "unknown_period")),
    ],
)
def test_what_does_not_go_together_is_refused(fields: dict[str, Any], fault: tuple[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        asked(**fields).check(TODAY)
    assert fault in [(each.field, each.code) for each in refused.value.fields]


@pytest.mark.parametrize(
    "fields",
    [
        {"report": "profits"},
        {"by": ["moon"]},
        {"by": ["month", "team", "owner"]},
        {"period": "x" * 31},
        {"filters": {"ownerIds": ["a b"]}},
        {"filters": {"currencies": ["XXX"]}},
        {"filters": {"currencies": ["eur"]}},
        {"filters": {"teamIds": [f"team-{n}" for n in range(51)]}},
        {"filters": {"stage": ["won"]}},
        {"regionField": "address.street"},
        {"regionField": "custom.region'; DROP TABLE opportunities; --"},
        {"formats": ["docx"]},
        {"compare": "tomorrow"},
        {"sql": "SELECT 1"},
        {"title": "x" * 81},
    ],
)
def test_what_no_report_has_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(PydanticError):
        asked(**fields)


def test_a_split_that_there_is_not_is_one_fault_that_names_those_there_are() -> None:
    with pytest.raises(PydanticError) as refused:
        asked(by=["month", "moon"])
    (fault,) = refused.value.errors()
    assert fault["loc"] == ("by", 1)
    assert "month" in fault["msg"]
    assert "owner" in fault["msg"]


@pytest.mark.parametrize("report", ReportKind)
@pytest.mark.parametrize("by", ["owner", "team", "region", "product", "industry"])
def test_every_report_is_split_by_whose_where_and_what(report: ReportKind, by: str) -> None:
    asked(report=report, by=[by]).check(TODAY)
    asked(report=report, by=["month", by], regionField="custom.area").check(TODAY)
    asked(report=report, filters={"productIds": ["01JC8Z4T5V6W7X8Y9ZABCDEFGH"]}).check(TODAY)


def parameters(**fields: Any) -> ReportParameters:
    return ReportParameters.model_validate({"report": "sales", "period": "2026-10", "today": TODAY, **fields})


def test_two_requests_of_a_day_are_the_same_if_they_show_the_same() -> None:
    one = parameters().sameness()
    assert parameters(period="last-month").sameness() == one
    assert parameters(by=["month"], formats=["csv"], recipients=["ada"]).sameness() == one
    others = [
        parameters(by=["team"]),
        parameters(period="2026-10-01/2026-10-30"),
        parameters(compare="none"),
        parameters(compare="previousYear"),
        parameters(filters={"teamIds": ["north"]}),
        parameters(regionField="address.city"),
        parameters(report="acquisition"),
        parameters(title="For the board"),
        parameters(today=date(2026, 11, 29)),
    ]
    assert len({one, *(each.sameness() for each in others)}) == len(others) + 1
