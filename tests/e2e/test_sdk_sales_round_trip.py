"""Every method of the SDK for sales, activities and mails, against the deployed API."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from deployed_stack import Deployment, Member, eventually, unique

from zebros import AsyncClient, Client
from zebros.errors import ConflictError, NotFoundError, ValidationError, VersionConflictError
from zebros.resources import Activities, Emails, EmailTemplates, Leads, Opportunities, Pipeline, Products
from zebros.resources.activities import Comments
from zebros.resources.pipeline import PipelineCurrencies, PipelineStages, PipelineTotals

pytestmark = pytest.mark.e2e

RECORDS = {
    *("create", "get", "get_by_external_id", "upsert", "list", "history"),
    *("update", "patch", "replace", "delete", "restore", "batch"),
}
# Methods that a test of this module calls; a new one of the SDK has to be added, with its call.
CALLED: dict[type, set[str]] = {
    Leads: {*RECORDS, "convert"},
    Products: RECORDS,
    Opportunities: {*RECORDS, "move", "reopen", "stages", "closed", "at_risk"},
    Pipeline: {"value", "forecast", "dashboard"},
    PipelineStages: {"get", "replace"},
    PipelineCurrencies: {"get", "replace"},
    PipelineTotals: {"verify", "rebuild"},
    Activities: {
        *RECORDS,
        *("today", "upcoming", "overdue", "completed"),
        *("complete", "reopen", "end_series", "timeline"),
    },
    Comments: {"list", "add", "remove"},
    Emails: {"send"},
    EmailTemplates: {"list", "get", "create", "replace", "delete", "preview", "preview_draft"},
}


@pytest.fixture
def client(deployment: Deployment, home: Member) -> Iterator[Client]:
    with deployment.sdk(home) as client:
        yield client


@pytest.fixture
def other(deployment: Deployment, stranger: Member) -> Iterator[Client]:
    with deployment.sdk(stranger) as client:
        yield client


def key(name: str) -> str:
    return unique(name).replace(" ", "-")


def test_no_method_of_the_sdk_is_left_out() -> None:
    for resource, called in CALLED.items():
        public = {name for name, _ in inspect.getmembers(resource, callable) if not name.startswith("_")}
        assert public == called, resource.__name__


def test_a_leads_life(client: Client, other: Client) -> None:
    email, external = f"{key('mira')}@marsh.example", key("crm")
    lead = client.leads.create(last_name="Marsh", email=email, source="fair", external_id=external, score=40)
    assert client.leads.get_by_external_id(external).id == lead.id
    assert [each.id for each in client.leads.list(email=email)] == [lead.id]
    lead.status, lead.estimated_value = "contacted", Decimal("1234.50")
    lead = client.leads.update(lead)
    assert (lead.version, lead.estimated_value) == (2, Decimal("1234.50"))
    lead = client.leads.replace(client.leads.patch(lead.id, {"rating": "hot"}))
    with pytest.raises(VersionConflictError):
        client.leads.patch(lead.id, {"rating": None}, version=1)
    assert client.leads.upsert(external, last_name="Marsh", email=email).score is None
    [outcome] = client.leads.batch([{"operation": "update", "id": lead.id, "data": {"score": 70}}])
    assert outcome.ok, outcome.reason
    client.leads.delete(lead.id)
    with pytest.raises(NotFoundError):
        client.leads.get(lead.id)
    assert client.leads.restore(lead.id).score == 70
    eventually(lambda: [each.operation for each in client.leads.history(lead.id).first(1)] == ["restored"])

    parts = {"customer": {"company_name": unique("Marsh Mills")}, "opportunity": {"title": "Bikes"}}
    conversion = client.leads.convert(lead.id, **parts)
    assert client.leads.convert(lead.id, **parts).contact_id == conversion.contact_id
    assert client.contacts.get(str(conversion.contact_id)).email == email
    assert client.opportunities.get(str(conversion.opportunity_id)).lead_id == lead.id
    with pytest.raises(ConflictError):
        client.leads.patch(lead.id, {"score": 1})
    for ask in (other.leads.get, other.leads.restore, other.leads.delete, other.leads.convert):
        with pytest.raises(NotFoundError):
            ask(lead.id)


def test_a_products_life(client: Client, other: Client) -> None:
    name, external = unique("Cargo bike"), key("sku")
    product = client.products.create(name=name, unit_price=Decimal("4800.10"), external_id=external)
    assert client.products.get_by_external_id(external).unit_price == Decimal("4800.10")
    product.series = "Bikes"
    product = client.products.replace(client.products.update(product))
    product = client.products.patch(product.id, {"active": False})
    assert product.id in [each.id for each in client.products.list(sort="name")]
    assert client.products.upsert(external, name=name, unit_price=5).series is None
    [outcome] = client.products.batch(
        [{"operation": "upsert", "externalId": external, "data": {"series": "B"}}]
    )
    assert (outcome.outcome, client.products.get(product.id).series) == ("updated", "B")
    client.products.delete(product.id)
    assert client.products.restore(product.id).series == "B"
    eventually(
        lambda: [each.operation for each in client.products.history(product.id).first(1)] == ["restored"]
    )
    with pytest.raises(NotFoundError):
        other.products.get(product.id)
    assert product.id not in [each.id for each in other.products.list()]


def test_an_opportunitys_life(client: Client, other: Client) -> None:
    external, customer = key("deal"), client.customers.create(company_name=unique("Turnstone"))
    product = client.products.create(name=unique("Bike"), unit_price=100)
    deal = client.opportunities.create(
        title="Bikes",
        customer_id=customer.id,
        stage="proposal",
        lines=[{"product_id": product.id, "quantity": 3}, {"product_id": product.id, "unit_price": 50}],
        expected_close_date=date(2020, 1, 31),
        external_id=external,
    )
    assert (deal.value, deal.outcome) == (350, "open")
    assert client.opportunities.get_by_external_id(external).id == deal.id
    assert [each.id for each in client.opportunities.list(customer=customer.id)] == [deal.id]
    in_stage = client.opportunities.list(stage="proposal", sort="expectedCloseDate")
    assert deal.id in [each.id for each in in_stage]
    assert deal.id in [each.id for each in client.opportunities.at_risk("overdue")]
    assert deal.id not in [each.id for each in client.opportunities.at_risk("idle", idle_days=1)]
    deal.value = Decimal("349.95")
    deal = client.opportunities.replace(client.opportunities.update(deal))
    with pytest.raises(ValidationError) as refused:
        client.opportunities.patch(deal.id, {"stage": "nowhere", "probability": 101})
    assert {fault.field for fault in refused.value.errors} <= {"/stage", "/probability"}
    with pytest.raises(ValidationError):
        client.opportunities.move(deal.id, "lost")
    lost = client.opportunities.move(deal.id, "lost", loss_reason="price", close_date=date(2026, 11, 2))
    assert (lost.outcome, lost.close_date) == ("lost", date(2026, 11, 2))
    closed = client.opportunities.closed(outcome="lost", from_=date(2026, 11, 2), to="2026-11-02")
    assert deal.id in [each.id for each in closed]
    with pytest.raises(ConflictError):
        client.opportunities.move(deal.id, "proposal")
    assert client.opportunities.reopen(deal.id, "proposal").close_date is None
    assert [span.stage for span in client.opportunities.stages(deal.id)] == ["proposal", "lost", "proposal"]
    [outcome] = client.opportunities.batch(
        [{"operation": "upsert", "externalId": external, "data": {"title": "More bikes"}}]
    )
    assert outcome.outcome == "updated", outcome.reason
    assert client.opportunities.upsert(external, title="Bikes").customer_id is None
    client.opportunities.delete(deal.id)
    assert client.opportunities.restore(deal.id).title == "Bikes"
    eventually(
        lambda: [each.operation for each in client.opportunities.history(deal.id).first(1)] == ["restored"]
    )
    for ask in (other.opportunities.get, other.opportunities.delete, other.opportunities.stages):
        with pytest.raises(NotFoundError):
            ask(deal.id)


def test_the_pipelines_settings_and_figures(client: Client, deployment: Deployment) -> None:
    own = deployment.member(deployment.register("bridge"))
    with deployment.sdk(own) as own_client:
        pipeline = own_client.pipeline
        stages = pipeline.stages.get()
        stages.stages[0].probability = 20
        replaced = pipeline.stages.replace(stages.stages, version=stages.version)
        assert (replaced.version, replaced.stages[0].probability) == (stages.version + 1, 20)
        with pytest.raises(VersionConflictError):
            pipeline.stages.replace(stages.stages, version=stages.version)
        currencies = pipeline.currencies.get()
        pipeline.currencies.replace("EUR", {"USD": Decimal("0.5")}, version=currencies.version)
        key_ = stages.stages[0].key
        own_client.opportunities.create(title="A", stage=key_, value=10, currency="EUR")
        own_client.opportunities.create(title="B", stage=key_, value=10, currency="USD")

        def converted() -> Decimal | None:
            first = pipeline.value(group_by="owner").stages[0].converted
            return first.sum if first is not None and first.sum else None

        assert eventually(lambda: found if (found := converted()) == 15 else None) == 15
        undated = pipeline.forecast("2026-11", "2026-12", view="all").undated
        assert [each.count for each in undated.categories] == [2]
        assert eventually(lambda: pipeline.dashboard().pipeline_by_stage[0].count == 2)
        assert pipeline.totals.rebuild().done
        assert pipeline.totals.verify().differing == 0
        own_client.opportunities.create(title="C", stage=key_, value=10, currency="CHF")
        eventually(lambda: pipeline.value().missing_rates == ["CHF"])
    assert client.pipeline.value(view="own").base_currency


def test_an_activitys_life(client: Client, other: Client) -> None:
    customer, external = client.customers.create(company_name=unique("Whimbrel")), key("cal")
    now = datetime.now(UTC)
    call = client.activities.create(
        type="call",
        subject="Ask",
        related_type="customer",
        related_id=customer.id,
        scheduled_at=now + timedelta(minutes=5),
        external_id=external,
        description="x" * 1000,
    )
    assert client.activities.get_by_external_id(external).description == "x" * 1000
    [listed] = client.activities.list(related=customer.id)
    assert (listed.id, listed.description_truncated) == (call.id, True)
    assert [each.id for each in client.activities.upcoming(customer=customer.id)] == [call.id]
    tomorrow = (now + timedelta(minutes=5)).date() != now.date()
    assert tomorrow or call.id in [each.id for each in client.activities.today(time_zone="UTC")]
    call.scheduled_at = now - timedelta(days=1)
    call = client.activities.replace(client.activities.update(call))
    assert call.id in [each.id for each in client.activities.overdue()]
    comment = client.activities.comments.add(call.id, "mornings")
    assert [each.text for each in client.activities.comments.list(call.id)] == ["mornings"]
    client.activities.comments.remove(call.id, comment.id)
    assert list(client.activities.comments.list(call.id)) == []
    call = client.activities.patch(call.id, {"priority": "high"})
    done = client.activities.complete(call.id, outcome="pleased", completed_at=now - timedelta(hours=1))
    assert (done.status, done.outcome) == ("completed", "pleased")
    assert call.id in [each.id for each in client.activities.completed(since=now - timedelta(hours=2))]
    assert client.activities.reopen(call.id).completed_at is None
    [outcome] = client.activities.batch(
        [{"operation": "upsert", "externalId": external, "data": {"subject": "Ask again"}}]
    )
    assert outcome.outcome == "updated", outcome.reason
    assert client.activities.upsert(external, type="call", subject="Ask").related_id is None
    client.activities.delete(call.id)
    assert client.activities.restore(call.id).subject == "Ask"
    eventually(
        lambda: [each.operation for each in client.activities.history(call.id).first(1)] == ["restored"]
    )
    eventually(lambda: client.activities.timeline("customer", customer.id).first(1))
    with pytest.raises(ValidationError):
        other.activities.create(type="note", subject="S", related_type="customer", related_id=customer.id)
    for ask in (other.activities.get, other.activities.complete, other.activities.comments.list):
        with pytest.raises(NotFoundError):
            found = ask(call.id)
            list(found)  # type: ignore[call-overload]


def test_a_series_ends(client: Client) -> None:
    first = client.activities.create(
        type="meeting",
        subject=unique("Weekly"),
        scheduled_at=datetime(2027, 3, 22, 8, tzinfo=UTC),
        recurrence="FREQ=WEEKLY;COUNT=4",
        time_zone="Europe/Berlin",
    )
    assert (first.occurrence, first.occurrences) == (1, 4)
    assert len(client.activities.end_series(first.id).cancelled) == 3
    with pytest.raises(ValidationError):
        client.activities.create(
            type="task", subject="S", scheduled_at=datetime.now(UTC), recurrence="FREQ=DAILY"
        )


def test_templates_and_mails(client: Client, other: Client) -> None:
    contact = client.contacts.create(last_name="Ames", first_name="Ada", email=f"{key('ada')}@b.example")
    template = client.email_templates.create(
        name=unique("Offer"), subject="Offer {{ values.nr }}", text="Dear {{ contact.firstName }}"
    )
    assert template.id in [each.id for each in client.email_templates.list()]
    template.text = "Hello {{ contact.firstName }}"
    template = client.email_templates.replace(template)
    assert client.email_templates.get(template.id).text == "Hello {{ contact.firstName }}"
    preview = client.email_templates.preview(template.id, contact_id=contact.id, values={"nr": 17})
    assert (preview.subject, preview.text) == ("Offer 17", "Hello Ada")
    assert client.email_templates.preview_draft(subject="S", text="T").text == "T"
    sent = client.emails.send(contact.id, template_id=template.id, values={"nr": 17})
    assert sent.delivery is not None
    with pytest.raises((NotFoundError, ValidationError)):
        other.emails.send(contact.id, subject="S", text="T")
    client.email_templates.delete(template.id)
    with pytest.raises(NotFoundError):
        client.email_templates.get(template.id)


def test_the_asynchronous_client(deployment: Deployment, home: Member) -> None:
    async def story() -> tuple[str | None, list[str]]:
        async with AsyncClient(deployment.state.api_url, token=home.token) as client:
            deal = await client.opportunities.create(title="Asynchronous", stage="proposal", value=5)
            won = await client.opportunities.move(deal.id, "won")
            note = await client.activities.create(
                type="note", subject="N", related_type="opportunity", related_id=deal.id
            )
            listed = [each.id async for each in client.activities.list(related=deal.id)]
            return won.outcome, [*listed, note.id]

    outcome, (listed, made) = asyncio.run(story())
    assert (outcome, listed) == ("won", made)
