"""Today's, upcoming, overdue and completed activities, and ranges of dates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from activity_records import activity, contact, customer
from callers import Person
from table_changes import queued

from zebros_core.clock import FixedClock
from zebros_core.messaging import EntityChanged, Operation


def subjects(person: Person, path: str, **query: Any) -> list[str]:
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = person.get(f"/v1/activities{path}", **query, **cursor)
        assert answer.status == 200, answer.text
        found += [item["subject"] for item in answer.body["items"]]
        if answer.body["nextCursor"] is None:
            return found
        cursor = {"cursor": answer.body["nextCursor"]}


def lives_in(container: Any, person: Person, zone: str, *, version: int = 1, user: str | None = None) -> None:
    """Bring the event by which the auth service tells of somebody's time zone."""
    from zebros_activities.handlers import events

    change = EntityChanged(
        event_id=f"e-{version}",
        tenant_id=person.tenant,
        entity="user",
        id=user or person.user,
        version=version,
        operation=Operation.UPDATED,
        occurred_at=container.clock.now(),
        snapshot={"name": "Ada", "email": "ada@example.com", "preferences": {"timeZone": zone}},
    )
    consumer = container.consumer(
        "people",
        events._in_workspace(container, "people", events.keep_person),  # pyright: ignore[reportPrivateUsage]
        entities=frozenset({"user"}),
        fold=True,
        source="zebros.auth",
    )
    assert consumer.handler(queued(change, source="zebros.auth")) == {"batchItemFailures": []}


def at(clock: FixedClock, text: str) -> None:
    clock.advance((datetime.fromisoformat(text) - clock.now()).total_seconds())


def test_today_is_the_owners_day_by_their_own_zone(
    both: tuple[Person, Person], container: Any, clock: FixedClock
) -> None:
    one, two = both
    for hour in (
        "2026-03-01T22:59:00Z",
        "2026-03-01T23:00:00Z",
        "2026-03-02T22:59:59Z",
        "2026-03-02T23:00:00Z",
    ):
        activity(one, subject=hour, scheduledAt=hour)
    activity(one, subject="no time")
    activity(two, subject="of another tenant", scheduledAt="2026-03-02T10:00:00Z")
    lives_in(container, one, "Europe/Berlin")
    answer = one.get("/v1/activities/today").body
    assert [item["subject"] for item in answer["items"]] == ["2026-03-01T23:00:00Z", "2026-03-02T22:59:59Z"]
    assert (answer["date"], answer["timeZone"]) == ("2026-03-02", "Europe/Berlin")
    assert (answer["from"], answer["to"]) == ("2026-03-01T23:00:00Z", "2026-03-02T23:00:00Z")
    assert subjects(one, "/today", timeZone="UTC") == ["2026-03-02T22:59:59Z", "2026-03-02T23:00:00Z"]
    at(clock, "2026-03-02T23:30:00+00:00")
    assert one.get("/v1/activities/today").body["date"] == "2026-03-03", "past midnight in Berlin"


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        ("2026-03-29T12:00:00+00:00", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("2026-10-25T12:00:00+00:00", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
    ],
)
def test_a_day_has_23_or_25_hours_where_the_clock_changes(
    admin: Person, clock: FixedClock, now: str, start: str, end: str
) -> None:
    at(clock, now)
    day = admin.get("/v1/activities/today", timeZone="Europe/Berlin").body
    assert (day["from"], day["to"]) == (start, end)


def test_without_a_choice_of_ones_own_the_tenants_zone_counts_then_utc(
    person: Callable[..., Person], tenant: Callable[..., str], container: Any
) -> None:
    tokyo = person(tenant(timeZone="Asia/Tokyo"))
    assert tokyo.get("/v1/activities/today").body["timeZone"] == "Asia/Tokyo"
    lives_in(container, tokyo, "UTC", version=1)
    assert tokyo.get("/v1/activities/today").body["timeZone"] == "Asia/Tokyo", "UTC is: nothing chosen"
    lives_in(container, tokyo, "Europe/Lisbon", version=3)
    lives_in(container, tokyo, "Europe/Berlin", version=2)
    assert tokyo.get("/v1/activities/today").body["timeZone"] == "Europe/Lisbon", "the older event is late"
    assert person(tenant(timeZone="Mars/Base")).get("/v1/activities/today").body["timeZone"] == "UTC"


