"""Somebody is given a customer, and is told: by mail, once, in their language and their hours."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from deployed_stack import Deployment, Member, eventually, unique

from zebros_core.ids import derived_id
from zebros_core.messaging import EntityChanged, Operation

pytestmark = pytest.mark.integration

AUTH = "zebros-auth-local"


class Company:
    """A tenant with an admin, a manager who gives customers away, and somebody who gets them."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.tenant = deployment.register("pool")
        self.admin = deployment.member(self.tenant)
        self.email = f"{self.tenant.id}@mail.example"
        invitation = {"email": self.email, "name": "Ben Rep", "role": "sales-rep", "language": "de"}
        self.ben = str(self.admin.ask("POST", "/v1/users", invitation)["userId"])
        self.manager = deployment.member(self.tenant, "max", roles=["sales-manager"])

    def as_ben(self) -> Member:
        return self.deployment.member(self.tenant, self.ben, roles=["sales-rep"])

    def prefer(self, **preferences: Any) -> None:
        self.as_ben().ask("PATCH", "/v1/me/preferences", preferences)

    def give(self) -> dict[str, Any]:
        """The manager makes a customer and gives it to Ben; return it as it is then."""
        made = self.manager.customer(unique("Tidewater"))
        path = f"/v1/customers/{made['customerId']}"
        return self.manager.ask("PATCH", path, {"ownerId": self.ben})

    def mails(self, about: str) -> list[dict[str, Any]]:
        """Return the mails to Ben that have this in their subject."""
        url = f"{self.deployment.state.endpoint}/_ministack/ses/messages"
        accounts = httpx.get(url).json()["messages"]
        sent = [mail for mails in accounts.values() for mail in mails]
        return [mail for mail in sent if self.email in mail["To"] and about in mail["Subject"]]

    def schedules(self, record_id: str) -> list[dict[str, Any]]:
        """Return the schedules that wait to tell Ben of a record."""
        scheduler = self.deployment.aws("scheduler")
        group = "zebros-local-notifications"
        names = [found["Name"] for found in scheduler.list_schedules(GroupName=group)["Schedules"]]
        found = [scheduler.get_schedule(GroupName=group, Name=name) for name in names]
        return [one for one in found if f'"recordId":"{record_id}"' in one["Target"]["Input"]]

    def queue(self, name: str) -> str:
        return self.deployment.aws("sqs").get_queue_url(QueueName=f"{AUTH}-{name}")["QueueUrl"]

    def settle(self, *names: str) -> None:
        """Wait until what lies in these queues is done: each twice, since one feeds the next."""
        for _ in range(2):
            for name in names:
                url = self.queue(name)
                eventually(lambda url=url: self.deployment.waiting(url) == 0)


@pytest.fixture(scope="module")
def company(deployment: Deployment) -> Company:
    return Company(deployment)


def event_of(company: Company, customer: dict[str, Any]) -> EntityChanged:
    """The event that the stream published of the customer's last change."""
    version, id = customer["version"], customer["customerId"]
    operation = Operation.UPDATED
    return EntityChanged(
        event_id=derived_id(company.tenant.id, "customer", id, str(version), operation),
        tenant_id=company.tenant.id,
        entity="customer",
        id=id,
        version=version,
        operation=operation,
        changed=("ownerId",),
        actor=company.manager.user,
        occurred_at=datetime.fromisoformat(customer["updatedAt"]),
        snapshot={"ownerId": customer["ownerId"], "companyName": customer["companyName"]},
    )


def test_the_new_owner_gets_one_mail_in_their_language_however_often_the_event_comes(
    company: Company,
) -> None:
    customer = company.give()
    name = customer["companyName"]
    (mail,) = eventually(lambda: company.mails(name))
    assert mail["Subject"] == f"{name} gehört jetzt Ihnen"
    assert "Guten Tag Ben Rep" in mail["BodyText"]
    assert f"<strong>{name}</strong>" in mail["BodyHtml"]
    assert mail["Source"] == "Zebros <no-reply@zebros.example>"

    event = json.loads(event_of(company, customer).to_wire())
    body = {"source": "zebros.customers", "detail-type": "EntityChanged", "detail": event}
    for _ in range(2):
        company.deployment.aws("sqs").send_message(
            QueueUrl=company.queue("concerns"), MessageBody=json.dumps(body)
        )
    company.settle("concerns", "delivery")
    assert len(company.mails(name)) == 1


def test_nobody_is_told_of_what_they_took_themselves(company: Company) -> None:
    mine = company.as_ben().customer(unique("Own"))
    theirs = company.give()
    # Events of one tenant's table come in order: when the second is told, the first was read.
    assert eventually(lambda: company.mails(theirs["companyName"]))
    assert company.mails(mine["companyName"]) == []


def test_in_quiet_hours_a_schedule_waits_for_their_end(company: Company) -> None:
    now = datetime.now(UTC)
    begin, end = now - timedelta(hours=2), now + timedelta(hours=2)
    company.prefer(timeZone="UTC", quietHours={"from": f"{begin:%H:%M}", "to": f"{end:%H:%M}"})
    customer = company.give()
    (schedule,) = eventually(lambda: company.schedules(customer["customerId"]))
    company.settle("concerns", "delivery")
    assert company.mails(customer["companyName"]) == []
    assert schedule["ScheduleExpression"] == f"at({end:%Y-%m-%dT%H:%M}:00)"
    assert schedule["ActionAfterCompletion"] == "DELETE"

    # The end comes at once, and Ben no longer wants to be left alone.
    company.prefer(quietHours=None)
    kept = ("Name", "GroupName", "FlexibleTimeWindow", "ActionAfterCompletion", "Target")
    company.deployment.aws("scheduler").update_schedule(
        **{name: schedule[name] for name in kept},
        ScheduleExpression=f"at({now:%Y-%m-%dT%H:%M:%S})",
    )
    assert len(eventually(lambda: company.mails(customer["companyName"]))) == 1
    assert eventually(lambda: company.schedules(customer["customerId"]) == [])


def test_an_address_that_bounced_gets_no_more_mail(deployment: Deployment) -> None:
    company, other = Company(deployment), Company(deployment)
    before = company.give()
    assert eventually(lambda: company.mails(before["companyName"]))
    report = {
        "eventType": "Bounce",
        "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": company.email}]},
        "mail": {
            "messageId": "m-1",
            "destination": [company.email],
            "tags": {"tenantId": [company.tenant.id], "key": ["k"]},
        },
    }
    topics = deployment.aws("sns").list_topics()["Topics"]
    (topic,) = [
        found["TopicArn"] for found in topics if found["TopicArn"].endswith(":zebros-local-mail-feedback")
    ]
    for _ in range(2):
        deployment.aws("sns").publish(TopicArn=topic, Message=json.dumps(report))
    company.settle("feedback")
    after, elsewhere = company.give(), other.give()
    assert eventually(lambda: other.mails(elsewhere["companyName"]))
    company.settle("concerns", "delivery")
    assert company.mails(after["companyName"]) == []


def test_a_device_is_the_callers_own(company: Company) -> None:
    ben = company.as_ben()
    body = {"platform": "apns", "token": unique("token").replace(" ", "-"), "name": "iPhone"}
    made = ben.ask("POST", "/v1/me/devices", body)
    assert ben.ask("GET", "/v1/me/devices")["items"] == [made]
    assert company.manager.ask("GET", "/v1/me/devices")["items"] == []
    assert company.manager.send("DELETE", f"/v1/me/devices/{made['deviceId']}").status_code == 404
    ben.ask("DELETE", f"/v1/me/devices/{made['deviceId']}")
