"""Moves through the stages: what is allowed, what it sets, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from callers import Person

from zebros_core.clock import FixedClock
from zebros_pipeline.bootstrap import Container

PATH = "/v1/opportunities"


def create(person: Person, **facts: Any) -> str:
    person.clock.advance(seconds=1)  # so that lists by time have one order
    answer = person.post(PATH, {"title": "Instruments", **facts})
    assert answer.status == 201, answer.text
    return f"{PATH}/{answer.body['opportunityId']}"


def move(person: Person, path: str, stage: str, **facts: Any) -> Any:
    return person.post(f"{path}/move", {"stage": stage, **facts})


def fault(answer: Any) -> tuple[int, str, str]:
    return answer.status, answer.body["errors"][0]["field"], answer.body["errors"][0]["code"]


def kind(answer: Any) -> str:
    return answer.body["type"].rpartition("/")[2]


def test_winning_closes_today_where_the_tenant_is(
    person: Callable[..., Person], tenant: Callable[..., str], clock: FixedClock
) -> None:
    auckland = person(tenant(timeZone="Pacific/Auckland"))
    late = datetime(2026, 5, 31, 13, 0, tzinfo=clock.now().tzinfo)
    clock.advance((late - clock.now()).total_seconds())
    won = move(auckland, create(auckland), "won", value=990)
    assert won.status == 200, won.text
    assert won.body["outcome"] == "won" and won.body["closeDate"] == "2026-06-01" and won.body["value"] == 990


def test_a_close_date_may_be_given_and_changed_later(admin: Person) -> None:
    path = create(admin)
    assert move(admin, path, "won", closeDate="2025-12-24").body["closeDate"] == "2025-12-24"
    assert admin.patch(path, {"closeDate": "2025-12-23"}).body["closeDate"] == "2025-12-23"
    assert admin.patch(path, {"closeDate": None}).body["closeDate"] == "2025-12-23", "a closed one has one"


def test_moving_a_closed_opportunity_is_refused_until_it_is_reopened(admin: Person) -> None:
    path = create(admin, stage="won")
    for refused in (
        move(admin, path, "proposal"),
        move(admin, path, "lost", lossReason="price"),
        admin.patch(path, {"stage": "proposal"}),
    ):
        assert refused.status == 409 and kind(refused) == "opportunity-closed", refused.text
    assert move(admin, path, "won").body["version"] == 1, "there already"
    reopened = admin.post(f"{path}/reopen", {"stage": "negotiation"})
    assert reopened.status == 200 and reopened.body["outcome"] == "open"
    assert reopened.body["closeDate"] is None and reopened.body["stage"] == "negotiation"
    again = admin.post(f"{path}/reopen", {"stage": "proposal"})
    assert again.status == 409 and kind(again) == "opportunity-open"
    assert move(admin, path, "lost", lossReason="price").body["outcome"] == "lost"


def test_a_reopened_one_goes_on_in_an_open_stage_only(admin: Person) -> None:
    path = create(admin, stage="lost", lossReason="price")
    assert fault(admin.post(f"{path}/reopen", {"stage": "won"})) == (422, "/stage", "stage_not_open")
    assert fault(admin.post(f"{path}/reopen", {"stage": "nowhere"})) == (422, "/stage", "unknown_stage")
    reopened = admin.post(f"{path}/reopen", {"stage": "proposal"})
    assert reopened.body["lossReason"] is None


def test_losing_needs_a_reason_and_only_losing_has_one(admin: Person) -> None:
    path = create(admin)
    assert fault(move(admin, path, "lost")) == (422, "/lossReason", "missing")
    assert fault(move(admin, path, "won", lossReason="x")) == (422, "/lossReason", "not_lost")
    assert fault(admin.patch(path, {"lossReason": "x"})) == (422, "/lossReason", "not_lost")
    lost = move(admin, path, "lost", lossReason="price")
    assert lost.body["lossReason"] == "price" and lost.body["outcome"] == "lost"
    assert fault(admin.patch(path, {"lossReason": None})) == (422, "/lossReason", "missing")


def test_an_unknown_stage_is_told_with_those_that_there_are(admin: Person) -> None:
    answer = move(admin, create(admin), "negotiating")
    assert fault(answer) == (422, "/stage", "unknown_stage")
    assert "negotiation" in answer.body["errors"][0]["message"]


def test_an_open_one_has_no_close_date_and_is_not_of_the_closed_category(admin: Person) -> None:
    path = create(admin)
    assert fault(admin.patch(path, {"closeDate": "2026-01-01"})) == (422, "/closeDate", "not_closed")
    assert fault(admin.patch(path, {"forecastCategory": "closed"})) == (
        422,
        "/forecastCategory",
        "not_closed",
    )


def test_its_own_probability_stays_over_open_stages_and_is_settled_when_it_closes(admin: Person) -> None:
    path = create(admin, probability=35, forecastCategory="commit")
    assert move(admin, path, "proposal").body["probability"] == 35
    won = move(admin, path, "won").body
    assert won["probability"] is None and won["forecastCategory"] is None
    assert fault(admin.patch(path, {"probability": 50})) == (422, "/probability", "settled")
    assert admin.patch(path, {"probability": 100}).status == 200, "it is, anyway"


def test_each_stay_is_remembered_with_its_duration(
    admin: Person, person: Callable[..., Person], clock: FixedClock
) -> None:
    path = create(admin)
    clock.advance(hours=2)
    move(person(user="other"), path, "proposal")
    admin.patch(path, {"title": "New title"})
    clock.advance(days=1)
    move(admin, path, "won")
    clock.advance(seconds=30)
    stays = admin.get(f"{path}/stages").body["items"]
    shown = [(s["stage"], s["from"], s["durationSeconds"], s["actor"]) for s in stays]
    assert shown == [
        ("prospecting", None, 7200, "user-1"),
        ("proposal", "prospecting", 86400, "other"),
        ("won", "proposal", 30, "user-1"),
    ]
    assert stays[2]["leftAt"] is None and stays[0]["leftAt"] == stays[1]["enteredAt"]
    assert admin.get(path).body["stageEnteredAt"] == stays[2]["enteredAt"]


def test_a_lost_race_leaves_no_trace_in_the_stage_history(admin: Person, container: Container) -> None:
    path = create(admin)
    assert admin.post(f"{path}/move", {"stage": "proposal"}, if_match='"9"').status == 412
    id = path.rpartition("/")[2]
    opportunities = container.system_workspace(admin.tenant, "test").opportunities
    stale = opportunities.get(id)
    move(admin, path, "qualification")
    workspace = container.system_workspace(admin.tenant, "test")
    wanted = stale.model_copy(update={"stage": "proposal"})
    with pytest.raises(Exception, match="version is now 2"):
        workspace.opportunities.save_unique(
            wanted, previous=stale, skip_duplicates=False, extra=workspace.stage_entries.enter(wanted, stale)
        )
    assert [s["stage"] for s in admin.get(f"{path}/stages").body["items"]] == ["prospecting", "qualification"]


def test_closed_ones_are_listed_by_close_date_newest_first(
    admin: Person, person: Callable[..., Person]
) -> None:
    for title, stage, day in (
        ("a", "won", "2025-03-01"),
        ("b", "lost", "2025-04-01"),
        ("c", "won", "2025-05-01"),
    ):
        reason = {"lossReason": "price"} if stage == "lost" else {}
        create(admin, title=title, stage=stage, closeDate=day, **reason)
    create(admin, title="open")
    create(person(user="other", team="south"), title="d", stage="won", closeDate="2025-06-01")

    def titles(caller: Person = admin, **query: Any) -> list[str]:
        answer = caller.get(f"{PATH}/closed", **query)
        assert answer.status == 200, answer.text
        return [item["title"] for item in answer.body["items"]]

    assert titles() == ["d", "c", "b", "a"]
    assert titles(outcome="won") == ["d", "c", "a"] and titles(outcome="lost") == ["b"]
    assert titles(**{"from": "2025-04-01", "to": "2025-05-01"}) == ["c", "b"]
    assert titles(**{"from": "2025-05-01", "to": "2025-04-01"}) == []
    assert titles(owner="other") == ["d"] and titles(team="north") == ["c", "b", "a"]
    rep = person(user="rep-1", roles=("sales-rep",), team="south")
    assert titles(rep) == ["d"], "a team's own"
    assert admin.get(f"{PATH}/closed", **{"from": "01.02.2025"}).status == 400


def test_at_risk_are_open_ones_past_their_date_or_idle(
    admin: Person, clock: FixedClock, person: Callable[..., Person]
) -> None:
    today = clock.now().date().isoformat()
    old = create(admin, title="old", expectedCloseDate="2025-12-31")
    older = create(admin, title="older", expectedCloseDate="2025-11-30")
    create(admin, title="today", expectedCloseDate=today)
    create(admin, title="undated")
    move(admin, create(admin, title="won", expectedCloseDate="2025-01-01"), "won")

    def titles(**query: Any) -> list[str]:
        answer = admin.get(f"{PATH}/at-risk", **query)
        assert answer.status == 200, answer.text
        return [item["title"] for item in answer.body["items"]]

    assert titles() == ["older", "old"] and titles(reason="idle") == []
    clock.advance(days=31)
    admin.patch(old, {"value": 5})
    assert titles(reason="idle") == ["older", "today", "undated"]
    assert titles(reason="idle", idleDays=40) == []
    assert titles(reason="idle", owner="nobody") == []
    move(admin, older, "lost", lossReason="price")
    assert titles(reason="idle") == ["today", "undated"]
    assert person(user="rep-1", roles=("sales-rep",), team="south").get(f"{PATH}/at-risk").body["items"] == []
    assert admin.get(f"{PATH}/at-risk", reason="boring").status == 400
