"""Leads, products, opportunities, and how the tenant's pipeline is set up, as typed objects."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from zebros.models.base import Amount, Model, Record, Versioned, id_field

__all__ = [
    "Conversion",
    "Currencies",
    "Lead",
    "Opportunity",
    "OpportunityLine",
    "Product",
    "Stage",
    "StageSpan",
    "Stages",
]

_EVERY_RECORD = ("ownerId", "teamId", "externalId", "tags", "custom")


class Lead(Record):
    """Somebody who may become a customer. After the conversion it names what it became."""

    writable: ClassVar[frozenset[str]] = frozenset(
        {
            *("companyName", "firstName", "lastName", "email", "phone", "position", "industry", "source"),
            *("status", "score", "rating", "estimatedValue", "currency", "doNotContact"),
            *_EVERY_RECORD,
        }
    )

    id: str = id_field("leadId")
    company_name: str | None = None
    first_name: str | None = None
    last_name: str
    email: str | None = None
    phone: str | None = None
    position: str | None = None
    industry: str | None = None
    source: str | None = None
    status: str = "new"
    score: int | None = None
    rating: str | None = None
    estimated_value: Amount | None = None
    currency: str | None = None
    do_not_contact: bool = False
    converted_at: datetime | None = None
    converted_by: str | None = None
    customer_id: str | None = None
    contact_id: str | None = None
    opportunity_id: str | None = None

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part)


class Conversion(Model):
    """What a lead became."""

    id: str = id_field("conversionId")
    lead_id: str
    customer_id: str | None = None
    contact_id: str | None = None
    opportunity_id: str | None = None
    converted_at: datetime | None = None
    converted_by: str | None = None


class Product(Record):
    """Something that is sold. It is the whole tenant's: nobody owns it."""

    writable: ClassVar[frozenset[str]] = frozenset(
        {"name", "series", "unitPrice", "currency", "active", "externalId", "tags", "custom"}
    )

    id: str = id_field("productId")
    name: str
    series: str | None = None
    unit_price: Amount | None = None
    currency: str | None = None
    active: bool = True


class OpportunityLine(Model):
    """So many of a product at a price. Name and price are the product's when the line was written, unless given."""

    product_id: str
    name: str | None = None
    quantity: Amount = Decimal(1)
    unit_price: Amount | None = None


class Opportunity(Record):
    """A sale that may come. `outcome` is open, won or lost, as the kind of its stage says.

    `lines` come with a single one; in lists they are None where there are any, and `line_count` says how many.
    """

    writable: ClassVar[frozenset[str]] = frozenset(
        {
            *("customerId", "contactId", "title", "value", "currency", "stage", "probability"),
            *("forecastCategory", "expectedCloseDate", "engageDate", "closeDate", "lossReason", "lines"),
            *_EVERY_RECORD,
        }
    )

    id: str = id_field("opportunityId")
    customer_id: str | None = None
    contact_id: str | None = None
    lead_id: str | None = None
    title: str
    value: Amount | None = None
    currency: str | None = None
    stage: str
    probability: int | None = None
    """Its own, in percent; None: the stage's."""
    forecast_category: str | None = None
    expected_close_date: date | None = None
    engage_date: date | None = None
    close_date: date | None = None
    loss_reason: str | None = None
    line_count: int = 0
    lines: list[OpportunityLine] | None = None
    outcome: str | None = None
    stage_entered_at: datetime | None = None
    active_at: datetime | None = None
    customer_deleted: bool = False


class StageSpan(Model):
    """A stage that an opportunity was in, and for how long; the last one has no end."""

    stage: str
    from_: str | None = Field(default=None, alias="from")
    entered_at: datetime | None = None
    left_at: datetime | None = None
    duration_seconds: float | None = None
    actor: str | None = None


class Stage(Model):
    """A step of the pipeline. `kind` is open, won or lost; `probability` is in percent."""

    key: str
    name: str
    kind: str = "open"
    probability: int = 0
    forecast_category: str | None = None


class Stages(Versioned):
    """The tenant's stages in their order, under one version."""

    writable: ClassVar[frozenset[str]] = frozenset({"stages"})

    id: str = "stages"
    stages: list[Stage] = Field(default_factory=list[Stage])


class Currencies(Versioned):
    """The currency that the tenant counts in, and what one unit of others is worth in it."""

    writable: ClassVar[frozenset[str]] = frozenset({"baseCurrency", "rates"})

    id: str = "currencies"
    base_currency: str
    rates: dict[str, Amount] = Field(default_factory=dict[str, Amount])
