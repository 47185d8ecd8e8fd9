"""Every call of the SDK to the pipeline service, with the request that it makes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from zebros import Client, Lead, Opportunity, Product

CALLS: list[tuple[Callable[[Client], object], str, str, Any]] = [
    (
        lambda c: c.leads.create(
            last_name="Marsh",
            company_name="Marsh Mills",
            source="fair",
            score=80,
            rating="hot",
            estimated_value=Decimal("12000.50"),
            currency="EUR",
        ),
        "POST",
        "/v1/leads",
        {
            "lastName": "Marsh",
            "companyName": "Marsh Mills",
            "source": "fair",
            "score": 80,
            "rating": "hot",
            "estimatedValue": 12000.5,
            "currency": "EUR",
        },
    ),
    (
        lambda c: list(c.leads.list(owner="u-1", status="new", sort="-createdAt", page_size=50)),
        "GET",
        "/v1/leads?owner=u-1&status=new&sort=-createdAt&limit=50",
        None,
    ),
    (
        lambda c: list(c.leads.list(team="north", source="fair", email="m@marsh.example")),
        "GET",
        "/v1/leads?team=north&source=fair&email=m%40marsh.example",
        None,
    ),
    (lambda c: c.leads.get("01JA"), "GET", "/v1/leads/01JA", None),
    (lambda c: c.leads.get_by_external_id("e/1"), "GET", "/v1/leads/by-external-id/e%2F1", None),
    (
        lambda c: c.leads.upsert("e-1", last_name="Marsh"),
        "PUT",
        "/v1/leads/by-external-id/e-1",
        {"lastName": "Marsh"},
    ),
    (lambda c: c.leads.patch("01JA", {"score": None}), "PATCH", "/v1/leads/01JA", {"score": None}),
    (
        lambda c: c.leads.replace(lead()),
        "PUT",
        "/v1/leads/01JA",
        {"lastName": "Marsh", "status": "new", "doNotContact": False, "tags": [], "custom": {}},
    ),
    (lambda c: c.leads.delete("01JA"), "DELETE", "/v1/leads/01JA", None),
    (lambda c: c.leads.restore("01JA"), "POST", "/v1/leads/01JA/restore", None),
    (lambda c: list(c.leads.history("01JA")), "GET", "/v1/leads/01JA/history", None),
    (
        lambda c: list(
            c.leads.batch([{"operation": "upsert", "externalId": "e", "data": {"lastName": "M"}}])
        ),
        "POST",
        "/v1/leads:batch",
        {"operations": [{"operation": "upsert", "externalId": "e", "data": {"lastName": "M"}}]},
    ),
    (lambda c: c.leads.convert("01JA"), "POST", "/v1/leads/01JA/convert", {}),
    (
        lambda c: c.leads.convert(
            "01JA",
            customer={"customer_id": "01JC8Z4T5V6W7X8Y9ZABCDEFGH"},
            contact={"last_name": "Marsh"},
            opportunity={"title": "Cargo bikes", "value": 10, "expected_close_date": date(2026, 12, 31)},
        ),
        "POST",
        "/v1/leads/01JA/convert",
        {
            "customer": {"customerId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH"},
            "contact": {"lastName": "Marsh"},
            "opportunity": {"title": "Cargo bikes", "value": 10, "expectedCloseDate": "2026-12-31"},
        },
    ),
    (
        lambda c: c.products.create(name="Cargo bike", series="Bikes", unit_price=4800, currency="EUR"),
        "POST",
        "/v1/products",
        {"name": "Cargo bike", "series": "Bikes", "unitPrice": 4800, "currency": "EUR"},
    ),
    (lambda c: list(c.products.list(sort="name")), "GET", "/v1/products?sort=name", None),
    (lambda c: c.products.get("01JB"), "GET", "/v1/products/01JB", None),
    (lambda c: c.products.get_by_external_id("e"), "GET", "/v1/products/by-external-id/e", None),
    (lambda c: c.products.upsert("e", name="B"), "PUT", "/v1/products/by-external-id/e", {"name": "B"}),
    (lambda c: c.products.patch("01JB", {"active": False}), "PATCH", "/v1/products/01JB", {"active": False}),
    (
        lambda c: c.products.replace(product()),
        "PUT",
        "/v1/products/01JB",
        {"name": "Cargo bike", "unitPrice": 4800, "active": True, "tags": [], "custom": {}},
    ),
    (lambda c: c.products.delete("01JB"), "DELETE", "/v1/products/01JB", None),
    (lambda c: c.products.restore("01JB"), "POST", "/v1/products/01JB/restore", None),
    (lambda c: list(c.products.history("01JB")), "GET", "/v1/products/01JB/history", None),
    (
        lambda c: list(c.products.batch([{"operation": "delete", "id": "01JC8Z4T5V6W7X8Y9ZABCDEFGH"}])),
        "POST",
        "/v1/products:batch",
        {"operations": [{"operation": "delete", "id": "01JC8Z4T5V6W7X8Y9ZABCDEFGH"}]},
    ),
    (
        lambda c: c.opportunities.create(
            title="Cargo bikes",
            customer_id="01JC8Z4T5V6W7X8Y9ZABCDEFGH",
            stage="proposal",
            probability=60,
            expected_close_date=date(2026, 12, 31),
            lines=[
                {"product_id": "01JC8Z4T5V6W7X8Y9ZABCDEFGJ", "quantity": 3, "unit_price": Decimal("4800.10")}
            ],
        ),
        "POST",
        "/v1/opportunities",
        {
            "title": "Cargo bikes",
            "customerId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH",
            "stage": "proposal",
            "probability": 60,
            "expectedCloseDate": "2026-12-31",
            "lines": [{"productId": "01JC8Z4T5V6W7X8Y9ZABCDEFGJ", "quantity": 3, "unitPrice": 4800.1}],
        },
    ),
    (
        lambda c: list(
            c.opportunities.list(owner="u-1", team="north", stage="proposal", sort="expectedCloseDate")
        ),
        "GET",
        "/v1/opportunities?owner=u-1&team=north&stage=proposal&sort=expectedCloseDate",
        None,
    ),
    (
        lambda c: list(c.opportunities.list(customer="01JC8Z4T5V6W7X8Y9ZABCDEFGH")),
        "GET",
        "/v1/opportunities?customer=01JC8Z4T5V6W7X8Y9ZABCDEFGH",
        None,
    ),
    (lambda c: c.opportunities.get("01JD"), "GET", "/v1/opportunities/01JD", None),
    (lambda c: c.opportunities.get_by_external_id("e"), "GET", "/v1/opportunities/by-external-id/e", None),
    (
        lambda c: c.opportunities.upsert("e", title="T"),
        "PUT",
        "/v1/opportunities/by-external-id/e",
        {"title": "T"},
    ),
    (
        lambda c: c.opportunities.patch("01JD", {"value": 5}),
        "PATCH",
        "/v1/opportunities/01JD",
        {"value": 5},
    ),
    (
        lambda c: c.opportunities.replace(opportunity()),
        "PUT",
        "/v1/opportunities/01JD",
        {"title": "Cargo bikes", "stage": "proposal", "tags": [], "custom": {}},
    ),
    (lambda c: c.opportunities.delete("01JD"), "DELETE", "/v1/opportunities/01JD", None),
    (lambda c: c.opportunities.restore("01JD"), "POST", "/v1/opportunities/01JD/restore", None),
    (lambda c: list(c.opportunities.history("01JD")), "GET", "/v1/opportunities/01JD/history", None),
    (
        lambda c: list(
            c.opportunities.batch([{"operation": "create", "data": {"title": "T", "stage": "proposal"}}])
        ),
        "POST",
        "/v1/opportunities:batch",
        {"operations": [{"operation": "create", "data": {"title": "T", "stage": "proposal"}}]},
    ),
    (
        lambda c: c.opportunities.move(
            "01JD", "lost", loss_reason="price", close_date=date(2026, 11, 28), value=Decimal(7)
        ),
        "POST",
        "/v1/opportunities/01JD/move",
        {"stage": "lost", "lossReason": "price", "closeDate": "2026-11-28", "value": 7},
    ),
    (
        lambda c: c.opportunities.reopen("01JD", "proposal"),
        "POST",
        "/v1/opportunities/01JD/reopen",
        {"stage": "proposal"},
    ),
    (lambda c: c.opportunities.stages("01JD"), "GET", "/v1/opportunities/01JD/stages", None),
    (
        lambda c: list(
            c.opportunities.closed(
                outcome="won", from_=date(2026, 11, 1), to="2026-11-30", owner="u-1", team="north"
            )
        ),
        "GET",
        "/v1/opportunities/closed?outcome=won&from=2026-11-01&to=2026-11-30&owner=u-1&team=north",
        None,
    ),
    (
        lambda c: list(c.opportunities.at_risk("idle", idle_days=14, owner="u-1", team="north")),
        "GET",
        "/v1/opportunities/at-risk?reason=idle&idleDays=14&owner=u-1&team=north",
        None,
    ),
    (lambda c: c.pipeline.stages.get(), "GET", "/v1/pipeline/stages", None),
    (
        lambda c: c.pipeline.stages.replace(STAGES, version=1),
        "PUT",
        "/v1/pipeline/stages",
        {
            "stages": [
                {
                    "key": "talks",
                    "name": "Talks",
                    "kind": "open",
                    "probability": 20,
                    "forecastCategory": "pipeline",
                },
                {
                    "key": "won",
                    "name": "Won",
                    "kind": "won",
                    "probability": 100,
                    "forecastCategory": "closed",
                },
                {
                    "key": "lost",
                    "name": "Lost",
                    "kind": "lost",
                    "probability": 0,
                    "forecastCategory": "omitted",
                },
            ]
        },
    ),
    (lambda c: c.pipeline.currencies.get(), "GET", "/v1/pipeline/currencies", None),
    (
        lambda c: c.pipeline.currencies.replace("EUR", {"USD": Decimal("0.9223")}, version=1),
        "PUT",
        "/v1/pipeline/currencies",
        {"baseCurrency": "EUR", "rates": {"USD": 0.9223}},
    ),
    (
        lambda c: c.pipeline.value(view="team", group_by="owner"),
        "GET",
        "/v1/pipeline/value?view=team&groupBy=owner",
        None,
    ),
    (
        lambda c: c.pipeline.forecast("2026-11", "2027-01", view="all"),
        "GET",
        "/v1/pipeline/forecast?from=2026-11&to=2027-01&view=all",
        None,
    ),
    (lambda c: c.pipeline.dashboard(view="own"), "GET", "/v1/dashboard?view=own", None),
    (lambda c: c.pipeline.totals.verify(), "POST", "/v1/pipeline/totals:verify", {}),
    (lambda c: c.pipeline.totals.rebuild(), "POST", "/v1/pipeline/totals:rebuild", {}),
]

NAMES = [f"{method} {target}" for _, method, target, _ in CALLS]


def lead() -> Lead:
    return Lead(id="01JA", version=3, last_name="Marsh")


def product() -> Product:
    return Product(id="01JB", version=3, name="Cargo bike", unit_price=Decimal(4800))


def opportunity() -> Opportunity:
    return Opportunity(id="01JD", version=3, title="Cargo bikes", stage="proposal")


STAGES: list[dict[str, Any]] = [
    {"key": "talks", "name": "Talks", "kind": "open", "probability": 20, "forecast_category": "pipeline"},
    {"key": "won", "name": "Won", "kind": "won", "probability": 100, "forecast_category": "closed"},
    {"key": "lost", "name": "Lost", "kind": "lost", "probability": 0, "forecast_category": "omitted"},
]
