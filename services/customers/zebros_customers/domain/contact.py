"""The contact: a person, mostly at a customer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from zebros_core.dynamodb.entity import BUSINESS, PERSONAL, SYSTEM, PersonalEntity
from zebros_core.names import name_key, normalised_name
from zebros_core.values import Custom, Email, ExternalId, Phone, PrincipalId, RecordId, ShortText, Tags, Value


class ContactDetails(Value):
    """What else is known of a contact."""

    department: Annotated[ShortText | None, BUSINESS] = None
    mobile: Annotated[Phone | None, PERSONAL] = None
    language: Annotated[ShortText | None, PERSONAL] = None
    linkedin: Annotated[ShortText | None, PERSONAL] = None


class ContactDraft(Value):
    """What a caller may set on a contact.

    A contact of a customer takes that customer's owner and team; only one without a customer has its own.
    """

    customer_id: RecordId | None = None
    first_name: ShortText | None = None
    last_name: ShortText
    email: Email | None = None
    phone: Phone | None = None
    position: ShortText | None = None
    details: ContactDetails = ContactDetails.model_construct()
    do_not_contact: bool = False
    owner_id: PrincipalId | None = None
    team_id: PrincipalId | None = None
    external_id: ExternalId | None = None
    tags: Tags = frozenset()
    custom: Custom = Field(default_factory=dict)


class Contact(PersonalEntity):
    """A contact as it is kept."""

    contact_id: Annotated[str, SYSTEM]
    customer_id: Annotated[str | None, BUSINESS] = None
    first_name: Annotated[str | None, PERSONAL] = None
    last_name: Annotated[str, PERSONAL]
    email: Annotated[str | None, PERSONAL] = None
    phone: Annotated[str | None, PERSONAL] = None
    position: Annotated[str | None, PERSONAL] = None
    details: Annotated[ContactDetails, PERSONAL] = ContactDetails.model_construct()
    do_not_contact: Annotated[bool, PERSONAL] = False
    last_contacted_at: Annotated[datetime | None, BUSINESS] = None
    """When the last call, meeting or e-mail with this contact was completed."""
    email_bounced_at: Annotated[datetime | None, BUSINESS] = None
    """When mail to the present address came back for good; None for another address."""
    owner_id: Annotated[str, BUSINESS]
    team_id: Annotated[str | None, BUSINESS] = None

    @property
    def full_name(self) -> str:
        """Return first and last name with a space between."""
        return f"{self.first_name} {self.last_name}" if self.first_name else self.last_name

    def draft(self) -> ContactDraft:
        """Return the part that a caller may set, as it stands."""
        return ContactDraft.model_construct(
            **{name: getattr(self, name) for name in ContactDraft.model_fields}
        )

    def revised(self, draft: ContactDraft) -> "Contact":
        """Return this contact with the draft's values under the same customer; owner and team stay unless given.

        What is known of an address is not known of another one.
        """
        values: dict[str, Any] = {
            name: getattr(draft, name) for name in ContactDraft.model_fields if name != "customer_id"
        }
        values["owner_id"] = draft.owner_id or self.owner_id
        values["team_id"] = draft.team_id or self.team_id
        if draft.email != self.email:
            values["email_bounced_at"] = None
        return self.model_copy(update=values)

    def unique_values(self) -> dict[str, str]:
        """Return what two live contacts of a tenant may not share, by kind of value.

        People share names; at one customer the same name is taken for the same person.
        """
        values: dict[str, str] = {}
        if self.customer_id is not None:
            values["name"] = f"{self.customer_id} {normalised_name(self.full_name)}"
        if self.email is not None:
            values["email"] = self.email
        return values

    def index_attributes(self) -> Mapping[str, str]:
        """Return the attributes that only indexes need; a contact of no customer is in no customer's index."""
        derived = {"nameKey": name_key(f"{self.last_name} {self.first_name or ''}")}
        if self.customer_id is not None:
            derived["customerKey"] = self.customer_id
        return derived
