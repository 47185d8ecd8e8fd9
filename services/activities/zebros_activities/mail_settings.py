"""What the functions that send mail are told by their environment; empty text means "not set"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Sender (``Name <address>`` or an address), where answers go that go to no person, SES's configuration set, and
    where the API is reached by mail programs. Without a sender or that address no mail is sent: one that cannot be
    unsubscribed from is none of ours.
    """

    sender: str = ""
    reply_to: str = ""
    configuration_set: str = ""
    public_api_url: str = ""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> MailSettings:
        """Read the environment; nothing here is required, since most functions send no mail."""

        def text(name: str) -> str:
            return environ.get(name, "").strip()

        return cls(
            sender=text("MAIL_FROM"),
            reply_to=text("MAIL_REPLY_TO"),
            configuration_set=text("MAIL_CONFIGURATION_SET"),
            public_api_url=text("PUBLIC_API_URL").rstrip("/"),
        )
