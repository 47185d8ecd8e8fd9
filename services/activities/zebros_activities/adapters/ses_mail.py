"""Mails to contacts by Amazon SES, as whole messages: only those can carry files and headers of their own."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any, Final

from zebros_activities.domain.ports_mail import OutgoingMail
from zebros_activities.mail_settings import MailSettings
from zebros_core.clock import Clock
from zebros_core.delivery import mail_address, send_by_ses

_COMPOSITE: Final = frozenset({"message", "multipart"})
"""Types whose content is part of the message itself, and may not be encoded as a file is (RFC 2045, section 6.4)."""
_POLICY: Final = SMTP.clone(cte_type="7bit")


class SesMailTransport:
    """The `MailTransport` of a container."""

    def __init__(self, client: Callable[[], Any], settings: MailSettings, clock: Clock) -> None:
        """`client` returns the client of SES (API version 2), made when first called; it may not retry."""
        self._client = client
        self._settings = settings
        self._clock = clock

    @property
    def enabled(self) -> bool:
        """Whether the stage has an address to send from, and one at which people can unsubscribe."""
        return bool(self._settings.sender and self._settings.public_api_url)

    def send(self, mail: OutgoingMail) -> str:
        """See `MailTransport`."""
        return send_by_ses(
            self._client(),
            {"Raw": {"Data": compose(mail, self._settings, self._clock)}},
            sender=parseaddr(self._settings.sender)[1],
            to=mail.to,
            tags=mail.tags,
            configuration_set=self._settings.configuration_set,
        )


def compose(mail: OutgoingMail, settings: MailSettings, clock: Clock) -> bytes:
    """Return a mail as SMTP carries it. The same mail at the same moment gives the same headers."""
    message = EmailMessage(policy=_POLICY)
    stage_name, stage_address = parseaddr(settings.sender)
    message["From"] = mail_address(mail.sender.name or stage_name, stage_address)
    message["To"] = mail.to
    reply_to = mail.sender.email or settings.reply_to
    if reply_to:
        message["Reply-To"] = reply_to
    message["Subject"] = mail.content.subject
    message["Date"] = format_datetime(clock.now())
    # SES puts its own in its place, which becomes the `messageId` of the activity; whatever is before it knows a
    # repetition by this one.
    message["Message-ID"] = f"<{mail.tags['activityId']}@{stage_address.rpartition('@')[2]}>"
    message["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    message.set_content(mail.content.text)
    if mail.content.html is not None:
        message.add_alternative(mail.content.html, subtype="html")
    for attachment in mail.attachments:
        kind, _, subtype = attachment.content_type.partition("/")
        if kind in _COMPOSITE:
            kind, subtype = "application", "octet-stream"
        message.add_attachment(
            attachment.content, maintype=kind, subtype=subtype, filename=attachment.file_name
        )
    return message.as_bytes()
