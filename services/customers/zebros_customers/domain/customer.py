"""The customer: a company that a tenant sells to."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from zebros_core.dynamodb.entity import BUSINESS, PERSONAL, SYSTEM, StoredEntity
from zebros_core.names import name_key, normalised_name
from zebros_core.values import (
    MAX_CUSTOM_BYTES,
    MAX_TAGS,
    Custom,
    ExternalId,
    Label,
    Name,
    PrincipalId,
    Tags,
    Value,
    custom_size_bytes,
)
from zebros_customers.domain.values import ContactInfo


class CustomerDraft(Value):
    """What a caller may set on a customer; everything else is the system's."""

    company_name: Name
    industry: Label | None = None
    tier: Label | None = None
    contact_info: ContactInfo = ContactInfo.model_construct()
    owner_id: PrincipalId | None = None
    team_id: PrincipalId | None = None
    external_id: ExternalId | None = None
    tags: Tags = frozenset()
    custom: Custom = Field(default_factory=dict)


class Customer(StoredEntity):
    """A customer as it is kept. `merged_into` is set on the loser of a merge, which is a tombstone."""

    customer_id: Annotated[str, SYSTEM]
    company_name: Annotated[str, BUSINESS]
    industry: Annotated[str | None, BUSINESS] = None
    tier: Annotated[str | None, BUSINESS] = None
    contact_info: Annotated[ContactInfo, PERSONAL] = ContactInfo.model_construct()
    owner_id: Annotated[str, BUSINESS]
    team_id: Annotated[str | None, BUSINESS] = None
    merged_into: Annotated[str | None, SYSTEM] = None

    def draft(self) -> CustomerDraft:
        """Return the part that a caller may set, as it stands."""
        return CustomerDraft.model_construct(
            **{name: getattr(self, name) for name in CustomerDraft.model_fields}
        )

    def revised(self, draft: CustomerDraft) -> "Customer":
        """Return this customer with the draft's values; a draft without owner or team keeps them."""
        return self.model_copy(update=_kept_owner(draft, self.owner_id, self.team_id))

    def unique_values(self) -> dict[str, str]:
        """Return what two live customers of a tenant may not share, by kind of value."""
        values = {"name": normalised_name(self.company_name)}
        if self.contact_info.email is not None:
            values["email"] = self.contact_info.email
        return values

    def index_attributes(self) -> Mapping[str, str]:
        """Return the attributes that only indexes need."""
        return {"nameKey": name_key(self.company_name)}


def _kept_owner(draft: CustomerDraft, owner_id: str, team_id: str | None) -> dict[str, Any]:
    values = {name: getattr(draft, name) for name in CustomerDraft.model_fields}
    return values | {"owner_id": draft.owner_id or owner_id, "team_id": draft.team_id or team_id}


def merged(winner: Customer, loser: Customer) -> Customer:
    """Return the winner of a merge: its own values first, the loser's where it has none, both records' tags.

    Custom values that do not fit beside the winner's are left with the loser, whose tombstone keeps them.
    """
    info = winner.contact_info.model_dump(exclude_none=True)
    other = loser.contact_info.model_dump(exclude_none=True)
    custom = {**loser.custom, **winner.custom}
    draft = {
        "companyName": winner.company_name,
        "industry": winner.industry or loser.industry,
        "tier": winner.tier or loser.tier,
        "contactInfo": {**other, **info},
        "ownerId": winner.owner_id,
        "teamId": winner.team_id,
        "externalId": winner.external_id or loser.external_id,
        "tags": sorted(winner.tags) + sorted(loser.tags - winner.tags)[: max(0, MAX_TAGS - len(winner.tags))],
    }
    checked = CustomerDraft.model_validate(
        {**draft, "custom": custom if custom_size_bytes(custom) <= MAX_CUSTOM_BYTES else winner.custom}
    )
    return winner.revised(checked)
