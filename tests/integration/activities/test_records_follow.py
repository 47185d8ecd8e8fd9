"""What activities leave behind elsewhere: when somebody was last contacted, timelines over services, what is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from deployed_stack import Deployment, Member, eventually, unique

pytestmark = pytest.mark.integration


def plan(member: Member, **fields: Any) -> dict[str, Any]:
    body = {"type": "call", "subject": unique("Call"), **fields}
    return member.ask("POST", "/v1/activities", body)


def test_a_contact_shows_when_somebody_last_spoke_to_them(home: Member, stranger: Member) -> None:
    contact, theirs = home.contact(), stranger.contact()
    path = f"/v1/contacts/{contact['contactId']}"
    assert home.ask("GET", path)["lastContactedAt"] is None
    call = plan(home, relatedType="contact", relatedId=contact["contactId"])
    done = home.ask("POST", f"/v1/activities/{call['activityId']}/complete", {"outcome": "Will call back"})
    at = eventually(lambda: home.ask("GET", path)["lastContactedAt"])
    assert datetime.fromisoformat(at) == datetime.fromisoformat(done["completedAt"])

    earlier = f"{datetime.now(UTC) - timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}"
    plan(
        home,
        relatedType="contact",
        relatedId=contact["contactId"],
        status="completed",
        completedAt=earlier,
    )
    plan(home, type="note", relatedType="contact", relatedId=contact["contactId"], status="completed")
    other = plan(home, type="meeting", participants={"contactIds": [contact["contactId"]], "userIds": []})
    met = home.ask("POST", f"/v1/activities/{other['activityId']}/complete", {})["completedAt"]
    later = datetime.fromisoformat(met)
    eventually(lambda: datetime.fromisoformat(home.ask("GET", path)["lastContactedAt"]) == later)
    assert stranger.ask("GET", f"/v1/contacts/{theirs['contactId']}")["lastContactedAt"] is None


def test_a_customers_timeline_tells_of_all_services_and_of_one_company(
    home: Member, stranger: Member
) -> None:
    customer = home.customer()["customerId"]
    contact = home.contact(customer)["contactId"]
    deal = home.ask("POST", "/v1/opportunities", {"title": unique("Deal"), "customerId": customer})
    call = plan(home, relatedType="opportunity", relatedId=deal["opportunityId"])
    expected = {
        ("customer", customer),
        ("contact", contact),
        ("opportunity", deal["opportunityId"]),
        ("activity", call["activityId"]),
    }
    path = f"/v1/timeline/customer/{customer}"

    def told() -> bool:
        items = home.ask("GET", path)["items"]
        return expected <= {(item["entity"], item["id"]) for item in items}

    eventually(told)
    seen = stranger.get(path)
    assert seen.status_code == 404 or seen.json()["items"] == []


def test_what_is_overdue_is_counted_and_listed_until_it_is_done(
    deployment: Deployment, home: Member, stranger: Member
) -> None:
    late = plan(home, type="task", scheduledAt=f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}")
    path = f"/v1/activities/{late['activityId']}"

    def counted(member: Member, view: str, versions: int) -> int:
        """Return what the dashboard counts once it has heard of so many versions; it is cached, view by view."""
        eventually(lambda: len(home.ask("GET", f"{path}/history")["items"]) == versions)
        deployment.settle(deployment.queue("totals", "zebros-pipeline-local"))
        return member.ask("GET", "/v1/dashboard", params={"view": view})["overdueActivities"]["total"]

    assert (counted(home, "all", 1), counted(stranger, "all", 1)) == (1, 0)
    listed = home.ask("GET", "/v1/activities/overdue")["items"]
    assert [item["activityId"] for item in listed] == [late["activityId"]]
    home.ask("POST", f"{path}/complete", {})
    assert home.ask("GET", "/v1/activities/overdue")["items"] == []
    assert counted(home, "own", 2) == 0