def test_pages_of_today_stay_with_their_day(admin: Person, clock: FixedClock) -> None:
    for hour in range(5):
        activity(admin, subject=str(hour), scheduledAt=f"2026-03-02T1{hour}:00:00Z")
    at(clock, "2026-03-02T23:59:59+00:00")
    first = admin.get("/v1/activities/today", limit=2).body
    clock.advance(2)
    second = admin.get("/v1/activities/today", limit=2, cursor=first["nextCursor"]).body
    assert second["date"] == "2026-03-02"
    assert [item["subject"] for item in first["items"] + second["items"]] == ["0", "1", "2", "3"]
    refused = admin.get("/v1/activities/today", limit=2, owner="eve", cursor=first["nextCursor"])
    assert (refused.status, refused.body["errors"][0]["field"]) == (400, "cursor")


def test_todays_of_others_only_within_sight(person: Callable[..., Person]) -> None:
    ada = person(user="ada", roles=("sales-rep",), team="north")
    ben = person(user="ben", roles=("sales-rep",), team="north")
    eve = person(user="eve", roles=("sales-rep",), team="south")
    activity(ada, subject="hers", scheduledAt="2026-03-02T10:00:00Z")
    assert subjects(ben, "/today", owner="ada") == ["hers"]
    assert subjects(eve, "/today", owner="ada") == []
    for path in ("/upcoming", "/overdue", "/completed"):
        assert subjects(eve, path, owner="ada") == []
    moved = person(user="ada", roles=("sales-rep",), team="south")
    assert subjects(moved, "/today") == ["hers"], "one's own stays one's own in another team"


def test_upcoming_of_a_customer_is_open_ahead_and_of_its_contacts_too(both: tuple[Person, Person]) -> None:
    one, two = both
    customer_id = customer(one)
    person_id = contact(one, customer_id)
    about = {"relatedType": "customer", "relatedId": customer_id}
    activity(one, subject="past", scheduledAt="2026-03-02T08:59:59Z", **about)
    activity(one, subject="later", scheduledAt="2026-03-09T10:00:00Z", **about)
    activity(
        one, subject="soon", scheduledAt="2026-03-02T09:00:00Z", relatedType="contact", relatedId=person_id
    )
    activity(one, subject="done", scheduledAt="2026-03-09T10:00:00Z", status="completed", **about)
    activity(one, subject="no time", **about)
    activity(one, subject="of nobody", scheduledAt="2026-03-03T10:00:00Z")
    assert subjects(one, "/upcoming", customer=customer_id) == ["soon", "later"]
    assert subjects(one, "/upcoming", customer=customer_id, limit=1) == ["soon", "later"]
    assert subjects(one, "/upcoming", related=customer_id) == ["later"]
    assert subjects(one, "/upcoming") == ["soon", "of nobody", "later"]
    assert subjects(two, "/upcoming", customer=customer_id) == []
    both_given = one.get("/v1/activities/upcoming", customer=customer_id, related=person_id)
    assert (both_given.status, both_given.body["errors"][0]["code"]) == (400, "one_of")


