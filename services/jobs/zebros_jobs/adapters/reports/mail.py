"""Reports by mail through Amazon SES, as whole messages: only those can carry files."""

from __future__ import annotations

from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any, Final

from zebros_core.delivery import RefusedError, code_of, once_client, told_apart
from zebros_jobs.domain.reports.ports import ReportMail
from zebros_jobs.settings import Settings

__all__ = ["SesReportMailer", "compose"]

_REFUSED: Final = frozenset({"MessageRejected", "BadRequestException"})
_POLICY: Final = SMTP.clone(cte_type="7bit")
_NOT_IN_NAMES: Final = str.maketrans(dict.fromkeys('"<>\\\r\n', " "))


class SesReportMailer:
    """The `ReportMailer` of a stage."""

    def __init__(self, settings: Settings, client: Callable[[], Any] | None = None) -> None:
        """`client` returns the client of SES (API version 2), which may not retry; made at the first mail."""
        self._settings = settings
        self._client = client or (lambda: once_client(settings.core, "sesv2"))

    @property
    def enabled(self) -> bool:
        """Whether the stage has an address to send from."""
        return bool(self._settings.mail_from)

    def send(self, mail: ReportMail) -> str:
        """See `ReportMailer`."""
        from botocore.exceptions import ClientError

        request: dict[str, Any] = {
            "FromEmailAddress": parseaddr(self._settings.mail_from)[1],
            "Destination": {"ToAddresses": [mail.to]},
            "Content": {"Raw": {"Data": compose(mail, self._settings.mail_from)}},
            "EmailTags": [{"Name": name, "Value": value} for name, value in mail.tags.items()],
        }
        if self._settings.mail_configuration_set:
            request["ConfigurationSetName"] = self._settings.mail_configuration_set
        with told_apart():
            try:
                return str(self._client().send_email(**request)["MessageId"])
            except ClientError as error:
                if code_of(error) in _REFUSED:
                    raise RefusedError(code_of(error)) from error
                raise


def compose(mail: ReportMail, sender: str) -> bytes:
    """Return a mail as SMTP carries it."""
    name, address = parseaddr(sender)
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(display_name=_name(mail.sender_name) or name, addr_spec=address)
    message["To"] = mail.to
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = format_datetime(mail.at)
    message["Message-ID"] = f"<{mail.id}@{address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # no answer from an absent reader's program (RFC 3834)
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for file in mail.attachments:
        kind, _, subtype = file.content_type.partition(";")[0].partition("/")
        message.add_attachment(file.content, maintype=kind, subtype=subtype, filename=file.name)
    return message.as_bytes()


def _name(text: str) -> str:
    # A name may hold anything but what ends or begins an address.
    return " ".join(text.translate(_NOT_IN_NAMES).split())
