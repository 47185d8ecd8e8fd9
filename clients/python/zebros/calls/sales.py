"""Operations on leads, products and opportunities."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal, Required, TypedDict

from zebros._replies import Reply
from zebros.calls import records
from zebros.calls.call import Call, listing, post_headers, query_of, read_model, to_api_names
from zebros.models import (
    Conversion,
    Lead,
    Opportunity,
    OpportunityLine,
    Page,
    Product,
    StageSpan,
)

__all__ = [
    "LeadFields",
    "LineFields",
    "OpportunityFields",
    "ProductFields",
    "Reason",
]

Reason = Literal["overdue", "idle"]
Number = Decimal | int | float


class _Kept(TypedDict, total=False):
    external_id: str | None
    tags: list[str] | set[str]
    custom: Mapping[str, Any]


class _Owned(_Kept, total=False):
    owner_id: str | None
    team_id: str | None


class LeadFields(_Owned, total=False):
    """What may be given for a lead."""

    last_name: Required[str]
    first_name: str | None
    company_name: str | None
    email: str | None
    phone: str | None
    position: str | None
    industry: str | None
    source: str | None
    status: Literal["new", "contacted", "qualified", "unqualified"]
    score: int | None
    rating: Literal["hot", "warm", "cold"] | None
    estimated_value: Number | None
    currency: str | None
    do_not_contact: bool


class ProductFields(_Kept, total=False):
    """What may be given for a product."""

    name: Required[str]
    series: str | None
    unit_price: Number | None
    currency: str | None
    active: bool


class LineFields(TypedDict, total=False):
    """So many of a product, one if not said, at a price, the product's own if not said."""

    product_id: Required[str]
    name: str | None
    quantity: Number
    unit_price: Number | None


class OpportunityFields(_Owned, total=False):
    """What may be given for an opportunity. Without a value, the sum of its lines is the value."""

    title: Required[str]
    customer_id: str | None
    contact_id: str | None
    value: Number | None
    currency: str
    stage: str
    probability: int | None
    forecast_category: str | None
    expected_close_date: date | str | None
    engage_date: date | str | None
    close_date: date | str | None
    loss_reason: str | None
    lines: Sequence[LineFields | OpportunityLine]


LEADS = records.Routes("leads", Lead)
PRODUCTS = records.Routes("products", Product)
OPPORTUNITIES = records.Routes("opportunities", Opportunity)

ConversionPart = Mapping[str, Any]


def convert(
    lead_id: str,
    *,
    customer: ConversionPart | None,
    contact: ConversionPart | None,
    opportunity: ConversionPart | None,
    idempotency_key: str | None,
) -> Call[Conversion]:
    """Without a part, the service makes customer and contact of the lead, and no opportunity."""
    parts = {"customer": customer, "contact": contact, "opportunity": opportunity}
    body = {name: to_api_names(part) for name, part in parts.items() if part is not None}
    return Call(
        "POST",
        LEADS.path(lead_id, "convert"),
        read_model(Conversion),
        json=body,
        headers=post_headers(idempotency_key),
    )


def move(
    opportunity_id: str,
    stage: str,
    *,
    loss_reason: str | None,
    close_date: date | str | None,
    value: Number | None,
    idempotency_key: str | None,
) -> Call[Opportunity]:
    optional = {"loss_reason": loss_reason, "close_date": close_date, "value": value}
    body = {"stage": stage, **{name: each for name, each in optional.items() if each is not None}}
    return OPPORTUNITIES.act(opportunity_id, "move", body, idempotency_key=idempotency_key)


def reopen(opportunity_id: str, stage: str, *, idempotency_key: str | None) -> Call[Opportunity]:
    return OPPORTUNITIES.act(opportunity_id, "reopen", {"stage": stage}, idempotency_key=idempotency_key)


def stages_of(opportunity_id: str) -> Call[list[StageSpan]]:
    def read(reply: Reply) -> list[StageSpan]:
        return [StageSpan.model_validate(each) for each in reply.items("items")]

    return Call("GET", OPPORTUNITIES.path(opportunity_id, "stages"), read)


def closed(
    *,
    outcome: str | None,
    from_: date | str | None,
    to: date | str | None,
    owner: str | None,
    team: str | None,
    page_size: int | None,
) -> Callable[[str | None], Call[Page[Opportunity]]]:
    days = {"from": from_ and str(from_), "to": to and str(to)}
    query = query_of(outcome=outcome, **days, owner=owner, team=team, limit=page_size)
    return listing(Opportunity, f"{OPPORTUNITIES.root}/closed", query)


def at_risk(
    *,
    reason: Reason,
    idle_days: int | None,
    owner: str | None,
    team: str | None,
    page_size: int | None,
) -> Callable[[str | None], Call[Page[Opportunity]]]:
    query = query_of(reason=reason, idleDays=idle_days, owner=owner, team=team, limit=page_size)
    return listing(Opportunity, f"{OPPORTUNITIES.root}/at-risk", query)
