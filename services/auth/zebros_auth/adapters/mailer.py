"""Mails to Amazon SES."""

from __future__ import annotations

from typing import Any

from zebros_auth.domain.ports_mail import MailMessage
from zebros_auth.notification_settings import MailSettings
from zebros_core.delivery import send_by_ses


class SesTransport:
    """Hands mails to SES under the stage's sender and configuration set, whose events come back as feedback."""

    def __init__(self, client: Any, settings: MailSettings) -> None:
        """`client` returns the client of SES (API version 2), made when first called; it may not retry."""
        self._client = client
        self._settings = settings

    @property
    def enabled(self) -> bool:
        """Whether the stage has an address to send from."""
        return bool(self._settings.sender)

    def send(self, message: MailMessage) -> str:
        """See `MailTransport`."""
        content = message.content
        simple = {
            "Subject": _utf8(content.subject),
            "Body": {"Text": _utf8(content.text), "Html": _utf8(content.html)},
            # No answer from an absent reader's program (RFC 3834).
            "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
        }
        return send_by_ses(
            self._client(),
            {"Simple": simple},
            sender=self._settings.sender,
            to=message.to,
            tags=message.tags,
            configuration_set=self._settings.configuration_set,
            reply_to=self._settings.reply_to,
        )


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
