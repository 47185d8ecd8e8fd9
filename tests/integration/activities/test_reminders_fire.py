"""A reminder comes once, at its time: it is moved and taken back with its activity."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from deployed_stack import Deployment, Member, eventually, unique

pytestmark = pytest.mark.integration

GROUP = "zebros-local-reminders"
FIRES_SECONDS = 25.0
"""The emulator's scheduler is up to eight seconds late; then the mark, its event and the mail."""


class Reminded:
    """Somebody who plans activities and has an address."""

    def __init__(self, deployment: Deployment, admin: Member) -> None:
        self.deployment = deployment
        self.email = f"rep@{admin.tenant.id}.example"
        invitation = {"email": self.email, "name": "Ben Rep", "role": "sales-rep"}
        user = str(admin.ask("POST", "/v1/users", invitation)["userId"])
        self.person = deployment.member(admin.tenant, user, roles=["sales-rep"])

    def plan(self, at: datetime, **fields: Any) -> dict[str, Any]:
        """Plan a call at a time, to be reminded of a minute before."""
        body = {"type": "call", "subject": unique("Call"), "reminderMinutes": 1, **fields}
        return self.person.ask("POST", "/v1/activities", {**body, "scheduledAt": text(at)})

    def schedules(self, activity: dict[str, Any]) -> list[str]:
        """Return the names of the activity's schedules, which end in the second at which each fires."""
        found = self.deployment.aws("scheduler").list_schedules(GroupName=GROUP)["Schedules"]
        return [one["Name"] for one in found if activity["activityId"] in one["Name"]]

    def fires_at(self, activity: dict[str, Any]) -> list[int]:
        return [int(name.rsplit("-", 1)[1]) for name in self.schedules(activity)]

    def mails(self, about: str) -> list[str]:
        url = f"{self.deployment.state.endpoint}/_ministack/ses/messages"
        accounts = httpx.get(url).json()["messages"]
        sent = [mail for mails in accounts.values() for mail in mails]
        return [mail["Subject"] for mail in sent if self.email in mail["To"] and about in mail["Subject"]]


def text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"


def fires(at: datetime) -> int:
    return int((at - timedelta(minutes=1)).timestamp())


@pytest.fixture(scope="module")
def ben(deployment: Deployment, home: Member) -> Reminded:
    return Reminded(deployment, home)


def test_a_reminder_comes_once_and_tells_its_owner(ben: Reminded, stranger: Member) -> None:
    call = ben.plan(datetime.now(UTC) + timedelta(hours=2))
    path = f"/v1/activities/{call['activityId']}"
    (name,) = eventually(lambda: ben.schedules(call))
    # Its time comes at once.
    scheduler = ben.deployment.aws("scheduler")
    schedule = scheduler.get_schedule(GroupName=GROUP, Name=name)
    kept = ("Name", "GroupName", "FlexibleTimeWindow", "ActionAfterCompletion", "Target")
    scheduler.update_schedule(
        **{name: schedule[name] for name in kept},
        ScheduleExpression=f"at({datetime.now(UTC):%Y-%m-%dT%H:%M:%S})",
    )
    reminded = eventually(lambda: ben.person.ask("GET", path)["remindedAt"], seconds=FIRES_SECONDS)
    assert eventually(lambda: ben.mails(call["subject"])) == [f"Reminder: {call['subject']}"]
    eventually(lambda: ben.schedules(call) == [])

    # What comes again finds it reminded of.
    queue = ben.deployment.queue("remind", "zebros-activities-local")
    ben.deployment.aws("sqs").send_message(QueueUrl=queue, MessageBody=schedule["Target"]["Input"])
    eventually(lambda: ben.deployment.waiting(queue) == 0)
    assert ben.person.ask("GET", path)["remindedAt"] == reminded
    assert len(ben.mails(call["subject"])) == 1
    assert stranger.get(path).status_code == 404


def test_a_reminder_moves_with_its_activity_and_goes_when_it_is_done_or_deleted(ben: Reminded) -> None:
    monday = datetime.now(UTC).replace(microsecond=0) + timedelta(days=5)
    call, other = ben.plan(monday), ben.plan(monday)
    eventually(lambda: ben.fires_at(call) == [fires(monday)])
    later = monday + timedelta(hours=3)
    ben.person.ask("PATCH", f"/v1/activities/{call['activityId']}", {"scheduledAt": text(later)})
    eventually(lambda: ben.fires_at(call) == [fires(later)])
    ben.person.ask("POST", f"/v1/activities/{call['activityId']}/complete", {})
    eventually(lambda: ben.schedules(call) == [])
    ben.person.ask("DELETE", f"/v1/activities/{other['activityId']}")
    eventually(lambda: ben.schedules(other) == [])
