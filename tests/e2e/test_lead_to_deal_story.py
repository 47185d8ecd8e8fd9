"""A small sale from beginning to end: a lead is converted, its opportunity won, a call made, a mail sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from command_line import Terminal
from deployed_stack import Deployment, Member, eventually

from zebros_local.mailbox import mails

pytestmark = pytest.mark.e2e


class Seller:
    """Somebody who sells, at a terminal."""

    def __init__(self, deployment: Deployment, member: Member, config: Path) -> None:
        self.terminal = Terminal(deployment, config, {"ZEBROS_TOKEN": member.token})

    def shown(self, *arguments: str) -> Any:
        """Run a command; return the JSON that it printed."""
        return json.loads(self.terminal.succeed(*arguments, "--json"))

    def refused(self, *arguments: str) -> tuple[int, str]:
        """Run a command that must not succeed; return its exit code and what it said."""
        done = self.terminal.run(*arguments)
        return done.returncode, done.stderr


@pytest.fixture
def seller(deployment: Deployment, home: Member, tmp_path: Path) -> Seller:
    return Seller(deployment, home, tmp_path / "seller")


@pytest.fixture
def other(deployment: Deployment, stranger: Member, tmp_path: Path) -> Seller:
    return Seller(deployment, stranger, tmp_path / "other")


def test_a_lead_becomes_a_deal_that_is_won_and_its_story_can_be_read(
    deployment: Deployment, seller: Seller, other: Seller
) -> None:
    address = f"mira-{token_hex(4)}@marsh-mills.example"
    lead = seller.shown(
        *("leads", "create", "Marsh", "--first-name", "Mira", "--company", f"Marsh Mills {token_hex(4)}"),
        *("--email", address, "--source", "fair", "--estimated-value", "12000"),
    )
    convert = ("leads", "convert", lead["leadId"], "--title", "Cargo bikes", "--stage", "proposal")
    done = seller.shown(*convert)
    assert seller.shown(*convert) == done, "a lead is converted once"
    assert seller.shown("leads", "show", lead["leadId"])["status"] == "converted"
    assert seller.refused("leads", "update", lead["leadId"], "--score", "1")[0] == 5
    contact = seller.shown("contacts", "get", done["contactId"])
    assert (contact["email"], contact["customerId"]) == (address, done["customerId"])

    deal = done["opportunityId"]
    assert seller.shown("deals", "show", deal)["value"] == 12000
    code, said = seller.refused("deals", "move", deal, "lost")
    assert (code, "lossReason" in said) == (7, True)
    won = seller.shown("deals", "move", deal, "won", "--value", "11800")
    assert (won["outcome"], won["value"]) == ("won", 11800)
    code, said = seller.refused("deals", "move", deal, "proposal")
    assert (code, "zebros opportunities reopen" in said) == (5, True)
    assert [span["stage"] for span in seller.shown("deals", "stages", deal)] == ["proposal", "won"]
    assert [each["opportunityId"] for each in seller.shown("deals", "recent", "--won")] == [deal]

    soon = (datetime.now(UTC) + timedelta(hours=2)).isoformat(timespec="seconds")
    about = ("--about", f"opportunity:{deal}")
    call = seller.shown(
        "activities", "create", "call", "Say thank you", *about, "--at", soon, "--remind", "15"
    )
    assert call["customerId"] == done["customerId"]
    upcoming = seller.shown("activities", "upcoming", "--customer", done["customerId"])
    assert [each["activityId"] for each in upcoming] == [call["activityId"]]
    seller.shown("activities", "comment", call["activityId"], "She prefers mornings")
    finished = seller.shown("activities", "complete", call["activityId"], "--outcome", "pleased")
    assert (finished["status"], finished["outcome"]) == ("completed", "pleased")
    assert call["activityId"] in {each["activityId"] for each in seller.shown("activities", "completed")}

    def happened() -> bool:
        told = seller.shown("timeline", "customer", done["customerId"])
        return {"Cargo bikes", "Say thank you"} <= {entry["title"] for entry in told}

    eventually(happened)
    eventually(lambda: seller.shown("pipeline", "value")["summary"]["wonCount"] == 1)
    assert seller.shown("pipeline", "value")["summary"]["won"] == 11800

    for command in (
        ("leads", "show", lead["leadId"]),
        ("deals", "show", deal),
        ("deals", "move", deal, "proposal"),
        ("activities", "show", call["activityId"]),
        ("timeline", "customer", done["customerId"]),
    ):
        assert other.refused(*command)[0] == 4
    assert other.shown("pipeline", "value")["summary"]["wonCount"] == 0
    code, said = other.refused("activities", "create", "call", "Spy", *about)
    assert (code, "/relatedId" in said) == (7, True)


def test_a_mail_from_a_template_goes_once_and_is_logged(
    deployment: Deployment, seller: Seller, other: Seller
) -> None:
    address = f"ada-{token_hex(4)}@reed.example"
    contact = seller.shown("contacts", "create", "Reed", "--first-name", "Ada", "--email", address)[
        "contactId"
    ]
    template = seller.shown(
        *("templates", "create", f"Offer {token_hex(4)}", "--subject", "Offer {{ values.offer }}"),
        *("--text", "Dear {{ contact.firstName }},\nhere it is."),
    )["templateId"]
    code, said = seller.refused(
        "templates", "create", "Bad", "--subject", "S", "--text", "{{ ''.__class__ }}"
    )
    assert (code, "/text" in said) == (7, True)

    options = ("--template", template, "--set", "offer=Q-17")
    preview = seller.shown("emails", "preview", contact, *options)
    assert (preview["subject"], preview["text"].splitlines()[0]) == ("Offer Q-17", "Dear Ada,")
    sent = seller.shown("emails", "send", contact, *options, "--about", f"contact:{contact}")
    assert (sent["type"], sent["delivery"]["to"]) == ("email", address)

    def delivered() -> list[str]:
        return [mail.subject for mail in mails(deployment.state, address)]

    assert eventually(delivered) == ["Offer Q-17"]
    eventually(
        lambda: seller.shown("activities", "show", sent["activityId"])["delivery"]["status"] != "queued"
    )
    assert [mail.subject for mail in mails(deployment.state, address)] == ["Offer Q-17"]
    assert other.refused("emails", "send", contact, *options)[0] in {4, 7}
    assert other.refused("templates", "show", template)[0] == 4

    reluctant = seller.shown(
        "contacts", "create", "Hush", "--email", f"hush-{token_hex(4)}@b.example", "--do-not-contact"
    )
    code, said = seller.refused("emails", "send", reluctant["contactId"], *options)
    assert code in {5, 7}, said
