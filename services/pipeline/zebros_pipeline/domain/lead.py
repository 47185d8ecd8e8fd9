"""The lead: somebody who may become a customer."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field

from zebros_core.dynamodb.entity import BUSINESS, PERSONAL, SYSTEM, PersonalEntity
from zebros_core.values import (
    Custom,
    Email,
    ExternalId,
    Label,
    Name,
    Phone,
    PrincipalId,
    ShortText,
    Tags,
    Value,
)
from zebros_pipeline.domain.errors import LeadConvertedError
from zebros_pipeline.domain.money import Amount, CurrencyCode, Percentage


class LeadStatus(StrEnum):
    """How far a lead is. The last two are the system's."""

    NEW = "new"
    CONTACTED = "contacted"
    QUALIFIED = "qualified"
    UNQUALIFIED = "unqualified"
    CONVERTING = "converting"
    CONVERTED = "converted"


class LeadRating(StrEnum):
    """How warm a lead is."""

    HOT = "hot"
    WARM = "warm"
    COLD = "cold"


SETTLED: Final = frozenset({LeadStatus.CONVERTING, LeadStatus.CONVERTED})
"""The statuses in which a lead stays as it is."""

SettableStatus = Literal[LeadStatus.NEW, LeadStatus.CONTACTED, LeadStatus.QUALIFIED, LeadStatus.UNQUALIFIED]


class LeadDraft(Value):
    """What a caller may set on a lead. An estimate without a currency is in the tenant's."""

    company_name: Name | None = None
    first_name: ShortText | None = None
    last_name: ShortText
    email: Email | None = None
    phone: Phone | None = None
    position: ShortText | None = None
    industry: Label | None = None
    source: Label | None = None
    status: SettableStatus = LeadStatus.NEW
    score: Percentage | None = None
    rating: LeadRating | None = None
    estimated_value: Amount | None = None
    currency: CurrencyCode | None = None
    do_not_contact: bool = False
    owner_id: PrincipalId | None = None
    team_id: PrincipalId | None = None
    external_id: ExternalId | None = None
    tags: Tags = frozenset()
    custom: Custom = Field(default_factory=dict)


class Lead(PersonalEntity):
    """A lead as it is kept; the last five fields are what its conversion gave."""

    lead_id: Annotated[str, SYSTEM]
    company_name: Annotated[str | None, BUSINESS] = None
    first_name: Annotated[str | None, PERSONAL] = None
    last_name: Annotated[str, PERSONAL]
    email: Annotated[str | None, PERSONAL] = None
    phone: Annotated[str | None, PERSONAL] = None
    position: Annotated[str | None, PERSONAL] = None
    industry: Annotated[str | None, BUSINESS] = None
    source: Annotated[str | None, BUSINESS] = None
    status: Annotated[LeadStatus, BUSINESS] = LeadStatus.NEW
    score: Annotated[int | None, BUSINESS] = None
    rating: Annotated[LeadRating | None, BUSINESS] = None
    estimated_value: Annotated[Amount | None, BUSINESS] = None
    currency: Annotated[str | None, BUSINESS] = None
    do_not_contact: Annotated[bool, PERSONAL] = False
    owner_id: Annotated[str, BUSINESS]
    team_id: Annotated[str | None, BUSINESS] = None
    converted_at: Annotated[datetime | None, SYSTEM] = None
    converted_by: Annotated[str | None, SYSTEM] = None
    customer_id: Annotated[str | None, SYSTEM] = None
    contact_id: Annotated[str | None, SYSTEM] = None
    opportunity_id: Annotated[str | None, SYSTEM] = None

    @property
    def full_name(self) -> str:
        """First and last name with a space between."""
        return f"{self.first_name} {self.last_name}" if self.first_name else self.last_name

    def ensure_changeable(self) -> None:
        """Raise LeadConvertedError for a lead that was converted, or is just being."""
        if self.status is LeadStatus.CONVERTED:
            raise LeadConvertedError
        if self.status is LeadStatus.CONVERTING:
            raise LeadConvertedError("This lead is being converted; it stays as it is.")

    def draft(self) -> LeadDraft:
        """Return the part that a caller may set, as it stands."""
        return LeadDraft.model_construct(**{name: getattr(self, name) for name in LeadDraft.model_fields})

    def revised(self, draft: LeadDraft) -> "Lead":
        """Return this lead with the draft's values; owner and team stay unless given."""
        values = {name: getattr(draft, name) for name in LeadDraft.model_fields}
        values["owner_id"] = draft.owner_id or self.owner_id
        values["team_id"] = draft.team_id or self.team_id
        return self.model_copy(update=values)

    def unique_values(self) -> dict[str, str]:
        """Return what two live leads of a tenant may not share; a converted one is a contact by now."""
        if self.email is None or self.status is LeadStatus.CONVERTED:
            return {}
        return {"email": self.email}
