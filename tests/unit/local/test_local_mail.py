"""Mail by SMTP, handed over to the emulator's SES as it came."""

from __future__ import annotations

import asyncio
from typing import Any

from aiosmtpd.smtp import Envelope
from botocore.exceptions import ClientError

from zebros_local.mail import ToSes


class Ses:
    """SES that keeps what it is given, or refuses."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.verified: list[str] = []
        self.sent: list[dict[str, Any]] = []
        self._refuses = refuses

    def verify_email_identity(self, **request: str) -> None:
        self.verified.append(request["EmailAddress"])

    def send_raw_email(self, **request: Any) -> None:
        if self._refuses:
            raise ClientError({"Error": {"Code": "MessageRejected", "Message": "no"}}, "SendRawEmail")
        assert request["Source"] in self.verified
        self.sent.append(request)


def deliver(ses: Ses) -> str:
    envelope = Envelope()
    envelope.mail_from = "no-reply@zebros.example"
    envelope.rcpt_tos = ["ada@aurora.example", "bo@borealis.example"]
    envelope.content = "Subject: Grüße\r\n\r\nText".encode()
    return asyncio.run(ToSes(ses).handle_DATA(None, None, envelope))  # type: ignore[arg-type]


def test_a_mail_goes_to_all_its_recipients_unchanged() -> None:
    ses = Ses()
    assert deliver(ses).startswith("250")
    [sent] = ses.sent
    assert sent["Destinations"] == ["ada@aurora.example", "bo@borealis.example"]
    assert sent["RawMessage"]["Data"] == "Subject: Grüße\r\n\r\nText".encode()


def test_a_mail_that_ses_does_not_take_is_to_be_sent_again() -> None:
    assert deliver(Ses(refuses=True)).startswith("451")
