"""A deal moves: what is kept of it elsewhere is level soon after, and stays so whatever happens to its customer."""

from __future__ import annotations

from typing import Any

import pytest
from deployed_stack import Deployment, Member, eventually, unique

pytestmark = pytest.mark.integration

LEVEL_SECONDS = 10.0
"""Totals are promised within five on a machine that does nothing else."""


def deal(member: Member, **fields: Any) -> dict[str, Any]:
    return member.ask("POST", "/v1/opportunities", {"title": unique("Deal"), "value": 1000, **fields})


def move(member: Member, opportunity: dict[str, Any], stage: str, **more: Any) -> dict[str, Any]:
    path = f"/v1/opportunities/{opportunity['opportunityId']}/move"
    return member.ask("POST", path, {"stage": stage, **more})


def counts(member: Member) -> dict[str, int]:
    """Return how many deals the pipeline's value counts in each stage, without the empty ones."""
    stages = member.ask("GET", "/v1/pipeline/value")["stages"]
    return {stage["stage"]: stage["count"] for stage in stages if stage["count"]}


def test_totals_and_dashboard_are_level_after_moves_and_know_one_company_only(
    home: Member, stranger: Member
) -> None:
    customer = home.customer()["customerId"]
    deals = [deal(home, customerId=customer) for _ in range(3)]
    move(home, deals[0], "negotiation")
    move(home, deals[1], "won", value=2500)
    expected = {"prospecting": 1, "negotiation": 1, "won": 1}
    eventually(lambda: counts(home) == expected, seconds=LEVEL_SECONDS)

    value = home.ask("GET", "/v1/pipeline/value")
    assert value["summary"]["openCount"] == 2
    assert value["summary"]["won"] == 2500
    assert value["summary"]["winRate"] == 1

    def dashboard() -> dict[str, Any] | None:
        shown = home.ask("GET", "/v1/dashboard")
        return shown if shown["newCustomers"]["thisMonth"] and shown["wonThisMonth"]["count"] else None

    shown = eventually(dashboard, seconds=LEVEL_SECONDS)
    assert shown["wonThisMonth"]["count"] == 1
    assert shown["newCustomers"]["thisMonth"] == 1

    assert counts(stranger) == {}
    assert stranger.ask("GET", "/v1/dashboard")["newCustomers"]["thisMonth"] == 0
    assert stranger.get(f"/v1/opportunities/{deals[0]['opportunityId']}").status_code == 404

    checked = home.ask("POST", "/v1/pipeline/totals:verify", {})
    assert (checked["differences"], checked["checked"] > 0) == ([], True)


def test_a_deals_way_through_the_stages_is_kept_with_its_durations(home: Member, stranger: Member) -> None:
    opportunity = deal(home)
    move(home, opportunity, "proposal")
    move(home, opportunity, "lost", lossReason="price")
    path = f"/v1/opportunities/{opportunity['opportunityId']}"
    assert home.send("POST", f"{path}/move", {"stage": "proposal"}).status_code == 409
    home.ask("POST", f"{path}/reopen", {"stage": "qualification"})

    def stays() -> list[dict[str, Any]] | None:
        items = home.ask("GET", f"{path}/stages")["items"]
        return items if len(items) == 4 else None

    found = {stay["stage"]: stay for stay in eventually(stays)}
    assert set(found) == {"prospecting", "proposal", "lost", "qualification"}
    assert found["qualification"]["leftAt"] is None
    assert found["proposal"]["from"] == "prospecting"
    assert stranger.get(f"{path}/stages").status_code == 404


def test_a_deal_outlives_its_customer_and_says_so_until_it_is_back(home: Member) -> None:
    customer = home.customer()["customerId"]
    path = f"/v1/opportunities/{deal(home, customerId=customer)['opportunityId']}"

    def marked() -> bool:
        return home.ask("GET", path)["customerDeleted"]

    assert not marked()
    home.ask("DELETE", f"/v1/customers/{customer}")
    eventually(marked)
    home.ask("POST", f"/v1/customers/{customer}/restore")
    eventually(lambda: not marked())


def test_a_deal_of_a_customer_that_another_company_has_is_refused(home: Member, stranger: Member) -> None:
    theirs = stranger.customer()["customerId"]
    answer = home.send("POST", "/v1/opportunities", {"title": unique("Deal"), "customerId": theirs})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("/customerId", "unknown_reference")


def test_a_silo_companys_deals_are_in_tables_of_its_own_that_are_as_the_template_says(
    deployment: Deployment, home: Member
) -> None:
    opportunity = deal(home)
    key = {"opportunityId": opportunity["opportunityId"], "customerId": "~"}
    assert deployment.item(home.tenant, "opportunities", key)["title"] == {"S": opportunity["title"]}
    assert deployment.table(home.tenant, "opportunities") == f"zebros-local-t-{home.tenant.id}-opportunities"
    stacks = ["zebros-pipeline-local", "zebros-activities-local"]
    assert deployment.silos().drift(home.tenant.id, stacks) == []
