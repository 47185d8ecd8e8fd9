"""What the use cases of e-mail need of the world: a language of templates, contacts, senders, a mail service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from zebros_activities.domain.email_template import EmailContent

__all__ = [
    "Attachment",
    "MailContacts",
    "MailTransport",
    "OutgoingMail",
    "Sender",
    "Senders",
    "TemplateEngine",
]


class TemplateEngine(Protocol):
    """Reads and renders templates. What a template may do is little, and bounded in work and size."""

    def check(self, content: EmailContent) -> None:
        """Raise ValidationError naming part, line and rule for everything that templates may not contain."""
        ...

    def render(self, content: EmailContent, variables: Mapping[str, Mapping[str, Any]]) -> EmailContent:
        """Return what a checked template says with these variables.

        Raises ValidationError: as `check`, and for a variable without a value, or a result that is too large, empty
        or no subject.
        """
        ...


class MailContacts(Protocol):
    """Contacts, their customers and documents, as one caller may see them, by wire names."""

    def contact(self, contact_id: str) -> Mapping[str, Any] | None:
        """Return a live contact, or None. Raises UnavailableError."""
        ...

    def customer(self, customer_id: str) -> Mapping[str, Any] | None:
        """Return a live customer, or None. Raises UnavailableError."""
        ...

    def documents(self, document_ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """Return those of these documents that can be seen, by id. Raises UnavailableError."""
        ...

    def stop_contacting(self, contact_id: str) -> None:
        """Set `doNotContact`; a contact that is gone is no error. Raises UnavailableError."""
        ...


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes: empty where it is not known."""

    name: str = ""
    email: str = ""

    def variables(self) -> dict[str, str]:
        """Return what `sender.*` stands for."""
        return {name: value for name, value in (("name", self.name), ("email", self.email)) if value}


class Senders(Protocol):
    """The people of a tenant, as this service knows them."""

    def sender(self, user_id: str) -> Sender:
        """Return name and address of somebody; empty for somebody who is not known (yet)."""
        ...


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail."""

    file_name: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail to one contact. ``tags`` come back with what the mail service reports of it."""

    to: str
    content: EmailContent
    sender: Sender
    unsubscribe_url: str
    tags: Mapping[str, str]
    attachments: tuple[Attachment, ...] = ()


class MailTransport(Protocol):
    """Hands mails over to the mail service."""

    @property
    def enabled(self) -> bool:
        """Whether this stage sends mail at all."""
        ...

    def send(self, mail: OutgoingMail) -> str:
        """Hand over, once, and return the service's id of the mail.

        Raises NotTakenError, RefusedError, DeliveryUncertainError.
        """
        ...
