"""Mails to Amazon SES."""

from __future__ import annotations

from typing import Any, Final

from zebros_auth.domain.ports_mail import MailMessage
from zebros_auth.notification_settings import MailSettings
from zebros_core.delivery import RefusedError, code_of, told_apart

_REFUSED: Final = frozenset({"MessageRejected", "BadRequestException"})


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
        from botocore.exceptions import ClientError

        content = message.content
        request: dict[str, Any] = {
            "FromEmailAddress": self._settings.sender,
            "Destination": {"ToAddresses": [message.to]},
            "Content": {
                "Simple": {
                    "Subject": _utf8(content.subject),
                    "Body": {"Text": _utf8(content.text), "Html": _utf8(content.html)},
                    # No answer from an absent reader's program (RFC 3834).
                    "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
                }
            },
            "EmailTags": [{"Name": name, "Value": value} for name, value in message.tags.items()],
        }
        if self._settings.reply_to:
            request["ReplyToAddresses"] = [self._settings.reply_to]
        if self._settings.configuration_set:
            request["ConfigurationSetName"] = self._settings.configuration_set
        with told_apart():
            try:
                return str(self._client().send_email(**request)["MessageId"])
            except ClientError as error:
                if code_of(error) in _REFUSED:
                    raise RefusedError(code_of(error)) from error
                raise


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
