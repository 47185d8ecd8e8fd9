"""The conversion of a lead to a customer, a contact and an opportunity: what is wished, planned and done.

The customer and the contact are another service's, so there is no transaction over all. The plan says beforehand which
records there will be, by ids that follow from the lead: whoever carries it out, and however often, makes the same ones.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from zebros_core.values import (
    Custom,
    Email,
    ExternalId,
    Label,
    Name,
    Phone,
    PrincipalId,
    RecordId,
    ShortText,
    Tags,
    Value,
)
from zebros_pipeline.domain.lead import Lead, LeadStatus
from zebros_pipeline.domain.money import Amount, CalendarDate, CurrencyCode, Percentage
from zebros_pipeline.domain.opportunity import MAX_LINES, Line, OpportunityDraft
from zebros_pipeline.domain.stages import ForecastCategory, StageKey


class _Target(Value):
    """A record that the lead is converted into: one that there is, by its id alone, or a new one."""

    @model_validator(mode="after")
    def _either(self) -> Self:
        id_field = next(iter(type(self).model_fields))
        if getattr(self, id_field) is not None and len(self.model_fields_set) > 1:
            raise PydanticCustomError(
                "existing_or_new", "name an existing record by its id alone, or describe a new one"
            )
        return self


class CustomerTarget(_Target):
    """The customer: an existing one, or a new one. What a new one leaves out is the lead's."""

    customer_id: RecordId | None = None
    company_name: Name | None = None
    industry: Label | None = None
    tier: Label | None = None
    contact_info: dict[str, Any] | None = None
    owner_id: PrincipalId | None = None
    team_id: PrincipalId | None = None
    external_id: ExternalId | None = None
    tags: Tags = frozenset()
    custom: Custom = Field(default_factory=dict)


class ContactTarget(_Target):
    """The contact: an existing one, or a new one. What a new one leaves out is the lead's."""

    contact_id: RecordId | None = None
    first_name: ShortText | None = None
    last_name: ShortText | None = None
    email: Email | None = None
    phone: Phone | None = None
    position: ShortText | None = None
    details: dict[str, Any] | None = None
    do_not_contact: bool | None = None
    external_id: ExternalId | None = None
    tags: Tags = frozenset()
    custom: Custom = Field(default_factory=dict)


class OpportunityTarget(_Target):
    """The opportunity: an existing open one, which gets the contact and customer that it lacks, or a new one.

    A new one without a title has the company's name; value and currency are the lead's estimate unless given.
    """

    opportunity_id: RecordId | None = None
    title: Name | None = None
    value: Amount | None = None
    currency: CurrencyCode | None = None
    stage: StageKey | None = None
    probability: Percentage | None = None
    forecast_category: ForecastCategory | None = None
    expected_close_date: CalendarDate | None = None
    engage_date: CalendarDate | None = None
    lines: Annotated[tuple[Line, ...], Field(max_length=MAX_LINES)] = ()
    owner_id: PrincipalId | None = None
    team_id: PrincipalId | None = None
    external_id: ExternalId | None = None
    tags: Tags = frozenset()
    custom: Custom = Field(default_factory=dict)


class ConversionWish(Value):
    """What a lead is to be converted into. Without `opportunity` there is none."""

    customer: CustomerTarget | None = None
    contact: ContactTarget | None = None
    opportunity: OpportunityTarget | None = None


class ConversionState(StrEnum):
    """How far a conversion is. `compensating` takes back what was made before it was refused."""

    RUNNING = "running"
    COMPENSATING = "compensating"
    FAILED = "failed"
    DONE = "done"


class PlannedRecord(Value):
    """A record of the plan: an existing one, or with `draft` a new one of that id."""

    id: str
    draft: dict[str, Any] | None = None

    @property
    def is_new(self) -> bool:
        """Whether the conversion makes it."""
        return self.draft is not None


class Actor(Value):
    """Who converts, with the rights that they had: an interrupted conversion is finished with these."""

    user_id: str
    team_id: str | None = None
    roles: tuple[str, ...]
    scopes: tuple[str, ...]


class Conversion(Value):
    """A conversion as it is kept; plan and actor are forgotten when it has ended."""

    conversion_id: str
    lead_id: str
    attempt: int
    fingerprint: str
    state: ConversionState = ConversionState.RUNNING
    former_status: LeadStatus
    skip_duplicates: bool = False
    customer: PlannedRecord
    contact: PlannedRecord
    opportunity: PlannedRecord | None = None
    actor: Actor | None = None
    refusal: dict[str, Any] | None = None
    started_at: datetime
    ended_at: datetime | None = None

    @property
    def made_elsewhere(self) -> list[tuple[str, PlannedRecord]]:
        """What it makes in the customers service, in the order in which it is made."""
        records = [("customer", self.customer), ("contact", self.contact)]
        return [(entity, record) for entity, record in records if record.is_new]

    def ended(self, state: ConversionState, at: datetime) -> "Conversion":
        """Return the conversion at its end, without what was needed on the way."""
        return self.model_copy(
            update={
                "state": state,
                "ended_at": at,
                "actor": None,
                "customer": PlannedRecord(id=self.customer.id, draft={} if self.customer.is_new else None),
                "contact": PlannedRecord(id=self.contact.id, draft={} if self.contact.is_new else None),
                "opportunity": None if self.opportunity is None else PlannedRecord(id=self.opportunity.id),
            }
        )


def customer_draft(lead: Lead, target: CustomerTarget | None) -> dict[str, Any]:
    """Return the new customer that a lead becomes, as the customers service takes it."""
    given = {} if target is None else _given(target)
    return _without_none(
        {
            "companyName": lead.company_name or lead.full_name,
            "industry": lead.industry,
            "ownerId": lead.owner_id,
            "teamId": lead.team_id,
            **given,
        }
    )


def contact_draft(lead: Lead, target: ContactTarget | None, customer_id: str) -> dict[str, Any]:
    """Return the new contact that a lead becomes, as the customers service takes it."""
    given = {} if target is None else _given(target)
    return _without_none(
        {
            "firstName": lead.first_name,
            "lastName": lead.last_name,
            "email": lead.email,
            "phone": lead.phone,
            "position": lead.position,
            "doNotContact": lead.do_not_contact or None,
            **given,
            "customerId": customer_id,
        }
    )


def opportunity_draft(lead: Lead, target: OpportunityTarget) -> OpportunityDraft:
    """Return the new opportunity that a lead becomes, still without customer and contact."""
    estimate = target.value is None and not target.lines
    values: dict[str, Any] = {name: getattr(target, name) for name in OpportunityTarget.model_fields}
    del values["opportunity_id"]
    values["title"] = target.title or lead.company_name or lead.full_name
    if estimate:
        values |= {"value": lead.estimated_value, "currency": target.currency or lead.currency}
    if target.owner_id is None:
        values |= {"owner_id": lead.owner_id, "team_id": target.team_id or lead.team_id}
    return OpportunityDraft.model_construct(**values)


def _given(target: Value) -> dict[str, Any]:
    return target.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
