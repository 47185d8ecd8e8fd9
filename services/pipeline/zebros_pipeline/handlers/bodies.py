"""What the API shows of each resource: the fields of the draft and those of the system that a client needs."""

from datetime import date
from typing import Annotated

from pydantic import Field

from zebros_core.http.records import RecordBody, shown
from zebros_core.http.wire import Id, Instant, WireModel
from zebros_core.values import Custom
from zebros_pipeline.domain.currencies import CurrencySettings
from zebros_pipeline.domain.lead import Lead, LeadRating, LeadStatus
from zebros_pipeline.domain.money import Amount, Positive
from zebros_pipeline.domain.opportunity import Line, Opportunity, Outcome
from zebros_pipeline.domain.product import Product
from zebros_pipeline.domain.stage_entry import StageStay
from zebros_pipeline.domain.stages import ForecastCategory, Stage, StageSettings


class LeadBody(RecordBody):
    """A lead. The ids and the conversion's time and actor are null until it was converted."""

    lead_id: Id
    company_name: str | None
    first_name: str | None
    last_name: str
    email: str | None
    phone: str | None
    position: str | None
    industry: str | None
    source: str | None
    status: LeadStatus
    score: int | None
    rating: LeadRating | None
    estimated_value: Amount | None
    currency: str | None
    do_not_contact: bool
    converted_at: Instant | None
    converted_by: str | None
    customer_id: Id | None
    contact_id: Id | None
    opportunity_id: Id | None
    owner_id: str
    team_id: str | None
    external_id: str | None
    tags: list[str]
    custom: Custom

    @classmethod
    def of(cls, lead: Lead) -> "LeadBody":
        """Return the body of a lead."""
        return cls.model_construct(**shown(cls, lead))


class ProductBody(RecordBody):
    """A product."""

    product_id: Id
    name: str
    series: str | None
    unit_price: Amount | None
    currency: str | None
    active: bool
    external_id: str | None
    tags: list[str]
    custom: Custom

    @classmethod
    def of(cls, product: Product) -> "ProductBody":
        """Return the body of a product."""
        return cls.model_construct(**shown(cls, product))


class OpportunityBody(RecordBody):
    """An opportunity. `probability` and `forecastCategory` are its own; null means those of its stage.

    `customerDeleted` marks one whose customer is in the trash; it is kept, and unmarked when the customer is restored.
    Lists say how many lines there are; the lines themselves come with a single opportunity, and are null in lists.
    """

    opportunity_id: Id
    customer_id: Id | None
    contact_id: Id | None
    lead_id: Id | None
    title: str
    value: Amount | None
    currency: str
    stage: str
    outcome: Outcome
    probability: int | None
    forecast_category: ForecastCategory | None
    expected_close_date: date | None
    engage_date: date | None
    close_date: date | None
    loss_reason: str | None
    line_count: int
    lines: tuple[Line, ...] | None
    stage_entered_at: Instant
    active_at: Instant
    customer_deleted: bool
    owner_id: str
    team_id: str | None
    external_id: str | None
    tags: list[str]
    custom: Custom

    @classmethod
    def of(cls, opportunity: Opportunity) -> "OpportunityBody":
        """Return the body of an opportunity that was read with its lines."""
        values = shown(cls, opportunity)
        values["line_count"] = opportunity.line_count or 0
        return cls.model_construct(**values)

    @classmethod
    def listed(cls, opportunity: Opportunity) -> "OpportunityBody":
        """Return the body of an opportunity in a list."""
        values = shown(cls, opportunity)
        values["line_count"] = opportunity.line_count or 0
        values["lines"] = None if opportunity.line_count else ()
        return cls.model_construct(**values)


class StageStayBody(WireModel):
    """A stage in which an opportunity was; without `leftAt` it is still there, for so many seconds."""

    stage: str
    from_stage: Annotated[str | None, Field(alias="from")]
    entered_at: Instant
    left_at: Instant | None
    duration_seconds: int
    actor: str

    @classmethod
    def of(cls, stay: StageStay) -> "StageStayBody":
        """Return the body of a stay."""
        return cls.model_construct(**{name: getattr(stay, name) for name in cls.model_fields})


class StageHistoryBody(WireModel):
    """The way of an opportunity through the stages, the first one first."""

    items: list[StageStayBody]


class StagesBody(WireModel):
    """The stages in their order."""

    stages: tuple[Stage, ...]
    version: int

    @classmethod
    def of(cls, settings: StageSettings) -> "StagesBody":
        """Return the body of the stages."""
        return cls.model_construct(stages=settings.stages, version=settings.version)


class CurrenciesBody(WireModel):
    """The base currency, and what one unit of each other is worth in it."""

    base_currency: str
    rates: dict[str, Positive]
    version: int

    @classmethod
    def of(cls, settings: CurrencySettings) -> "CurrenciesBody":
        """Return the body of the currencies."""
        return cls.model_construct(
            base_currency=settings.base_currency, rates=dict(settings.rates), version=settings.version
        )


class ConversionBody(WireModel):
    """What a lead was converted into."""

    conversion_id: Id
    lead_id: Id
    customer_id: Id
    contact_id: Id
    opportunity_id: Id | None
    converted_at: Instant
    converted_by: str

    @classmethod
    def of(cls, conversion_id: str, lead: Lead) -> "ConversionBody":
        """Return the body of a lead's conversion, which has ended."""
        values = {name: getattr(lead, name) for name in cls.model_fields if name != "conversion_id"}
        return cls.model_construct(conversion_id=conversion_id, **values)
