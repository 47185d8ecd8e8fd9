"""Privacy requests: whom they are about, what is asked for, and what a request is known by afterwards."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from zebros_core.privacy.subject import Subject
from zebros_core.values import Email, PrincipalId, RecordId, Value

__all__ = [
    "FOLDER",
    "TITLES",
    "AskedSubject",
    "HeldRecord",
    "KnownSubject",
    "LegalHold",
    "LegalHoldDraft",
    "PrivacyKind",
    "PrivacyParameters",
    "PrivateRequest",
    "Reason",
]

Reason = Annotated[str, Field(max_length=1000)]
"""Why something is asked for, in the words of whoever does; it may name the person."""


class PrivacyKind(StrEnum):
    """What is asked for: everything to be read, everything to be taken elsewhere, or everything to be gone."""

    ACCESS = "access"
    PORTABILITY = "portability"
    ERASURE = "erasure"


FOLDER: Final = "privacy"
"""Where what a request makes and writes down is, below the tenant and above the job."""

TITLES: Final = {
    PrivacyKind.ACCESS: "Access to a person's data",
    PrivacyKind.PORTABILITY: "A person's data to take elsewhere",
    PrivacyKind.ERASURE: "Erasure of a person's data",
}


class AskedSubject(Value):
    """Whom a request is about, by one of these."""

    contact_id: Annotated[RecordId | None, Field(description="The id of a contact.")] = None
    lead_id: Annotated[RecordId | None, Field(description="The id of a lead.")] = None
    user_id: Annotated[PrincipalId | None, Field(description="The id of a user of this tenant.")] = None
    email: Annotated[
        Email | None,
        Field(description="An e-mail address: of all contacts, leads and the user that have it."),
    ] = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(getattr(self, name) is not None for name in type(self).model_fields) != 1:
            raise PydanticCustomError(
                "one_subject", "name the person by exactly one of contactId, leadId, userId and email"
            )
        return self

    def to_subject(self) -> Subject:
        """Return the same in the form that doors take."""
        return Subject(
            contact_ids=(self.contact_id,) if self.contact_id else (),
            lead_ids=(self.lead_id,) if self.lead_id else (),
            user_ids=(self.user_id,) if self.user_id else (),
            emails=(self.email,) if self.email else (),
        )


class KnownSubject(Value):
    """Whom a request is about, as far as the job itself says it: ids, and hashes of addresses that nobody can read.

    An erasure leaves it: it names records, which are gone, and no person.
    """

    contact_ids: tuple[str, ...] = ()
    lead_ids: tuple[str, ...] = ()
    user_ids: tuple[str, ...] = ()
    email_hashes: tuple[str, ...] = ()


class PrivacyParameters(Value):
    """What a job of kind privacy is asked for. `again` names the request that it goes on with."""

    request: PrivacyKind
    subject: KnownSubject
    again: str | None = None
    retention: bool = False
    """Whether it was asked for by the tenant's rules of retention, and by no person."""


class PrivateRequest(Value):
    """What a request needs to know of the person while it is worked on, kept in a row of its own that is then erased.

    `subject` is the person by everything that services know to be theirs; None until they were asked.
    """

    asked: Subject
    reason: Reason | None = None
    subject: Subject | None = None


class HeldRecord(Value):
    """A record, by entity and id."""

    entity: Annotated[str, Field(pattern=r"^[a-z][A-Za-z]{0,39}$")]
    id: Annotated[str, Field(min_length=1, max_length=64)]


class LegalHold(Value):
    """What may not be erased for now: a person, a record, or everything; and why, and at most until when."""

    id: str
    subject: AskedSubject | None = None
    record: HeldRecord | None = None
    all: bool = False
    reason: Annotated[str, Field(min_length=1, max_length=1000)]
    until: date | None = None
    created_at: str
    created_by: str

    @property
    def scope(self) -> Literal["subject", "record", "all"]:
        """What it holds: a person, a record, or everything."""
        if self.all:
            return "all"
        return "record" if self.record is not None else "subject"

    def is_in_force(self, today: date) -> bool:
        """Tell whether it holds on a day; `until` is its last one."""
        return self.until is None or today <= self.until

    def holds(self, subject: Subject) -> bool:
        """Tell whether everything on this person is held."""
        if self.all:
            return True
        if self.subject is None:
            return False
        asked = self.subject.to_subject()
        return any(
            not set(getattr(asked, name)).isdisjoint(getattr(subject, name))
            for name in ("contact_ids", "lead_ids", "user_ids", "emails")
        )


class LegalHoldDraft(Value):
    """A hold to be placed: exactly one of `subject`, `record` and `all`."""

    subject: Annotated[AskedSubject | None, Field(description="Everything on this person.")] = None
    record: Annotated[HeldRecord | None, Field(description="One record, or one job with its files.")] = None
    all: Annotated[bool, Field(description="Everything of the tenant.")] = False
    reason: Annotated[str, Field(min_length=1, max_length=1000, description="Why, for whoever ends it.")]
    until: Annotated[
        date | None, Field(description="The last day; without it the hold is ended by hand.")
    ] = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.subject is not None) + (self.record is not None) + self.all != 1:
            raise PydanticCustomError("one_of", "give exactly one of subject, record and all")
        return self
