"""What the mail service reports of a mail that was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic import ValidationError as PydanticError
from pydantic.alias_generators import to_camel

from zebros_core.messaging import MalformedMessageError
from zebros_core.tenancy.context import is_tenant_id
from zebros_core.values import normalised_email

__all__ = ["MailFeedback", "parse_feedback"]

_Text = Annotated[str, Field(min_length=1, max_length=512)]


@dataclass(frozen=True, slots=True)
class MailFeedback:
    """One report. ``unwanted`` are the addresses at which nothing more is to be sent, ``reason`` says why.

    ``tenant_id`` is empty where the mail was not one of ours with our tags; ``tags`` are those that it was sent with.
    """

    mail_id: str
    type: str
    tenant_id: str
    unwanted: tuple[str, ...] = ()
    reason: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def key(self) -> tuple[str, ...]:
        """What a queue's reports of one mail have in common."""
        return self.tenant_id, self.mail_id


class _Shape(BaseModel):
    # The service adds members as it likes: what is not read here is not looked at.
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", strict=True)


class _Recipient(_Shape):
    email_address: _Text


class _Bounce(_Shape):
    bounce_type: _Text
    bounced_recipients: list[_Recipient]


class _Complaint(_Shape):
    complained_recipients: list[_Recipient]
    complaint_feedback_type: str | None = None


class _Mail(_Shape):
    message_id: _Text
    destination: list[str] = []
    tags: dict[str, list[str]] = {}


class _Report(_Shape):
    event_type: _Text
    mail: _Mail
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None


_NOT_SPAM: Final = "not-spam"


def parse_feedback(message: Mapping[str, Any]) -> MailFeedback:
    """Read a report of Amazon SES's event publishing. Raises MalformedMessageError.

    Only a bounce for good and a complaint make an address unwanted; of those that are named, only who got this mail.
    """
    try:
        report = _Report.model_validate(message)
    except PydanticError as error:
        raise MalformedMessageError("The message is no report of the mail service.") from error
    tags = {name: values[0] for name, values in report.mail.tags.items() if values}
    tenant_id = tags.get("tenantId", "")
    named, reason = _unwanted(report)
    sent_to = {normalised_email(address) for address in report.mail.destination}
    return MailFeedback(
        mail_id=report.mail.message_id,
        type=report.event_type,
        tenant_id=tenant_id if is_tenant_id(tenant_id) else "",
        unwanted=tuple(sorted({normalised_email(one.email_address) for one in named} & sent_to)),
        reason=reason,
        tags=tags,
    )


def _unwanted(report: _Report) -> tuple[list[_Recipient], str]:
    bounce = report.bounce if report.event_type == "Bounce" else None
    if bounce is not None and bounce.bounce_type == "Permanent":
        return bounce.bounced_recipients, "bounced"
    complaint = report.complaint if report.event_type == "Complaint" else None
    if complaint is not None and complaint.complaint_feedback_type != _NOT_SPAM:
        return complaint.complained_recipients, "complained"
    return [], ""
