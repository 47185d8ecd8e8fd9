"""The stages and currencies that a tenant sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import Person

STAGES = "/v1/pipeline/stages"
CURRENCIES = "/v1/pipeline/currencies"


def stage(key: str, kind: str = "open", **facts: Any) -> dict[str, Any]:
    usual = {
        "open": {"probability": 20, "forecastCategory": "pipeline"},
        "won": {"probability": 100, "forecastCategory": "closed"},
        "lost": {"probability": 0, "forecastCategory": "omitted"},
    }
    return {"key": key, "name": key.title(), "kind": kind, **usual[kind], **facts}


def engaging(*more: dict[str, Any]) -> dict[str, Any]:
    return {"stages": [stage("engaging"), *more, stage("won", "won"), stage("lost", "lost")]}


def test_everybody_begins_with_the_same_stages_and_sets_their_own(both: tuple[Person, Person]) -> None:
    one, other = both
    begun = one.get(STAGES)
    assert begun.status == 200 and begun.headers["etag"] == '"1"'
    assert [s["key"] for s in begun.body["stages"]] == [
        "prospecting",
        "qualification",
        "proposal",
        "negotiation",
        "won",
        "lost",
    ]
    stored = one.put(STAGES, engaging(stage("demo", probability=60)), if_match='"1"')
    assert stored.status == 200 and stored.headers["etag"] == '"2"', stored.text
    assert one.get(STAGES).body == stored.body
    assert len(other.get(STAGES).body["stages"]) == 6
    assert one.post("/v1/opportunities", {"title": "x"}).body["stage"] == "engaging"
    assert one.post("/v1/opportunities", {"title": "x", "stage": "proposal"}).status == 422


def test_setting_needs_the_version_that_was_read_and_the_right(
    admin: Person, person: Callable[..., Person]
) -> None:
    assert admin.put(STAGES, engaging()).status == 428
    assert admin.put(STAGES, engaging(), if_match='"3"').status == 412
    admin.put(STAGES, engaging(), if_match='"1"')
    assert admin.put(STAGES, engaging(stage("demo")), if_match='"1"').status == 412
    assert admin.put(STAGES, engaging(), if_match='"2"').headers["etag"] == '"2"', "nothing changed"
    manager = person(user="m", roles=("sales-manager",))
    assert manager.get(STAGES).status == 200
    assert manager.put(STAGES, engaging(), if_match='"2"').status == 403


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"stages": [stage("a"), stage("won", "won"), stage("b")]}, "", "stage_kind_missing"),
        (engaging(stage("engaging", name="Other")), "", "stage_twice"),
        (engaging(stage("demo", name="ENGAGING")), "", "stage_twice"),
        (engaging(stage("demo", probability=101)), "/stages/1/probability", "less_than_equal"),
        (engaging(stage("Demo")), "/stages/1/key", "string_pattern_mismatch"),
        (engaging(stage("demo", forecastCategory="closed")), "/stages/1", "stage_category"),
        (engaging(stage("bad", "lost", probability=5)), "/stages/1", "stage_probability"),
        (engaging(stage("demo", kind="open", colour="red")), "/stages/1/colour", "extra_forbidden"),
    ],
)
def test_stages_that_make_no_pipeline_are_refused(
    admin: Person, body: dict[str, Any], field: str, code: str
) -> None:
    answer = admin.put(STAGES, body, if_match='"1"')
    assert answer.status == 422
    assert (answer.body["errors"][0]["field"], answer.body["errors"][0]["code"]) == (field, code)


def test_a_stage_in_use_neither_goes_nor_changes_its_meaning(admin: Person) -> None:
    made = admin.post("/v1/opportunities", {"title": "x", "stage": "proposal"}).headers["location"]
    gone = admin.put(STAGES, engaging(), if_match='"1"')
    assert (
        gone.status == 409
        and gone.body["type"].endswith("/stage-in-use")
        and "proposal" in gone.body["detail"]
    )
    kept = engaging(stage("proposal", "won"))
    assert admin.put(STAGES, kept, if_match='"1"').status == 409
    renamed = engaging(stage("proposal", name="Offer", probability=55))
    assert admin.put(STAGES, renamed, if_match='"1"').status == 200
    admin.post(f"{made}/move", {"stage": "engaging"})
    assert admin.put(STAGES, engaging(), if_match='"2"').status == 200


def test_currencies_begin_with_the_registered_one_and_take_rates(
    person: Callable[..., Person], tenant: Callable[..., str]
) -> None:
    swiss = person(tenant(currency="CHF"))
    begun = swiss.get(CURRENCIES)
    assert begun.body == {"baseCurrency": "CHF", "rates": {}, "version": 1}
    stored = swiss.put(CURRENCIES, {"baseCurrency": "EUR", "rates": {"CHF": 1.0581}}, if_match='"1"')
    assert (
        stored.status == 200 and stored.body["rates"] == {"CHF": 1.0581} and stored.headers["etag"] == '"2"'
    )
    assert swiss.put(CURRENCIES, {"baseCurrency": "EUR"}, if_match='"1"').status == 412
    assert swiss.put(CURRENCIES, {"baseCurrency": "EUR"}).status == 428
    assert swiss.get(CURRENCIES).body == stored.body


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"baseCurrency": "EURO"}, "/baseCurrency", "string_too_long"),
        ({"baseCurrency": "XXX"}, "/baseCurrency", "currency"),
        ({"baseCurrency": "eur"}, "/baseCurrency", "currency"),
        ({"baseCurrency": "EUR", "rates": {"DEM": 0.5}}, "/rates/DEM/[key]", "currency"),
        ({"baseCurrency": "EUR", "rates": {"USD": 0}}, "/rates/USD", "greater_than"),
        ({"baseCurrency": "EUR", "rates": {"USD": "0.9"}}, "/rates/USD", "number"),
        ({"baseCurrency": "EUR", "rates": {"EUR": 1}}, "", "rate_of_base"),
    ],
)
def test_currencies_that_are_none_and_rates_that_convert_nothing_are_refused(
    admin: Person, body: dict[str, Any], field: str, code: str
) -> None:
    answer = admin.put(CURRENCIES, body, if_match='"1"')
    assert answer.status == 422
    assert (answer.body["errors"][0]["field"], answer.body["errors"][0]["code"]) == (field, code)
