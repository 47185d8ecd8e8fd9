"""What use cases need to send mail: each message at most once, and none to an address that does not want any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from zebros_core.errors import ZebrosError

__all__ = [
    "MailContent",
    "MailMessage",
    "MailTemplateError",
    "MailTemplates",
    "MailTransport",
    "Mailer",
    "Outcome",
]


class Outcome(StrEnum):
    """What became of one message on one way."""

    SENT = "sent"
    ALREADY = "already"
    """It was sent before, or an attempt was cut off of which nobody knows how it ended."""
    SUPPRESSED = "suppressed"
    """The address bounced for good, or its owner complained."""
    REFUSED = "refused"
    """The service will never take it."""
    UNCERTAIN = "uncertain"
    """The service did not say whether it took it. It is not tried again."""
    OFF = "off"
    """This stage sends nothing on this way."""


class MailTemplateError(ZebrosError):
    """A template is missing, cannot be read, or asks for a value that it is not given."""

    code = "mail-template"
    default_detail = "The mail cannot be written."


@dataclass(frozen=True, slots=True)
class MailContent:
    """A mail as it is read: subject of one line, plain text and HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class MailMessage:
    """A mail to one person. ``tags`` come back with what the mail service reports of it later."""

    to: str
    content: MailContent
    tags: Mapping[str, str]


class MailTemplates(Protocol):
    """Writes mails."""

    def render(self, template: str, language: str, values: Mapping[str, str]) -> MailContent:
        """Return the mail in that language, or in English where it is not written in it.

        Raises MailTemplateError.
        """
        ...


class MailTransport(Protocol):
    """Hands mails over to the mail service."""

    @property
    def enabled(self) -> bool:
        """Whether this stage sends mail at all."""
        ...

    def send(self, message: MailMessage) -> str:
        """Hand over, once, and return the service's id of the mail.

        Raises NotTakenError, RefusedError, DeliveryUncertainError.
        """
        ...


class Mailer(Protocol):
    """Sends mails of one tenant's, each at most once."""

    def send(self, template: str, to: str, language: str, values: Mapping[str, str], key: str) -> bool:
        """Write a mail from a template and send it, unless one was sent under this key; tell whether it was now.

        - ``template``: ``{entity}.{what}``, such as ``tenant.welcome``.
        - ``language``: two letters; English where the template is not written in it.
        - ``values``: every name that the template asks for; ``appUrl`` is there without.
        - ``key``: up to 128 letters, digits, ``-`` and ``_``; good for 30 days.

        False: sent before, suppressed, refused for good, or the stage sends no mail; each is counted. An attempt
        that was cut off counts as sent: a mail may be lost, none comes twice. Raises NotTakenError when it was
        certainly not sent and may be tried again, MailTemplateError.
        """
        ...
