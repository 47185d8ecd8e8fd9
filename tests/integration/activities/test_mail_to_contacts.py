"""A mail to a contact: sent, reported on, and not sent again to somebody who wants none."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from deployed_stack import Deployment, Member, eventually, unique

from zebros_activities.bootstrap import Container
from zebros_activities.settings import Settings

pytestmark = pytest.mark.integration


def reachable(member: Member, **fields: Any) -> dict[str, Any]:
    """Make a contact with an address."""
    address = f"{unique('mira').replace(' ', '.')}@tidewater.example"
    return member.contact(firstName="Mira", email=address, **fields)


def write(member: Member, contact: dict[str, Any], **fields: Any) -> dict[str, Any]:
    body = {"subject": unique("Hello"), "text": "Dear {{ contact.firstName }}", **fields}
    return member.ask("POST", "/v1/emails", {"contactId": contact["contactId"], **body})


def delivery(member: Member, activity: dict[str, Any], *statuses: str) -> dict[str, Any]:
    """Return what became of a mail, once it is one of these."""
    path = f"/v1/activities/{activity['activityId']}"

    def reached() -> dict[str, Any] | None:
        now = member.ask("GET", path)["delivery"]
        return now if now["status"] in statuses else None

    return eventually(reached)


def mails(deployment: Deployment, address: str) -> list[dict[str, Any]]:
    accounts = httpx.get(f"{deployment.state.endpoint}/_ministack/ses/messages").json()["messages"]
    return [mail for sent in accounts.values() for mail in sent if address in mail["To"]]


def report(deployment: Deployment, message: dict[str, Any]) -> None:
    """Publish what the mail service would report."""
    topics = deployment.aws("sns").list_topics()["Topics"]
    (topic,) = [
        found["TopicArn"] for found in topics if found["TopicArn"].endswith(":zebros-local-mail-feedback")
    ]
    deployment.aws("sns").publish(TopicArn=topic, Message=json.dumps(message))


def bounced(member: Member, activity: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    tags = {"tenantId": member.tenant.id, "service": "activities", "activityId": activity["activityId"]}
    return {
        "eventType": "Bounce",
        "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": sent["to"]}]},
        "mail": {
            "messageId": sent["messageId"],
            "destination": [sent["to"]],
            "tags": {name: [value] for name, value in tags.items()},
        },
    }


def test_a_mail_goes_out_once_and_is_an_activity_of_the_contact(
    deployment: Deployment, home: Member, stranger: Member
) -> None:
    contact = reachable(home)
    kept = write(home, contact)
    assert (kept["type"], kept["relatedId"]) == ("email", contact["contactId"])
    sent = delivery(home, kept, "sent")
    (mail,) = mails(deployment, contact["email"])
    assert mail["Subject"] == kept["subject"]
    assert mail["BodyText"].strip() == "Dear Mira"
    assert sent["messageId"] == mail["MessageId"]
    foreign = {"contactId": contact["contactId"], "subject": "Hello", "text": "x"}
    assert stranger.send("POST", "/v1/emails", foreign).status_code == 422
    assert stranger.get(f"/v1/activities/{kept['activityId']}").status_code == 404
    person = f"/v1/contacts/{contact['contactId']}"
    eventually(lambda: home.ask("GET", person)["lastContactedAt"])


def test_a_bounce_marks_the_mail_and_the_contact(
    deployment: Deployment, home: Member, stranger: Member
) -> None:
    contact, other = reachable(home), reachable(stranger)
    kept, theirs = write(home, contact), write(stranger, other)
    sent, untouched = delivery(home, kept, "sent"), delivery(stranger, theirs, "sent")
    told = bounced(home, kept, sent)
    for _ in range(2):
        report(deployment, told)
    # Under another company's name it is nothing.
    report(deployment, {**told, "mail": {**told["mail"], "messageId": untouched["messageId"]}})
    assert delivery(home, kept, "bounced")["messageId"] == sent["messageId"]
    path = f"/v1/contacts/{contact['contactId']}"
    eventually(lambda: home.ask("GET", path)["emailBouncedAt"])
    assert delivery(stranger, theirs, "sent") == untouched
    assert stranger.ask("GET", f"/v1/contacts/{other['contactId']}")["emailBouncedAt"] is None


def test_one_click_without_a_token_of_ours_ends_the_mails_to_that_contact(
    deployment: Deployment, home: Member
) -> None:
    contact, other = reachable(home), reachable(home)
    # The emulator keeps no header of a mail: the link is the one that the function `mail` writes into it.
    function = "zebros-activities-local-mail"
    told = deployment.aws("lambda").get_function_configuration(FunctionName=function)
    environ = told["Environment"]["Variables"] | {"AWS_ENDPOINT_URL": deployment.state.endpoint}
    mailing = Container(Settings.from_environ(environ)).mailing
    link = mailing.unsubscribe_url(home.tenant.id, contact["contactId"])
    assert link.startswith(deployment.state.api_url)

    page = deployment.http.get(link)
    assert (page.status_code, "Unsubscribe" in page.text) == (200, True)
    path = f"/v1/contacts/{contact['contactId']}"
    assert home.ask("GET", path)["doNotContact"] is False, "looking is not asking"
    one_click = {"List-Unsubscribe": "One-Click"}
    assert deployment.http.post(link, data=one_click).status_code == 200
    assert home.ask("GET", path)["doNotContact"] is True
    assert home.ask("GET", f"/v1/contacts/{other['contactId']}")["doNotContact"] is False

    wish = {"contactId": contact["contactId"], "subject": "Hello", "text": "x"}
    refused = home.send("POST", "/v1/emails", wish)
    assert refused.status_code in (409, 422)
    assert deployment.http.post(f"{link[:-3]}xxx", data=one_click).status_code == 404
