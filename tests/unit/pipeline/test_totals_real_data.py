"""The totals of a real sales team's 8,800 opportunities, to the unit, where that data set is at hand."""

from __future__ import annotations

import csv
import random
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from totals_in_memory import InMemoryTotals

from zebros_pipeline.domain.contribution import EVERYBODY, By, Kind, contribution_of
from zebros_pipeline.domain.currencies import CurrencySettings
from zebros_pipeline.domain.forecast import forecast, months_between
from zebros_pipeline.domain.generations import Change, RecordKey
from zebros_pipeline.domain.stages import ForecastCategory, Stage, StageKind, StageSettings
from zebros_pipeline.domain.totals import pipeline_value
from zebros_pipeline.use_cases.count_change import count_changes

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "crm-sales-opportunities"

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason=f"the data set is not there: {FOLDER.name}")

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
DOLLARS = CurrencySettings(base_currency="USD")
STAGES = StageSettings(
    stages=tuple(
        Stage(key=key, name=key.title(), kind=kind, probability=probability, forecast_category=category)
        for key, kind, probability, category in (
            ("prospecting", StageKind.OPEN, 10, ForecastCategory.PIPELINE),
            ("engaging", StageKind.OPEN, 30, ForecastCategory.BEST_CASE),
            ("won", StageKind.WON, 100, ForecastCategory.CLOSED),
            ("lost", StageKind.LOST, 0, ForecastCategory.OMITTED),
        )
    )
)


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def totals() -> InMemoryTotals:
    """The totals after every deal was made, then closed; events shuffled, and some of them doubled."""
    offices = {row["sales_agent"]: row["regional_office"] for row in _rows("sales_teams.csv")}
    changes: list[Change] = []
    for row in _rows("sales_pipeline.csv"):
        deal = {
            "stage": "engaging",
            "outcome": "open",
            "value": None,
            "currency": "USD",
            "ownerId": row["sales_agent"],
            "teamId": offices[row["sales_agent"]],
        }
        key = RecordKey("opportunity", row["opportunity_id"])
        changes.append(Change(key, 1, contribution_of("opportunity", deal, UTC)))
        stage = row["deal_stage"].lower()
        closed: dict[str, Any] = {
            "outcome": stage,
            "value": int(row["close_value"] or 0),
            "closeDate": row["close_date"],
        }
        deal |= {"stage": stage, **(closed if stage in ("won", "lost") else {})}
        changes.append(Change(key, 2, contribution_of("opportunity", deal, UTC)))
    dice = random.Random(1)
    changes += dice.sample(changes, 2_000)
    dice.shuffle(changes)
    made = InMemoryTotals()
    for start in range(0, len(changes), 100):
        count_changes(made, changes[start : start + 100])
    return made


def test_stages_win_rate_and_value_are_those_of_the_data(totals: InMemoryTotals) -> None:
    found = pipeline_value(totals.group(1, Kind.VALUE, EVERYBODY), STAGES, DOLLARS)
    counts = {stage.key: stage.figures.count for stage in found.stages}
    assert counts == {"prospecting": 500, "engaging": 1_589, "won": 4_238, "lost": 2_473}
    assert found.summary.won == 10_005_534
    assert f"{found.summary.win_rate:.2%}" == "63.15%"


def test_months_are_those_of_the_data(totals: InMemoryTotals) -> None:
    found = forecast(
        totals.group(1, Kind.MONTH, EVERYBODY), months_between("2017-01", "2017-12"), STAGES, DOLLARS
    )
    won = {
        month.month: int(figures.values["USD"].sum)
        for month in found.months
        if (figures := month.categories.get(ForecastCategory.CLOSED)) is not None
    }
    assert won == WON_BY_MONTH
    assert sum(figures.count for figures in found.undated.values()) == 2_089


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (By.TEAM, {"West": 3_568_647, "Central": 3_346_293, "East": 3_090_594}),
        (By.OWNER, {"Darcel Schlecht": 1_153_214}),
    ],
)
def test_offices_and_the_best_agent_are_those_of_the_data(
    totals: InMemoryTotals, by: By, expected: dict[str, int]
) -> None:
    found = pipeline_value(totals.groups(1, Kind.VALUE, by), STAGES, DOLLARS, grouped=True)
    won = {
        str(group.id): int(stage.figures.values["USD"].sum)
        for group in found.groups
        for stage in group.stages
        if stage.key == "won"
    }
    assert {id: won[id] for id in expected} == expected
    assert max(won, key=lambda id: won[id]) in expected and sum(won.values()) == 10_005_534
