"""Reports by mail through Amazon SES, as whole messages: only those can carry files."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any, Final

from zebros_core.delivery import mail_address, once_client, send_by_ses
from zebros_jobs.domain.reports.ports import ReportMail
from zebros_jobs.settings import Settings

__all__ = ["SesReportMailer", "compose"]

_POLICY: Final = SMTP.clone(cte_type="7bit")


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
        return send_by_ses(
            self._client(),
            {"Raw": {"Data": compose(mail, self._settings.mail_from)}},
            sender=parseaddr(self._settings.mail_from)[1],
            to=mail.to,
            tags=mail.tags,
            configuration_set=self._settings.mail_configuration_set,
        )


def compose(mail: ReportMail, sender: str) -> bytes:
    """Return a mail as SMTP carries it."""
    name, address = parseaddr(sender)
    message = EmailMessage(policy=_POLICY)
    message["From"] = mail_address(mail.sender_name or name, address)
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
