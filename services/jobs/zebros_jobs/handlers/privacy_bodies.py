"""Privacy requests, legal holds and certificates as the API shows them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from zebros_core.http import WireModel
from zebros_core.values import Value
from zebros_jobs.domain.privacy import AskedSubject, HeldRecord, LegalHold, PrivacyKind, Reason
from zebros_jobs.handlers.bodies import JobBody
from zebros_jobs.use_cases.privacy.request_privacy import PrivacyView

__all__ = ["CertificateBody", "LegalHoldBody", "PrivacyDraft", "PrivacyRequestBody"]


class PrivacyDraft(Value):
    """A request: what for, about whom, and why."""

    kind: Annotated[PrivacyKind, Field(description="What is asked for.")]
    subject: Annotated[AskedSubject, Field(description="Whom it is about, by exactly one of these.")]
    reason: Annotated[
        Reason | None, Field(description="Why, for whoever looks at the request while it runs.")
    ] = None
    confirm: Annotated[
        bool, Field(description="Has to be true for an erasure: nothing brings an erased person back.")
    ] = False

    @model_validator(mode="after")
    def _confirmed(self) -> Self:
        if self.kind is PrivacyKind.ERASURE and not self.confirm:
            raise PydanticCustomError("unconfirmed", "an erasure cannot be undone: say so with confirm")
        return self


class RequestSubjectBody(WireModel):
    """Whom a request is about: ids for ever, addresses until it is done, hashes of them afterwards."""

    contact_ids: list[str]
    lead_ids: list[str]
    user_ids: list[str]
    emails: list[str]
    email_hashes: list[str]


class PrivacyRequestBody(JobBody):
    """A request: the job that carries it out, what it is for, about whom, and how it ended."""

    request: PrivacyKind
    outcome: Literal["done", "partly", "held", "nobodyFound", "stopped"] | None
    subject: RequestSubjectBody
    reason: str | None
    again_of: str | None

    @classmethod
    def of_view(cls, view: PrivacyView) -> PrivacyRequestBody:
        """Return the body of a request."""
        job = JobBody.of(view.view)
        known, private = view.parameters.subject, view.private
        return cls(
            **{name: getattr(job, name) for name in JobBody.model_fields},
            request=view.parameters.request,
            outcome=(job.result or {}).get("outcome"),
            subject=RequestSubjectBody(
                contact_ids=list(known.contact_ids),
                lead_ids=list(known.lead_ids),
                user_ids=list(known.user_ids),
                emails=list(private.asked.emails) if private else [],
                email_hashes=list(known.email_hashes),
            ),
            reason=private.reason if private else None,
            again_of=view.parameters.again,
        )


class CertificateBody(WireModel):
    """The certificate of an erasure: `signed` is a compact JWS of exactly `certificate`, by the key `publicKey`."""

    certificate: dict[str, Any]
    signed: str
    public_key: str


class LegalHoldBody(WireModel):
    """A legal hold."""

    hold_id: str
    subject: AskedSubject | None
    record: HeldRecord | None
    all: bool
    reason: str
    until: date | None
    in_force: bool
    created_at: str
    created_by: str

    @classmethod
    def of(cls, hold: LegalHold, today: date) -> LegalHoldBody:
        """Return the body of a hold."""
        own = {name: getattr(hold, name) for name in LegalHold.model_fields if name != "id"}
        return cls(hold_id=hold.id, in_force=hold.is_in_force(today), **own)


class LegalHoldsBody(WireModel):
    """All legal holds of the tenant, the oldest first."""

    items: list[LegalHoldBody]
