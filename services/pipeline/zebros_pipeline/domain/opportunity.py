"""The opportunity: a deal that may be won."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from zebros_core.dynamodb.entity import BUSINESS, SYSTEM, Instant, StoredEntity
from zebros_core.values import Custom, ExternalId, Label, Name, PrincipalId, RecordId, Tags, Value
from zebros_pipeline.domain.money import Amount, CalendarDate, CurrencyCode, Percentage, Positive
from zebros_pipeline.domain.stages import ForecastCategory, StageKey

MAX_LINES: Final = 20

NO_DATE: Final = "~"
"""Sorts behind every date: where opportunities stand that nobody expects to close at any time."""


class Outcome(StrEnum):
    """How a deal stands: it goes on, or was won or lost. The kind of its stage when it was put there."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Line(Value):
    """One position of a deal. Name and price are the product's unless given, and stay as they were then."""

    product_id: RecordId
    name: Annotated[Name | None, BUSINESS] = None
    quantity: Annotated[Positive, Field(json_schema_extra={"default": 1})] = Decimal(1)
    unit_price: Amount | None = None


class OpportunityDraft(Value):
    """What a caller may set on an opportunity.

    Without a stage it begins in the first one, and stays where it is; without a currency it has the tenant's. Lines
    that are not given stay, since lists do not show them; `[]` is none. A `value` that is not given is the sum of the
    lines. `closeDate` and `lossReason` go with a closed stage.
    """

    customer_id: RecordId | None = None
    contact_id: RecordId | None = None
    title: Name
    value: Amount | None = None
    currency: CurrencyCode | None = None
    stage: StageKey | None = None
    probability: Percentage | None = None
    forecast_category: ForecastCategory | None = None
    expected_close_date: CalendarDate | None = None
    engage_date: CalendarDate | None = None
    close_date: CalendarDate | None = None
    loss_reason: Label | None = None
    lines: Annotated[tuple[Line, ...], Field(max_length=MAX_LINES)] | None = None
    owner_id: PrincipalId | None = None
    team_id: PrincipalId | None = None
    external_id: ExternalId | None = None
    tags: Tags = frozenset()
    custom: Custom = Field(default_factory=dict)


class Opportunity(StoredEntity):
    """An opportunity as it is kept.

    `probability` and `forecast_category` are its own; None means its stage's. `active_at` is its last change by
    somebody, which the system's own upkeep leaves alone. `customer_deleted` marks one whose customer is in the trash.
    `lines` lie in an item of their own and are there only where they were read (`OpportunityRepository.complete`); how
    many there are is always known.
    """

    opportunity_id: Annotated[str, SYSTEM]
    customer_id: Annotated[str | None, BUSINESS] = None
    contact_id: Annotated[str | None, BUSINESS] = None
    lead_id: Annotated[str | None, SYSTEM] = None
    title: Annotated[str, BUSINESS]
    value: Annotated[Amount | None, BUSINESS] = None
    currency: Annotated[str, BUSINESS]
    stage: Annotated[str, BUSINESS]
    outcome: Annotated[Outcome, SYSTEM] = Outcome.OPEN
    probability: Annotated[int | None, BUSINESS] = None
    forecast_category: Annotated[ForecastCategory | None, BUSINESS] = None
    expected_close_date: Annotated[date | None, BUSINESS] = None
    engage_date: Annotated[date | None, BUSINESS] = None
    close_date: Annotated[date | None, BUSINESS] = None
    loss_reason: Annotated[str | None, BUSINESS] = None
    line_count: Annotated[int | None, BUSINESS] = None
    lines: Annotated[tuple[Line, ...], BUSINESS, Field(exclude=True)] = ()
    owner_id: Annotated[str, BUSINESS]
    team_id: Annotated[str | None, BUSINESS] = None
    stage_entered_at: Annotated[Instant, SYSTEM]
    active_at: Annotated[Instant, SYSTEM]
    customer_deleted: Annotated[bool, SYSTEM] = False

    @property
    def is_open(self) -> bool:
        """Whether the deal goes on."""
        return self.outcome is Outcome.OPEN

    def draft(self) -> OpportunityDraft:
        """Return the part that a caller may set, as it stands."""
        return OpportunityDraft.model_construct(
            **{name: getattr(self, name) for name in OpportunityDraft.model_fields}
        )

    def unique_values(self) -> dict[str, str]:
        """Return what two opportunities may not share: nothing but the external id, which is guarded anyway."""
        return {}

    def index_attributes(self) -> Mapping[str, str]:
        """Return the attributes that only indexes need: by customer, by expected close date, open ones by age."""
        when = NO_DATE if self.expected_close_date is None else self.expected_close_date.isoformat()
        derived = {"expectedCloseKey": f"{when}#{self.opportunity_id}"}
        if self.customer_id is not None:
            derived["customerKey"] = self.customer_id
        if self.is_open:
            derived["openTenant"] = Outcome.OPEN.value
        return derived


def total_of(lines: tuple[Line, ...]) -> Decimal | None:
    """Return the sum of the lines, exact; None without any. Every line has its price."""
    if not lines:
        return None
    return sum((line.quantity * (line.unit_price or Decimal()) for line in lines), Decimal())