def test_overdue_is_open_and_before_now(both: tuple[Person, Person], clock: FixedClock) -> None:
    one, two = both
    activity(one, subject="old", scheduledAt="2025-01-01T09:00:00Z")
    activity(one, subject="just", scheduledAt="2026-03-02T08:59:59.999Z")
    activity(one, subject="now", scheduledAt="2026-03-02T09:00:00Z")
    late = activity(one, subject="other's", scheduledAt="2026-02-01T09:00:00Z", ownerId="eve", teamId="south")
    activity(one, subject="done", scheduledAt="2026-02-01T09:00:00Z", status="completed")
    activity(one, subject="no time")
    assert subjects(one, "/overdue") == ["old", "other's", "just"]
    assert subjects(one, "/overdue", limit=1) == ["old", "other's", "just"]
    assert subjects(one, "/overdue", owner="user-1") == ["old", "just"]
    assert subjects(one, "/overdue", team="south") == ["other's"]
    assert subjects(two, "/overdue") == []
    one.post(f"/v1/activities/{late['activityId']}/complete", {})
    clock.advance(1)
    assert subjects(one, "/overdue") == ["old", "just", "now"]
    one.post(f"/v1/activities/{late['activityId']}/reopen")
    assert subjects(one, "/overdue") == ["old", "other's", "just", "now"]


def test_completed_newest_first_since_an_instant(both: tuple[Person, Person]) -> None:
    one, two = both
    for day in ("01", "15", "27"):
        activity(one, subject=day, status="completed", completedAt=f"2026-02-{day}T12:00:00Z")
    activity(one, subject="open")
    assert subjects(one, "/completed") == ["27", "15", "01"]
    assert subjects(one, "/completed", since="2026-02-15T12:00:00Z") == ["27", "15"]
    assert subjects(one, "/completed", owner="eve") == []
    assert subjects(two, "/completed") == []


def test_a_range_of_dates_and_a_type(both: tuple[Person, Person]) -> None:
    one, two = both
    for day in range(1, 29):
        kind = "call" if day % 2 else "task"
        activity(one, type=kind, subject=f"{day:02d}", scheduledAt=f"2026-02-{day:02d}T12:00:00Z")
    span = {"from": "2026-02-03T12:00:00Z", "to": "2026-02-20T12:00:00Z"}
    days = [f"{day:02d}" for day in range(3, 20)]
    assert subjects(one, "", **span, sort="scheduledAt") == days
    assert subjects(one, "", **span) == days[::-1]
    assert subjects(one, "", **span, limit=3) == days[::-1]
    assert subjects(one, "", **span, type="call", sort="scheduledAt") == days[::2]
    assert subjects(one, "", **span, type="call", owner="user-1", sort="scheduledAt") == days[::2]
    assert subjects(one, "", **span, type="note") == []
    assert subjects(two, "", **span) == []


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({"from": "2026-02-03T12:00:00Z"}, "to", "missing"),
        ({"to": "2026-02-03T12:00:00Z"}, "from", "missing"),
        ({"from": "2026-02-03T12:00:00Z", "to": "2026-02-03T12:00:00Z"}, "to", "before_from"),
        ({"from": "2026-02-03T12:00:00Z", "to": "2026-07-03T12:00:00Z"}, "to", "range_too_long"),
        ({"from": "2026-02-03"}, "from", "instant"),
        ({"from": "2026-02-03T12:00:00"}, "from", "instant"),
        ({"sort": "scheduledAt"}, "sort", "unsupported_sort"),
        ({"sort": "-createdAt", "owner": "ada"}, "sort", "unsupported_sort"),
        ({"type": "visit"}, "type", "enum"),
        ({"related": "x"}, "related", "string_too_short"),
        ({"colour": "red"}, "colour", "extra_forbidden"),
    ],
)
def test_a_list_that_cannot_be_had(admin: Person, query: dict[str, str], field: str, code: str) -> None:
    refused = admin.get("/v1/activities", **query)
    assert (refused.status, refused.body["errors"][0]["field"]) == (400, field)
    assert refused.body["errors"][0]["code"] == code


def test_unknown_zones_are_refused(admin: Person) -> None:
    for zone in ("Berlin", "../etc/passwd", "Europe/Berlin\n", ""):
        refused = admin.get("/v1/activities/today", timeZone=zone)
        assert (refused.status, refused.body["errors"][0]["field"]) == (400, "timeZone")
