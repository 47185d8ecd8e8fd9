"""Tenants of every isolation model come by the API, their people work, and they leave with nothing but a report."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from secrets import token_hex
from typing import Any

import httpx
import pytest
from deployed_stack import MODELS, Deployment, Member, eventually
from stand_in import set_password

from zebros_core.tenancy.context import IsolationName
from zebros_core.tenancy.registry import Tenant

pytestmark = pytest.mark.integration

PASSWORD = "correct horse battery"
CUSTOMERS = 3
# Offboarding waits for a minute, and for 20 s between passes: long enough for every container to know. At this scale
# that is a little more than the 30 s that the registry is stale for at most.
WAIT_SCALE = 0.55
PATIENCE_SECONDS = 150.0
SHARED = (
    *("users", "auth-lookup", "audit"),
    *("customers", "contacts", "documents", "customers-lookup"),
    *("leads", "products", "opportunities", "pipeline-lookup"),
    *("activities", "activities-lookup"),
    *("sync-log", "sync-states"),
)
KEPT = {"customers": CUSTOMERS, "opportunities": 1, "activities": 1}
"""What each company has when it leaves, beside its one person."""
SERVICE_OF = {"customers": "customers", "opportunities": "pipeline", "activities": "activities"}


@dataclass
class Company:
    """A tenant that was onboarded by the API."""

    id: str
    isolation: IsolationName
    onboarded_seconds: float
    admin: Member
    customers: list[str] = field(default_factory=list)
    deal: str = ""


@pytest.fixture(scope="module")
def platform(deployment: Deployment) -> Member:
    """An administrator of the platform."""
    token = deployment.identity.mint(sub="ops-1", roles=["platform-admin"], omit=["tenant_id"])
    return Member(Tenant("nobody", "Nobody"), "ops-1", token, deployment.http)


@pytest.fixture(scope="module", autouse=True)
def _shorter_waits(deployment: Deployment) -> Iterator[None]:
    url = f"{deployment.state.endpoint}/_ministack/config"
    httpx.post(url, json={"stepfunctions._SFN_WAIT_SCALE": WAIT_SCALE})
    yield
    httpx.post(url, json={"stepfunctions._SFN_WAIT_SCALE": 1})


def mails(deployment: Deployment, address: str) -> list[dict[str, Any]]:
    accounts = httpx.get(f"{deployment.state.endpoint}/_ministack/ses/messages").json()["messages"]
    return [mail for sent in accounts.values() for mail in sent if address in mail["To"]]


def onboard(deployment: Deployment, platform: Member, model: IsolationName) -> Company:
    """Onboard a tenant and sign its first administrator in by the link of the invitation."""
    id = f"{model}{token_hex(4)}"
    email = f"ada@{id}.example"
    admin = {"email": email, "name": "Ada Admin", "language": "de"}
    settings = {"requestsPerSecond": 10_000, "requestBurst": 10_000}
    begun = time.monotonic()
    platform.ask(
        "POST",
        "/v1/tenants",
        {"id": id, "name": f"A {model} company", "isolation": model, "settings": settings, "admin": admin},
    )

    def ended() -> dict[str, Any] | None:
        tenant = platform.ask("GET", f"/v1/tenants/{id}")
        return None if tenant["status"] == "onboarding" else tenant

    tenant = eventually(ended, seconds=PATIENCE_SECONDS)
    seconds = time.monotonic() - begun
    assert tenant["status"] == "active", tenant["operation"]

    welcome, links = [], []
    for mail in mails(deployment, email):
        link = re.search(r"http\S+action-token\S+", mail["BodyText"])
        (links if link else welcome).append(unescape(link[0]) if link else mail["Subject"])
    assert (len(links), len(welcome)) == (1, 1)
    set_password(links[0], PASSWORD)
    token = deployment.identity.sign_in(email, PASSWORD).access
    member = Member(Tenant(id, tenant["name"], model), email, token, deployment.http)
    company = Company(id, model, seconds, member)
    company.customers = [
        member.customer(f"Customer {number} of {id}")["customerId"] for number in range(CUSTOMERS)
    ]
    deal = {"title": f"Deal of {id}", "customerId": company.customers[0]}
    company.deal = member.ask("POST", "/v1/opportunities", deal)["opportunityId"]
    call = {"type": "call", "subject": "Ring", "relatedType": "opportunity", "relatedId": company.deal}
    member.ask("POST", "/v1/activities", call)
    return company


@pytest.fixture(scope="module")
def companies(deployment: Deployment, platform: Member) -> dict[str, tuple[Company, Company]]:
    """Two companies of each model: the one that leaves, and its neighbour."""
    found = {
        model: (onboard(deployment, platform, model), onboard(deployment, platform, model))
        for model in MODELS
    }
    for model, pair in found.items():
        print(f"onboarding, {model}: {', '.join(f'{each.onboarded_seconds:.1f} s' for each in pair)}")  # noqa: T201
    return found


def rows(deployment: Deployment, table: str, tenant_id: str) -> int:
    """Count the items of a tenant in a shared table."""
    pages = deployment.aws("dynamodb").get_paginator("scan").paginate(TableName=f"zebros-local-{table}")
    return sum(item.get("tenantId", {}).get("S") == tenant_id for page in pages for item in page["Items"])


def own_tables(deployment: Deployment, tenant_id: str) -> list[str]:
    pages = deployment.aws("dynamodb").get_paginator("list_tables").paginate()
    prefix = f"zebros-local-t-{tenant_id}-"
    return [
        name.removeprefix(prefix) for page in pages for name in page["TableNames"] if name.startswith(prefix)
    ]


@pytest.mark.parametrize("model", MODELS)
def test_the_first_admin_of_a_new_tenant_works_with_its_records_and_nobody_elses(
    deployment: Deployment, companies: dict[str, tuple[Company, Company]], model: str
) -> None:
    home, neighbour = companies[model]
    me = home.admin.ask("GET", "/v1/me")
    assert (me["email"], me["role"], me["tenant"]["tenantId"]) == (home.admin.user, "tenant-admin", home.id)
    listed = home.admin.ask("GET", "/v1/customers")["items"]
    assert {item["customerId"] for item in listed} == set(home.customers)
    assert home.admin.get(f"/v1/customers/{neighbour.customers[0]}").status_code == 404
    assert bool(own_tables(deployment, home.id)) == (model == "silo")


def test_tenants_are_listed_page_by_page(
    platform: Member, companies: dict[str, tuple[Company, Company]]
) -> None:
    found: list[str] = []
    params = {"status": "active", "limit": "2"}
    while True:
        page = platform.ask("GET", "/v1/tenants", params=params)
        found += [tenant["id"] for tenant in page["items"]]
        if page["nextCursor"] is None:
            break
        params["cursor"] = page["nextCursor"]
    assert len(found) == len(set(found))
    assert {company.id for pair in companies.values() for company in pair} <= set(found)


def test_a_suspended_tenant_is_refused_within_30_seconds_and_its_neighbour_is_not(
    platform: Member, companies: dict[str, tuple[Company, Company]]
) -> None:
    home, neighbour = companies["pool"]
    platform.ask("POST", f"/v1/tenants/{home.id}:suspend", {"reason": "a test"})
    refused = eventually(
        lambda: next((answer for answer in [home.admin.get("/v1/customers")] if not answer.is_success), None),
        seconds=32,
    )
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (403, "tenant_suspended")
    assert neighbour.admin.get("/v1/customers").status_code == 200
    platform.ask("POST", f"/v1/tenants/{home.id}:activate")
    eventually(lambda: home.admin.get("/v1/customers").is_success, seconds=32)


def test_tenants_leave_with_everything_and_their_neighbours_keep_everything(
    deployment: Deployment, platform: Member, companies: dict[str, tuple[Company, Company]]
) -> None:
    """One of each model at once, since each waits for a while."""
    begun = time.monotonic()
    for home, _ in companies.values():
        etag = platform.get(f"/v1/tenants/{home.id}").headers["etag"]
        accepted = platform.send("DELETE", f"/v1/tenants/{home.id}", headers={"if-match": etag})
        assert accepted.status_code == 202, accepted.text

    def ended(id: str) -> dict[str, Any] | None:
        tenant = platform.ask("GET", f"/v1/tenants/{id}")
        return None if tenant["status"] == "offboarding" else tenant

    for model, (home, neighbour) in companies.items():
        tenant = eventually(lambda id=home.id: ended(id), seconds=PATIENCE_SECONDS)
        assert tenant["status"] == "offboarded", tenant["operation"]
        print(f"offboarding, {model}: {time.monotonic() - begun:.0f} s, {tenant['report']}")  # noqa: T201
        report = tenant["report"]
        for part in ("exported", "services"):
            for table, count in KEPT.items():
                assert report[part][SERVICE_OF[table]]["tables"][table] == count
            assert report[part]["auth"]["tables"]["users"] == 1
        assert (report["people"], report["clients"]) == (1, 0)
        assert report["removedTables"] == (
            len(own_tables(deployment, neighbour.id)) if model == "silo" else 0
        )
        bucket, _, prefix = report["export"].removeprefix("s3://").partition("/")
        found = deployment.aws("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
        for table, service in SERVICE_OF.items():
            assert any(f"/{service}/{table}-" in item["Key"] for item in found)

        assert not own_tables(deployment, home.id)
        left = {table: count for table in SHARED if (count := rows(deployment, table, home.id))}
        assert not left, f"{model}: {left}"
        refused = home.admin.get("/v1/customers")
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (403, "tenant_offboarded")

        still = neighbour.admin.ask("GET", "/v1/customers")["items"]
        assert {item["customerId"] for item in still} == set(neighbour.customers)
        assert neighbour.admin.get(f"/v1/opportunities/{neighbour.deal}").status_code == 200
        assert len(neighbour.admin.ask("GET", "/v1/activities")["items"]) == 1
        assert neighbour.admin.ask("GET", "/v1/me")["email"] == neighbour.admin.user


def test_an_id_that_left_is_not_given_again(
    platform: Member, companies: dict[str, tuple[Company, Company]]
) -> None:
    home, _ = companies["pool"]
    draft = {
        "id": home.id,
        "name": "Again",
        "isolation": "pool",
        "admin": {"email": f"new@{home.id}.example", "name": "New"},
    }
    refused = platform.send("POST", "/v1/tenants", draft)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "/id")
