"""What one record adds to the totals, and what is no record."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, Inexact
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from zebros_core.currencies import minor_digits
from zebros_core.errors import ZebrosError
from zebros_core.messaging import EntityChanged, MalformedMessageError, Operation
from zebros_pipeline.domain.contribution import (
    EXACT,
    NOTHING,
    Amount,
    By,
    Kind,
    contribution_of,
    difference,
    exact_sum,
    local_day,
)
from zebros_pipeline.domain.currencies import CurrencySettings
from zebros_pipeline.domain.totals import Tally
from zebros_pipeline.use_cases.count_change import change_of

DEAL: dict[str, Any] = {
    "stage": "proposal",
    "outcome": "open",
    "value": 250.5,
    "currency": "EUR",
    "probability": None,
    "forecastCategory": None,
    "expectedCloseDate": "2026-03-31",
    "closeDate": None,
    "ownerId": "ada",
    "teamId": "north",
}


def slots(record: dict[str, Any], kind: Kind = Kind.VALUE, by: By = By.ALL) -> dict[tuple[str, str], Decimal]:
    """What a deal adds to the counters of a kind and a kind of group."""
    return {
        (key.sort, name): number
        for share in contribution_of("opportunity", record, UTC)
        for key, name, number in share.entries()
        if (key.kind, key.by) == (kind, by)
    }


def test_a_deal_counts_for_everybody_its_owner_its_team_and_its_owner_there() -> None:
    assert slots(DEAL) == {
        ("EUR", "proposal.count"): Decimal(1),
        ("EUR", "proposal.sum"): Decimal("250.5"),
    }
    assert set(slots(DEAL, by=By.OWNER)) == {("ada#EUR", "proposal.count"), ("ada#EUR", "proposal.sum")}
    assert ("north#EUR", "proposal.sum") in slots(DEAL, by=By.TEAM)
    assert ("north#ada#EUR", "proposal.sum") in slots(DEAL, by=By.MEMBER)
    alone = {**DEAL, "teamId": None}
    assert ("-#EUR", "proposal.count") in slots(alone, by=By.TEAM) and slots(alone, by=By.MEMBER) == {}


@pytest.mark.parametrize(
    ("facts", "counter", "slot"),
    [
        ({}, "2026-03#EUR", "proposal.-"),
        ({"forecastCategory": "commit"}, "2026-03#EUR", "proposal.commit"),
        ({"expectedCloseDate": None}, "-#EUR", "proposal.-"),
        ({"stage": "won", "outcome": "won", "closeDate": "2026-01-02"}, "2026-01#EUR", "won.-"),
        ({"stage": "lost", "outcome": "lost"}, "-#EUR", "lost.-"),
    ],
)
def test_an_open_deal_is_in_its_expected_month_and_a_closed_one_in_that_of_its_close(
    facts: dict[str, Any], counter: str, slot: str
) -> None:
    assert (counter, f"{slot}.count") in slots({**DEAL, **facts}, Kind.MONTH)


def test_a_probability_of_its_own_weighs_a_deal_only_while_it_is_open() -> None:
    own = {**DEAL, "probability": 33}
    assert slots(own)["EUR", "proposal.ownWeighted"] == Decimal("82.665")
    assert slots({**own, "probability": 0})["EUR", "proposal.ownSum"] == Decimal("250.5")
    assert set(slots({**own, "stage": "won", "outcome": "won"})) == {("EUR", "won.count"), ("EUR", "won.sum")}


def test_a_deal_without_a_value_is_counted_and_adds_nothing() -> None:
    for value in (None, 0, 0.0):
        assert slots({**DEAL, "value": value, "probability": 50}) == {("EUR", "proposal.count"): Decimal(1)}


def test_a_number_of_15_digits_stays_as_it_was_written() -> None:
    assert slots({**DEAL, "value": 123456789012.345})["EUR", "proposal.sum"] == Decimal("123456789012.345")
    assert slots({**DEAL, "value": 0.1})["EUR", "proposal.sum"] == Decimal("0.1")


def test_what_did_not_change_is_no_difference() -> None:
    one = contribution_of("opportunity", DEAL, UTC)
    assert difference(one, one) == {}
    moved = difference(contribution_of("opportunity", {**DEAL, "stage": "won"}, UTC), one)
    assert len(moved) == 7, "four counters of values and three of months, each with both stages"


def test_only_open_activities_with_a_time_are_due() -> None:
    task = {"status": "open", "scheduledAt": "2026-03-31T23:30:00Z", "ownerId": "ada", "teamId": None}
    (share,) = contribution_of("activity", task, ZoneInfo("Europe/Amsterdam"))
    assert (share.kind, share.counter, share.slot) == (Kind.DUE, "2026-04", "01")
    assert share.amounts == {Amount.COUNT: Decimal(1)}
    for facts in ({"status": "completed"}, {"status": "cancelled"}, {"scheduledAt": None}):
        assert contribution_of("activity", {**task, **facts}, UTC) == NOTHING


@pytest.mark.parametrize(
    ("instant", "zone"), [("9999-12-31T23:00:00+00:00", 14), ("0001-01-01T05:00:00+00:00", -11)]
)
def test_an_instant_at_the_end_of_the_calendar_has_a_day(instant: str, zone: int) -> None:
    far = ZoneInfo("Pacific/Kiritimati" if zone > 0 else "Pacific/Pago_Pago")
    assert local_day(datetime.fromisoformat(instant), far).isoformat() == instant[:10]


def test_an_instant_without_a_zone_has_none() -> None:
    with pytest.raises(ValueError, match="zone"):
        local_day(datetime(2026, 1, 1), UTC)


def test_sums_that_cannot_be_exact_are_refused_and_not_rounded() -> None:
    with pytest.raises(Inexact):
        exact_sum([Decimal(10) ** 119, Decimal("0.01")])
    assert EXACT.prec == 120


@pytest.mark.parametrize(
    "facts",
    [
        {"stage": None, "outcome": None, "currency": None, "ownerId": None, "snapshotless": True},
        {"value": "much"},
        {"value": float("inf")},
        {"expectedCloseDate": "31.03.2026"},
    ],
)
def test_a_snapshot_that_is_none_is_a_malformed_message(facts: dict[str, Any]) -> None:
    snapshot = {} if "snapshotless" in facts else {**DEAL, **facts}
    event = EntityChanged(
        event_id="e",
        tenant_id="acme1",
        entity="opportunity",
        id="r1",
        version=1,
        operation=Operation.CREATED,
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
        snapshot=snapshot,
    )
    with pytest.raises(MalformedMessageError) as refused:
        change_of(event, UTC)
    assert isinstance(refused.value, ZebrosError)


def test_a_deleted_record_contributes_nothing_whatever_its_snapshot_says() -> None:
    event = EntityChanged(
        event_id="e",
        tenant_id="acme1",
        entity="opportunity",
        id="r1",
        version=4,
        operation=Operation.DELETED,
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
        snapshot=DEAL,
    )
    assert change_of(event, UTC).contribution == NOTHING and change_of(event, UTC).version == 4


@pytest.mark.parametrize(("currency", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("???", 2)])
def test_minor_units_are_those_of_iso_4217(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits


def test_a_tally_rounds_once_and_only_for_show() -> None:
    tally = Tally()
    for _ in range(3):
        tally.add("EUR", {Amount.COUNT: Decimal(1), Amount.SUM: Decimal("0.01")}, 50)
    figures = tally.figures(CurrencySettings(base_currency="EUR"))
    assert figures.values["EUR"].weighted == Decimal("0.02"), "0.015 to the even neighbour"
    assert tally.weighted["EUR"] == Decimal("0.015")
