"""The mails that a stack has sent, whoever wrote them: the emulator keeps all of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.request import urlopen

from zebros_local.errors import LocalStackError
from zebros_local.state import StackState

_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Mail:
    """A mail as it was sent."""

    to: tuple[str, ...]
    subject: str
    text: str


def mails(state: StackState, address: str | None = None) -> list[Mail]:
    """Return the mails to this address, or all, oldest first. Raises `LocalStackError` without an emulator."""
    try:
        with urlopen(f"{state.endpoint}/_ministack/ses/messages", timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            accounts: dict[str, list[dict[str, Any]]] = json.load(answer)["messages"]
    except OSError as error:
        raise LocalStackError(f"The emulator does not show its mails: {error}") from error
    sent = [
        Mail(tuple(mail["To"]), str(mail["Subject"]), str(mail["BodyText"] or ""))
        for account in accounts.values()
        for mail in account
    ]
    return [mail for mail in sent if address is None or address in mail.to]
