"""Totals: what one tenant has, and what one team or person of it, holds nothing of anybody else's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from in_process import InProcessService
from port import MODELS, Call, Caller, Model, Service

pytestmark = pytest.mark.isolation

LONG_AGO = (datetime.now(UTC) - timedelta(days=45)).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Seller:
    """Somebody with a deal and a customer of their own. Amounts are such that any two add up to another sum."""

    name: str
    team: str
    amount: int


# The same teams in both tenants: their names are nobody's in particular.
ONE = (Seller("carl", "north", 1_000), Seller("tina", "north", 200), Seller("olga", "south", 30))
TWO = (Seller("nora", "north", 4_000_000), Seller("sven", "south", 50_000_000))


@dataclass(frozen=True)
class Company:
    """A tenant whose totals have followed."""

    service: Service
    tenant: str
    sellers: tuple[Seller, ...]

    def caller(self, seller: Seller, role: str) -> Caller:
        return Caller(self.tenant, f"{seller.name}-{self.tenant}", (role,), seller.team)

    def ask(self, caller: Caller, path: str, **query: str) -> Any:
        answer = self.service.call(caller, Call("GET", path, query=query))
        assert answer.status == 200, f"{path}: {answer.status} {answer.text}"
        return answer.body

    def refused(self, caller: Caller, path: str, **query: str) -> bool:
        return self.service.call(caller, Call("GET", path, query=query)).status == 403


def company(service: Service, model: Model, sellers: tuple[Seller, ...]) -> Company:
    made = Company(service, service.register(model), sellers)
    for seller in sellers:
        caller = service.enrol(made.caller(seller, "tenant-admin"))
        month = "2027-03-15"
        for path, body in (
            ("customers", {"companyName": f"Customer of {seller.name}"}),
            ("opportunities", {"title": "Deal", "value": seller.amount, "expectedCloseDate": month}),
            ("activities", {"type": "call", "subject": "Call", "scheduledAt": LONG_AGO}),
        ):
            owned = {**body, "ownerId": f"{seller.name}-{made.tenant}", "teamId": seller.team}
            answer = service.call(caller, Call("POST", f"/v1/{path}", owned))
            assert answer.status == 201, answer.text
    return made


@pytest.fixture(scope="module", params=MODELS)
def companies(request: pytest.FixtureRequest, service: Service) -> tuple[Company, Company]:
    """Two companies of one model."""
    made = company(service, request.param, ONE), company(service, request.param, TWO)
    for one in made:
        service.settle(one.tenant)
    return made


def views(company: Company) -> list[tuple[Caller, dict[str, str], tuple[Seller, ...]]]:
    """Give who asks, with which view, and whose records that are."""
    first = company.sellers[0]
    team = tuple(seller for seller in company.sellers if seller.team == first.team)
    last = company.sellers[-1]
    return [
        (company.caller(first, "tenant-admin"), {}, company.sellers),
        (company.caller(first, "sales-manager"), {"view": "all"}, company.sellers),
        (company.caller(first, "viewer"), {"view": "team"}, team),
        (company.caller(first, "sales-rep"), {}, team),
        (company.caller(first, "sales-rep"), {"view": "own"}, (first,)),
        # After the others, with the same queries: an answer that is kept for somebody is not everybody's.
        (company.caller(last, "sales-rep"), {}, (last,)),
        (company.caller(last, "sales-rep"), {"view": "own"}, (last,)),
    ]


def test_the_value_of_the_pipeline_is_that_of_the_view(companies: tuple[Company, Company]) -> None:
    for company in companies:
        for caller, query, sellers in views(company):
            summary = company.ask(caller, "/v1/pipeline/value", **query)["summary"]
            assert summary["openCount"] == len(sellers), (caller, query)
            assert summary["open"]["sum"] == sum(seller.amount for seller in sellers), (caller, query)


def test_groups_are_those_of_the_view(companies: tuple[Company, Company]) -> None:
    for company in companies:
        for caller, query, sellers in views(company):
            if query.get("view") == "own" or caller.user.startswith(company.sellers[-1].name):
                continue
            value = company.ask(caller, "/v1/pipeline/value", groupBy="owner", **query)
            shown = {
                group["id"]: sum(stage["count"] for stage in group["stages"]) for group in value["groups"]
            }
            assert shown == {f"{seller.name}-{company.tenant}": 1 for seller in sellers}, (caller, query)
        admin = company.caller(company.sellers[0], "tenant-admin")
        value = company.ask(admin, "/v1/pipeline/value", groupBy="team")
        assert {group["id"] for group in value["groups"]} == {seller.team for seller in company.sellers}


def test_the_forecast_is_that_of_the_view(companies: tuple[Company, Company]) -> None:
    for company in companies:
        for caller, query, sellers in views(company):
            span = {"from": "2027-01", "to": "2027-12"}
            forecast = company.ask(caller, "/v1/pipeline/forecast", **span, **query)
            found = [
                value["sum"]
                for month in forecast["months"]
                for category in month["categories"]
                for value in category["values"]
            ]
            assert sum(found) == sum(seller.amount for seller in sellers), (caller, query)


def test_the_dashboard_is_that_of_the_view(companies: tuple[Company, Company]) -> None:
    for company in companies:
        for caller, query, sellers in views(company):
            dashboard = company.ask(caller, "/v1/dashboard", **query)
            amounts = [value["sum"] for stage in dashboard["pipelineByStage"] for value in stage["values"]]
            assert sum(amounts) == sum(seller.amount for seller in sellers), (caller, query)
            assert dashboard["newCustomers"]["last30Days"] == len(sellers), (caller, query)
            assert dashboard["overdueActivities"]["over30"] == len(sellers), (caller, query)


def test_a_view_that_is_wider_than_allowed_is_refused(companies: tuple[Company, Company]) -> None:
    for company in companies:
        rep = company.caller(company.sellers[0], "sales-rep")
        nobody = Caller(company.tenant, f"nobody-{company.tenant}", ("none",), "north")
        for path in ("/v1/pipeline/value", "/v1/pipeline/forecast", "/v1/dashboard"):
            # Asked for before as well by those who may: an answer that is kept is given to nobody else.
            assert company.refused(rep, path, view="all"), path
            for view in ("all", "team", "own"):
                assert company.refused(nobody, path, view=view), path


def test_totals_are_verified_against_the_tenants_own_records(companies: tuple[Company, Company]) -> None:
    for company in companies:
        admin = company.caller(company.sellers[0], "tenant-admin")
        answer = company.service.call(admin, Call("POST", "/v1/pipeline/totals:verify", {}))
        assert answer.status == 200, answer.text
        run = answer.body
        assert (run["done"], run["differing"], run["checked"]) == (True, 0, 3 * len(company.sellers)), run


@pytest.mark.parametrize("path", ["/v1/pipeline/totals:verify", "/v1/pipeline/totals:rebuild"])
def test_a_run_of_another_tenant_cannot_be_carried_on(in_process: InProcessService, path: str) -> None:
    one, two = (Caller(in_process.register("pool"), user="ada") for _ in range(2))
    in_process.call(one, Call("POST", "/v1/opportunities", {"title": "Deal", "value": 1}))
    # What it finds to differ, since no event has been handed on, it looks at again later: the run stays open.
    begun = in_process.call(one, Call("POST", "/v1/pipeline/totals:verify", {})).body
    assert not begun["done"] and begun["nextCursor"], begun
    before = in_process.rows(one.tenant)
    answer = in_process.call(two, Call("POST", path, {"cursor": begun["nextCursor"]}))
    assert answer.status == 400, answer.text
    assert in_process.rows(one.tenant) == before
